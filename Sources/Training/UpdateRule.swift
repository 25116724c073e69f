import Optimizers
import Primitives

/// How a minibatch's summed gradients become a step: what a recipe says about it.
struct UpdateRule: Sendable {
  let optimizer: Optimizer
  let schedule: Schedule

  /// Step `number`, the first being 1, of a minibatch of `rows` rows whose sums over rows are also to be divided by
  /// `divisor`.
  @inline(__always) func prepare<Element: Scalar>(number: Int, rows: Int, divisor: Double)
    -> PreparedStep<Element>
  {
    optimizer.prepare(
      step: number, scale: 1 / (Double(rows) * divisor), learningRate: learningRate(step: number))
  }

  /// The size of step `step`, the first being 1.
  func learningRate(step: Int) -> Double {
    schedule.learningRate(optimizer.learningRate, step: step)
  }
}
