import Kernels
import Optimizers
import Primitives

/// A worker's phases of a step by ``StepPath/shards``.
struct StepLoop<Element: Scalar>: StepPhases {
  let common: StepCommon<Element>
  private let worker: Int
  private let alone: Bool
  private let full: StepPlan.View
  private let last: StepPlan.View
  private let scratch: WorkerScratch<Element>
  private let slice: Range<Int>
  private let trace: ShardTrace?
  /// Where each worker's gradient buffers begin: `slots` of them, `stride` numbers apart.
  private let gradients: UnsafeMutableBufferPointer<GradientBase<Element>>
  private let slots: Int
  private let stride: Int
  private let losses: UnsafeMutableBufferPointer<Double>
  private let squares: UnsafeMutableBufferPointer<Double>

  init(
    common: StepCommon<Element>, team: ShardTeam<Element>, worker: Int, workers: Int, full: StepPlan.View,
    last: StepPlan.View, trace: ShardTrace?
  ) {
    self.common = common
    self.worker = worker
    alone = workers == 1
    self.full = full
    self.last = last
    self.trace = trace
    scratch = team.scratch[worker]
    slice = team.slice(of: worker, of: workers)
    gradients = team.gradients.elements
    slots = team.slots
    stride = team.stride
    losses = team.losses.elements
    squares = team.squares.elements
  }

  func prepare() -> Bool {
    scratch.begin()
    return false
  }

  private func plan(rows: Int) -> StepPlan.View { rows == common.plan.batchSize ? full : last }

  /// The gradients of the worker's shards, folded as far as they go.
  @inline(__always) func first(start: Int, rows: Int) {
    let step = plan(rows: rows)
    for position in step.firstTask[worker]..<step.firstTask[worker + 1] {
      let task = step.tasks[position]
      let shard = common.plan.rows(of: task.shard, in: rows)
      trace?.begin(task.shard)
      let sum = scratch.computeGradient(
        of: start + shard.lowerBound..<start + shard.upperBound, in: common.order, samples: common.samples,
        parameters: UnsafeBufferPointer(common.parameters), loss: common.loss,
        gradient: gradient(task.slot, of: worker), alone: alone, clock: common.clock)
      losses[task.shard * ShardTeam<Element>.lossStride] = Double(sum)
      trace?.end(task.shard)
      for merge in 0..<task.merges {
        common.kernels.add(
          UnsafeBufferPointer(gradient(task.slot - merge, of: worker)),
          to: gradient(task.slot - merge - 1, of: worker))
      }
      common.clock.mark(.update)
    }
  }

  /// Completes the tree of sums on the worker's slice and applies the optimizer to it, block by block, so that each block of
  /// every buffer is in the cache when it is used again. What was clipped has been summed.
  @inline(__always) func second(_ update: PreparedStep<Element>, rows: Int) {
    let step = plan(rows: rows)
    let clips = common.rule.clipNorm != nil
    var start = slice.lowerBound
    while start < slice.upperBound {
      let block = start..<min(start + 1024, slice.upperBound)
      if !clips { reduce(block, step) }
      update.apply(
        to: block, parameters: common.parameters,
        gradient: UnsafeBufferPointer(rebasing: buffer(step.root)[block]), state: common.state,
        kernels: common.kernels)
      start = block.upperBound
    }
  }

  @inline(__always) func clippedUpdate(number: Int, rows: Int) -> PreparedStep<Element> {
    common.update(number: number, rows: rows, squares: sumOfSquares())
  }

  /// Completes the tree of sums on the worker's slice and adds up the squares of each of its blocks.
  @inline(__always) func measure(rows: Int) {
    let step = plan(rows: rows)
    var start = slice.lowerBound
    while start < slice.upperBound {
      let block = start..<min(start + ShardTeam<Element>.normBlock, slice.upperBound)
      reduce(block, step)
      squares[start / ShardTeam<Element>.normBlock] = common.kernels.sumOfSquares(
        UnsafeBufferPointer(rebasing: buffer(step.root)[block]))
      start = block.upperBound
    }
  }

  @inline(__always) private func reduce(_ block: Range<Int>, _ step: StepPlan.View) {
    for merge in step.merges {
      common.kernels.add(
        UnsafeBufferPointer(rebasing: buffer(merge.source)[block]),
        to: UnsafeMutableBufferPointer(rebasing: buffer(merge.destination)[block]))
    }
  }

  /// The squares of all blocks along the tree: every worker adds up the same.
  @inline(__always) private func sumOfSquares() -> Double {
    guard let base = UnsafePointer(squares.baseAddress) else { return 0 }
    return PairwiseTree.sum(base, count: squares.count)
  }

  @inline(__always) func lossSum(rows: Int) -> Double {
    guard let base = UnsafePointer(losses.baseAddress) else { return 0 }
    return PairwiseTree.sum(base, count: plan(rows: rows).shards, stride: ShardTeam<Element>.lossStride)
  }

  @inline(__always) private func gradient(_ slot: Int, of worker: Int)
    -> UnsafeMutableBufferPointer<Element>
  {
    UnsafeMutableBufferPointer(
      start: gradients[worker].address + slot * stride, count: common.parameters.count)
  }

  /// Buffers are numbered worker by worker.
  @inline(__always) private func buffer(_ index: Int) -> UnsafeMutableBufferPointer<Element> {
    gradient(index % slots, of: index / slots)
  }
}
