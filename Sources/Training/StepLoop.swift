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
  /// The numbers between the gradients of one turn and of the other; none between those of who shares the parameters.
  private let turnStride: Int
  /// What the worker has for itself, if it makes the optimizer's steps for itself.
  private let replica: Replica<Element>.View?
  private let losses: UnsafeMutableBufferPointer<Double>
  let norm: GradientNorm.View?

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
    turnStride = team.slots * team.stride
    replica = team.replica(of: worker, of: workers, parameters: common.parameters, state: common.state)
    losses = team.losses.elements
    norm = team.norm?.view
  }

  var isReplicated: Bool { replica != nil }

  func prepare() -> Bool {
    scratch.begin()
    // Nobody changes what is copied before all have met after the first phase.
    replica?.copy(parameters: common.parameters, state: common.state)
    return false
  }

  private func plan(rows: Int) -> StepPlan.View { rows == common.plan.batchSize ? full : last }

  /// The gradients of the worker's shards, folded as far as they go.
  @inline(__always) func first(start: Int, rows: Int, turn: Int) {
    let step = plan(rows: rows)
    let parameters = UnsafeBufferPointer(replica?.parameters ?? common.parameters)
    for position in step.firstTask[worker]..<step.firstTask[worker + 1] {
      let task = step.tasks[position]
      let shard = common.plan.rows(of: task.shard, in: rows)
      trace?.begin(task.shard)
      let sum = scratch.computeGradient(
        of: start + shard.lowerBound..<start + shard.upperBound, in: common.order, samples: common.samples,
        parameters: parameters, loss: common.loss, gradient: gradient(task.slot, of: worker, turn),
        alone: alone, clock: common.clock)
      losses[firstLoss(turn) + task.shard * ShardTeam<Element>.lossStride] = Double(sum)
      trace?.end(task.shard)
      for merge in 0..<task.merges {
        common.kernels.add(
          UnsafeBufferPointer(gradient(task.slot - merge, of: worker, turn)),
          to: gradient(task.slot - merge - 1, of: worker, turn))
      }
      common.clock.mark(.update)
    }
  }

  @inline(__always) func lookAhead(start: Int, rows: Int) {
    let step = plan(rows: rows)
    let (first, last) = (step.firstTask[worker], step.firstTask[worker + 1] - 1)
    if first > last { return }
    let begin = common.plan.rows(of: step.tasks[first].shard, in: rows).lowerBound
    let end = common.plan.rows(of: step.tasks[last].shard, in: rows).upperBound
    scratch.lookAhead(to: start + begin..<start + end, of: common.order, samples: common.samples)
    common.clock.mark(.data)
  }

  /// Completes the tree of sums on the worker's slice and applies the optimizer to it, block by block, so that each block of
  /// every buffer is in the cache when it is used again. What was clipped has been summed.
  @inline(__always) func second(_ update: PreparedStep<Element>, rows: Int, turn: Int) {
    let step = plan(rows: rows)
    if let replica { return makeStep(update, of: replica, step, turn) }
    slice.forEachPiece(of: 1024) { block in
      if norm == nil { reduce(block, step) }
      update.apply(
        to: block, parameters: common.parameters,
        gradient: UnsafeBufferPointer(rebasing: buffer(step.root)[block]), state: common.state,
        kernels: common.kernels)
    }
  }

  /// The whole step of a worker for itself: the tree of sums is completed on copies, for others read the gradients too.
  @inline(__always) private func makeStep(
    _ update: PreparedStep<Element>, of replica: Replica<Element>.View, _ step: StepPlan.View, _ turn: Int
  ) {
    let count = common.parameters.count
    for (index, root) in step.roots.enumerated() {
      let from = gradient(root % slots, of: root / slots, turn)
      _ = replica.sum(index, count: count).update(fromContentsOf: from)
    }
    for merge in step.rootMerges {
      common.kernels.add(
        UnsafeBufferPointer(replica.sum(merge.source, count: count)),
        to: replica.sum(merge.destination, count: count))
    }
    update.apply(
      to: 0..<count, parameters: replica.parameters,
      gradient: UnsafeBufferPointer(replica.sum(0, count: count)), state: replica.state,
      kernels: common.kernels)
  }

  func sum(rows: Int) -> Bool { false }

  /// Completes the tree of sums on the worker's slice and adds up the squares of each of its blocks.
  @inline(__always) func measure(rows: Int) {
    let step = plan(rows: rows)
    slice.forEachPiece(of: GradientNorm.block) { block in
      reduce(block, step)
      norm?.measure(
        UnsafeBufferPointer(rebasing: buffer(step.root)[block]), first: block.lowerBound,
        kernels: common.kernels)
    }
  }

  @inline(__always) private func reduce(_ block: Range<Int>, _ step: StepPlan.View) {
    for merge in step.merges {
      common.kernels.add(
        UnsafeBufferPointer(rebasing: buffer(merge.source)[block]),
        to: UnsafeMutableBufferPointer(rebasing: buffer(merge.destination)[block]))
    }
  }

  @inline(__always) func lossSum(rows: Int, turn: Int) -> Double {
    guard let base = UnsafePointer(losses.baseAddress) else { return 0 }
    return PairwiseTree.sum(
      base + firstLoss(turn), count: plan(rows: rows).shards, stride: ShardTeam<Element>.lossStride)
  }

  @inline(__always) private func gradient(_ slot: Int, of worker: Int, _ turn: Int)
    -> UnsafeMutableBufferPointer<Element>
  {
    UnsafeMutableBufferPointer(
      start: gradients[worker].address + turn * turnStride + slot * stride, count: common.parameters.count)
  }

  /// Where the losses of a turn begin.
  @inline(__always) private func firstLoss(_ turn: Int) -> Int {
    turn * common.plan.shards * ShardTeam<Element>.lossStride
  }

  /// Buffers are numbered worker by worker.
  @inline(__always) private func buffer(_ index: Int) -> UnsafeMutableBufferPointer<Element> {
    gradient(index % slots, of: index / slots, 0)
  }
}
