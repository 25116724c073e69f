import Datasets
import Kernels
import Networks
import Optimizers
import Primitives

/// One worker's two phases of a step, on plain addresses. ``StepEngine`` puts a barrier after the first, and after the second
/// where workers share what they write there.
///
/// Without the second barrier, a worker may be in the first phase of a step while others are in the second of the one before it.
/// So what the first phase leaves for others is kept twice, and `turn`, 0 or 1 from step to step, tells which is meant: nobody
/// is two steps ahead.
protocol StepPhases<Element> {
  associatedtype Element: Scalar
  /// What it works with.
  var common: StepCommon<Element> { get }
  /// Whether the second phase writes nothing that others read. Then every worker makes the whole of the optimizer's step, on
  /// parameters of its own.
  var isReplicated: Bool { get }
  /// Makes ready for the first step of a segment, and says whether the others must be waited for.
  func prepare() -> Bool
  /// The first phase, for the minibatch of `rows` rows from position `start` of the epoch on: the parameters are read.
  func first(start: Int, rows: Int, turn: Int)
  /// Gets ready for the minibatch of `rows` rows from position `start` of the epoch on, the next one, while others may still be in
  /// the first phase: only what nobody else reads.
  func lookAhead(start: Int, rows: Int)
  /// Between the two if gradients are clipped. Sums what others measure, and says whether they must wait for that.
  func sum(rows: Int) -> Bool
  /// Then, of the gradient, what all must know before anybody updates.
  func measure(rows: Int)
  /// Where gradients are measured, what that gives.
  var norm: GradientNorm.View? { get }
  /// The second phase, which makes the optimizer's step: the parameters are written.
  func second(_ update: PreparedStep<Element>, rows: Int, turn: Int)
  /// The sum of the loss over the `rows` rows, in the second phase.
  func lossSum(rows: Int, turn: Int) -> Double
}

/// What both kinds of steps work with, as plain addresses; ``StepEngine`` owns all of it and keeps it alive.
struct StepCommon<Element: Scalar> {
  let plan: ShardPlan
  let samples: SamplesView<Element>
  let parameters: UnsafeMutableBufferPointer<Element>
  let state: UnsafeMutableBufferPointer<Element>
  let loss: Loss
  let rule: UpdateRule
  let order: EpochOrder.View
  let kernels: FastKernels<Element>
  let outputs: Int
  let clock: PhaseClock

  /// The optimizer's step `number` on sums over `rows` rows; `squares` is the sum of their squares, where they are clipped.
  @inline(__always) func update(number: Int, rows: Int, squares: Double = 0) -> PreparedStep<Element> {
    rule.prepare(
      number: number, rows: rows, divisor: Double(loss.divisor(outputs: outputs)), squares: squares)
  }
}
