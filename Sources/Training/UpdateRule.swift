import Optimizers
import Primitives

/// What a minibatch makes of the gradients of its rows' losses.
public enum Reduction: String, Sendable, CaseIterable {
  /// Their mean: the size of the steps does not depend on the number of rows.
  case mean
  /// Their sum. (A row's loss is still the mean over its targets.)
  case sum
}

/// How a minibatch's summed gradients become a step: what a recipe says about it.
struct UpdateRule: Sendable {
  let optimizer: Optimizer
  let schedule: Schedule
  let reduction: Reduction
  /// The largest norm that a gradient may have; longer ones are scaled down to it, see ``GradientClipping``.
  let clipNorm: Double?

  /// Step `number`, the first being 1.
  ///
  /// - Parameters:
  ///   - number: the number of the step.
  ///   - rows: the rows of the minibatch.
  ///   - divisor: what the sums over rows are also to be divided by.
  ///   - squares: the sum of the squares of these sums; it matters only where there is a `clipNorm`.
  @inline(__always) func prepare<Element: Scalar>(
    number: Int, rows: Int, divisor: Double, squares: Double = 0
  ) -> PreparedStep<Element> {
    var scale = scale(rows: rows, divisor: divisor)
    if let clipNorm { scale = GradientClipping.scale(scale, squares: squares, limit: clipNorm) }
    return optimizer.prepare(step: number, scale: scale, learningRate: learningRate(step: number))
  }

  /// What makes the sums of a minibatch of `rows` rows the gradient.
  @inline(__always) private func scale(rows: Int, divisor: Double) -> Double {
    switch reduction {
    case .mean: 1 / (Double(rows) * divisor)
    case .sum: 1 / divisor
    }
  }

  /// The size of step `step`, the first being 1.
  func learningRate(step: Int) -> Double {
    schedule.learningRate(optimizer.learningRate, step: step)
  }
}
