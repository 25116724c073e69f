import Datasets
import Kernels
import Networks
import Optimizers
import Primitives

/// The two phases of a step on plain addresses, for ``StepEngine``, which owns all of them and keeps them alive.
struct StepLoop<Element: Scalar> {
  let plan: ShardPlan
  let samples: SamplesView<Element>
  let parameters: UnsafeMutableBufferPointer<Element>
  let state: UnsafeMutableBufferPointer<Element>
  /// Where each worker's gradient buffers begin: `slots` of them, `stride` numbers apart.
  let gradients: UnsafeMutableBufferPointer<UnsafeMutablePointer<Element>>
  let slots: Int
  let stride: Int
  /// One entry a shard, `lossStride` numbers apart.
  let losses: UnsafeMutableBufferPointer<Double>
  let loss: Loss
  let optimizer: Optimizer
  let order: EpochOrder
  let kernels: FastKernels<Element>
  /// What a sum over rows is divided by, besides their number.
  let divisor: Double

  /// Entries of `losses` are in cache lines of their own.
  static var lossStride: Int { 8 }

  init(
    plan: ShardPlan, samples: SamplesView<Element>, parameters: UnsafeMutableBufferPointer<Element>,
    state: UnsafeMutableBufferPointer<Element>,
    gradients: UnsafeMutableBufferPointer<UnsafeMutablePointer<Element>>, slots: Int, stride: Int,
    losses: UnsafeMutableBufferPointer<Double>, loss: Loss, optimizer: Optimizer, order: EpochOrder,
    kernels: FastKernels<Element>, outputs: Int
  ) {
    self.plan = plan
    self.samples = samples
    self.parameters = parameters
    self.state = state
    self.gradients = gradients
    self.slots = slots
    self.stride = stride
    self.losses = losses
    self.loss = loss
    self.optimizer = optimizer
    self.order = order
    self.kernels = kernels
    divisor = Double(loss.divisor(outputs: outputs))
  }

  /// The first phase: the gradients of `worker`'s shards of the minibatch of `rows` rows from position `start` on, folded
  /// as far as they go.
  @inline(__always) func computeShards(
    of worker: Int, in step: StepPlan.View, start: Int, rows: Int, scratch: WorkerScratch<Element>,
    trace: ShardTrace?, clock: PhaseClock
  ) {
    for position in step.firstTask[worker]..<step.firstTask[worker + 1] {
      let task = step.tasks[position]
      let shard = plan.rows(of: task.shard, in: rows)
      trace?.begin(task.shard)
      let sum = scratch.computeGradient(
        of: start + shard.lowerBound..<start + shard.upperBound, in: order, samples: samples,
        parameters: UnsafeBufferPointer(parameters), loss: loss,
        gradient: gradient(task.slot, of: worker), clock: clock)
      losses[task.shard * Self.lossStride] = Double(sum)
      trace?.end(task.shard)
      for merge in 0..<task.merges {
        kernels.add(
          UnsafeBufferPointer(gradient(task.slot - merge, of: worker)),
          to: gradient(task.slot - merge - 1, of: worker))
      }
      clock.mark(.update)
    }
  }

  /// The second phase: completes the tree of sums on `slice` and applies the optimizer's step `number` to it, block by
  /// block, so that each block of every buffer is in the cache when it is used again.
  @inline(__always) func reduceAndUpdate(
    _ slice: Range<Int>, in step: StepPlan.View, number: Int, rows: Int
  ) {
    let update: PreparedStep<Element> = optimizer.prepare(
      step: number, scale: 1 / (Double(rows) * divisor))
    var start = slice.lowerBound
    while start < slice.upperBound {
      let block = start..<min(start + 1024, slice.upperBound)
      for merge in step.merges {
        kernels.add(
          UnsafeBufferPointer(rebasing: buffer(merge.source)[block]),
          to: UnsafeMutableBufferPointer(rebasing: buffer(merge.destination)[block]))
      }
      update.apply(
        to: block, parameters: parameters, gradient: UnsafeBufferPointer(buffer(step.root)), state: state,
        kernels: kernels)
      start = block.upperBound
    }
  }

  /// The sum of the shards' losses along the tree.
  @inline(__always) func lossSum(shards: Int) -> Double {
    guard let base = UnsafePointer(losses.baseAddress) else { return 0 }
    return PairwiseTree.sum(base, count: shards, stride: Self.lossStride)
  }

  @inline(__always) private func gradient(_ slot: Int, of worker: Int)
    -> UnsafeMutableBufferPointer<Element>
  {
    UnsafeMutableBufferPointer(start: gradients[worker] + slot * stride, count: parameters.count)
  }

  /// Buffers are numbered worker by worker.
  @inline(__always) private func buffer(_ index: Int) -> UnsafeMutableBufferPointer<Element> {
    gradient(index % slots, of: index / slots)
  }
}
