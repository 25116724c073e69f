import Datasets
import Kernels
import Networks
import Optimizers
import Primitives

/// One worker's two phases of a step, on plain addresses. ``StepEngine`` puts a barrier after each.
protocol StepPhases {
  /// Makes ready for the first step of a segment, and says whether the others must be waited for.
  func prepare() -> Bool
  /// The first phase, for the minibatch of `rows` rows from position `start` of the epoch on: the parameters are read.
  func first(start: Int, rows: Int)
  /// The second phase, for the optimizer's step `number`: the parameters are written.
  func second(number: Int, rows: Int)
  /// The sum of the loss over the `rows` rows, between the phases.
  func lossSum(rows: Int) -> Double
}

/// What both kinds of steps work with, as plain addresses; ``StepEngine`` owns all of it and keeps it alive.
struct StepCommon<Element: Scalar> {
  let plan: ShardPlan
  let samples: SamplesView<Element>
  let parameters: UnsafeMutableBufferPointer<Element>
  let state: UnsafeMutableBufferPointer<Element>
  let loss: Loss
  let optimizer: Optimizer
  let order: EpochOrder
  let kernels: FastKernels<Element>
  let outputs: Int

  /// The optimizer's step `number` on sums over `rows` rows.
  @inline(__always) func update(number: Int, rows: Int) -> PreparedStep<Element> {
    optimizer.prepare(step: number, scale: 1 / (Double(rows) * Double(loss.divisor(outputs: outputs))))
  }
}
