import CPlatform
import Datasets
import Kernels
import Networks
import Optimizers
import Primitives

/// Some consecutive steps of one epoch, to be run by a number of workers.
struct Segment: Sendable {
  /// The order of rows in the epoch.
  var order: EpochOrder
  /// The first step, counted within the epoch.
  var firstStep: Int
  /// The number of steps.
  var steps: Int
  /// The steps that the optimizer has made before the first one.
  var globalStep: Int
  /// The workers that take part.
  var workers: Int
}

/// What came of a segment.
struct SegmentResult: Sendable {
  /// The steps completed.
  var steps = 0
  /// The sum of the loss over all rows of the completed steps, added to what was passed in.
  var lossSum: Double
  /// Whether the loss of the step after the completed ones was not finite.
  var diverged = false
}

/// Runs training steps on a team of workers: the product's inner loop.
///
/// A step has two phases with a barrier after each. In the first, all workers compute with the same parameters; in the second,
/// each owns some of the parameters and applies the optimizer to them. So there is one copy of the parameters and nothing to
/// broadcast. By ``StepPath/shards``, the first phase gives gradients of shards, and who owns a slice of the parameters
/// completes the tree of sums on it (``StepLoop``); or, where parameters are few, everybody completes it on all of them, for
/// parameters of its own, and there is no second barrier. By ``StepPath/tiles``, the first phase gives outputs and deltas of rows,
/// and who owns a tile of the parameters, or is free before its owner comes to it, sums its gradient (``TileLoop``).
///
/// `Sendable` is unchecked because the buffers are shared and unlocked. The barriers make that safe: in the first phase
/// `parameters` is only read and each worker writes only its own scratch and the entries of `losses` and rows of the shared
/// minibatch that are its own; in the second, each writes only its part of `parameters`, `state`, the gradients and the
/// panels, or the tiles of them that it took from a ``TileQueue``, and worker 0 reads `losses` and writes `control`, which is read
/// after the second barrier. With replicas, only worker 0 touches `parameters` and `state` after the first barrier; it writes
/// `control` before a barrier, and all read it after that.
///
/// If gradients are clipped there is a barrier inside the second phase, for nobody knows the norm before all are summed; by tiles
/// there are two, for the norm adds up numbers in the order of the parameters, which are not that of tiles.
final class StepEngine<Element: Scalar>: @unchecked Sendable {
  let network: MLP
  let loss: Loss
  let rule: UpdateRule
  let samples: ResidentSamples<Element>
  let plan: ShardPlan
  /// All `P` parameters, and the optimizer's state, `slots * P` numbers. Steps by tiles keep most of them elsewhere.
  private let stored: (parameters: AlignedBuffer<Element>, state: AlignedBuffer<Element>)
  /// Whether a team that steps by tiles has what is trained, and whether `stored` is the same. Used by whoever runs segments only.
  private var (isLoaded, isStored) = (false, true)
  let team: WorkerTeam
  /// The loops that are used.
  let variant: KernelVariant?
  /// Who computes what when, if anybody wants to know. Set between segments only. Steps by tiles leave no trace.
  var trace: ShardTrace?
  /// How each worker spends its time, if anybody wants to know. Set between segments only.
  var phases: PhaseTimes?
  private let memory: Memory
  /// The plans that were last used, and for how many workers: segments of a step or two should not make them anew. Used by
  /// whoever runs segments only, one after the other.
  private var lastPlans: (workers: Int, plans: Plans)?
  /// Not zero once the workers are to stop after this step; one entry for even and one for odd steps.
  private let control: AlignedBuffer<Int>

  /// What the team makes steps in.
  private enum Memory {
    case shards(ShardTeam<Element>)
    case tiles(TileTeam<Element>)
  }

  /// Who does what in a full minibatch and in the last one of an epoch.
  private enum Plans {
    case shards(full: StepPlan, last: StepPlan)
    case tiles(full: TilePlan, last: TilePlan)
  }

  init(
    network: MLP, loss: Loss, rule: UpdateRule, samples: ResidentSamples<Element>, plan: ShardPlan,
    parameters: [Element], team: WorkerTeam, variant: KernelVariant?, path: StepPath
  ) {
    precondition(parameters.count == network.parameterCount)
    self.network = network
    self.loss = loss
    self.rule = rule
    self.samples = samples
    self.plan = plan
    self.team = team
    self.variant = variant
    let slots = rule.optimizer.slots
    stored = (
      AlignedBuffer(parameters, filler: 0), AlignedBuffer(repeating: 0, count: slots * parameters.count)
    )
    control = AlignedBuffer(repeating: 0, count: 2)
    if path == .tiles, let variant {
      memory = .tiles(
        TileTeam(
          network: network, plan: plan, samples: samples.count, workers: team.count, variant: variant,
          slots: slots, clips: rule.clipNorm != nil))
    } else {
      memory = .shards(
        ShardTeam(
          network: network, loss: loss, plan: plan, samples: samples, workers: team.count,
          variant: variant, clips: rule.clipNorm != nil, stateCount: stored.state.count))
    }
  }

  /// All `P` parameters as they are now. Not to be called while a segment runs.
  var parameters: AlignedBuffer<Element> {
    store()
    return stored.parameters
  }

  /// The optimizer's state as it is now, `slots * P` numbers. Not to be called while a segment runs.
  var state: AlignedBuffer<Element> {
    store()
    return stored.state
  }

  /// Sets the optimizer's state.
  ///
  /// - Precondition: no step has been made.
  func restore(state: [Element]) {
    precondition(!isLoaded)
    _ = stored.state.elements.update(fromContentsOf: state)
  }

  /// Brings `stored` up to date.
  private func store() {
    if isStored { return }
    isStored = true
    guard case .tiles(let tiles) = memory, case .tiles(let plan, _) = plans(workers: team.count) else {
      return
    }
    withExtendedLifetime(plan) {
      let (plan, parameters, state) = (plan.view, stored.parameters.elements, stored.state.elements)
      team.run { worker in
        for index in plan.firstTile[worker]..<plan.firstTile[worker + 1] {
          tiles.store(plan.tiles[index], to: parameters, state)
        }
      }
    }
  }

  /// The steps of an epoch.
  var stepsPerEpoch: Int { (samples.count - 1) / plan.batchSize + 1 }

  /// Runs `segment`, stopping early if the loss is not finite or if `stop` is made.
  func run(_ segment: Segment, lossSum: Double, stop: StopRequest?) -> SegmentResult {
    let workers = min(segment.workers, team.count)
    let barrier = team.barrier(workers: workers)
    let plans = plans(workers: workers)
    control.elements.update(repeating: 0)
    let idle = SegmentResult(lossSum: lossSum)
    defer { if case .tiles = memory { (isLoaded, isStored) = (true, false) } }
    // Worker 0 keeps the account.
    if workers == 1 { return work(as: 0, of: 1, segment, plans, barrier, stop: stop, account: idle) }
    return team.map { worker in
      worker < workers
        ? work(as: worker, of: workers, segment, plans, barrier, stop: stop, account: idle) : idle
    }[0]
  }

  private func plans(workers: Int) -> Plans {
    if let lastPlans, lastPlans.workers == workers { return lastPlans.plans }
    let plans = makePlans(workers: workers)
    lastPlans = (workers, plans)
    return plans
  }

  private func makePlans(workers: Int) -> Plans {
    let (full, last) = (min(plan.batchSize, samples.count), plan.lastRows(samples: samples.count))
    switch memory {
    case .shards(let team):
      return .shards(
        full: team.stepPlan(rows: full, workers: workers), last: team.stepPlan(rows: last, workers: workers))
    case .tiles(let team):
      return .tiles(
        full: team.tilePlan(rows: full, workers: workers), last: team.tilePlan(rows: last, workers: workers))
    }
  }

  /// One worker's part of a segment.
  ///
  /// Denormal numbers count as zero in all steps, on every worker.
  ///
  /// Everything that the loop touches is taken out of its objects before it begins; `self`, the plans and the samples
  /// outlive it.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  private func work(
    as worker: Int, of workers: Int, _ segment: Segment, _ plans: Plans, _ barrier: Barrier,
    stop: StopRequest?, account: SegmentResult
  ) -> SegmentResult {
    let mode = platform_flush_denormals()
    defer { platform_restore_denormals(mode) }
    return withExtendedLifetime((plans, segment, self)) {
      let common = StepCommon(
        plan: plan, samples: samples.view, parameters: stored.parameters.elements,
        state: stored.state.elements, loss: loss, rule: rule, order: segment.order.view,
        kernels: FastKernels(variant), outputs: network.outputs, clock: phases?.clock(for: worker) ?? .off)
      switch (memory, plans) {
      case (.shards(let team), .shards(let full, let last)):
        let phases = StepLoop(
          common: common, team: team, worker: worker, workers: workers, full: full.view, last: last.view,
          trace: trace)
        return steps(phases, worker, workers, segment, barrier, stop: stop, account: account)
      case (.tiles(let team), .tiles(let full, let last)):
        let phases = TileLoop(
          common: common, team: team, worker: worker, workers: workers, full: full.view, last: last.view,
          loads: !isLoaded)
        return steps(phases, worker, workers, segment, barrier, stop: stop, account: account)
      default: preconditionFailure("plans are made for the memory")
      }
    }
  }

  /// The steps of a segment.
  @inline(__always) private func steps(
    _ phases: some StepPhases<Element>, _ worker: Int, _ workers: Int, _ segment: Segment, _ barrier: Barrier,
    stop: StopRequest?, account: SegmentResult
  ) -> SegmentResult {
    var account = account
    let control = control.elements
    let (batchSize, count) = (plan.batchSize, samples.count)
    if phases.prepare(), workers > 1 { barrier.wait(as: worker) }
    let clock = phases.common.clock
    clock.start()
    func meet() {
      if workers > 1 {
        barrier.wait(as: worker)
        clock.mark(.barrier)
      }
    }
    for index in 0..<segment.steps {
      let start = (segment.firstStep + index) * batchSize
      let rows = min(batchSize, count - start)
      let number = segment.globalStep + index + 1
      // Powers, roots and quotients that wait for each other: begun here, the CPU finishes them beside the first phase.
      var update = phases.common.update(number: number, rows: rows)
      // Whoever is late may still be reading what the step before said of stopping.
      let parity = index & 1
      let turn = phases.isReplicated ? parity : 0
      phases.first(start: start, rows: rows, turn: turn)
      if worker == 0 { control[parity] = stop?.isMade == true ? 1 : 0 }
      if workers > 1 {
        let phase = barrier.arrive(as: worker)
        // The news take their time from CPU to CPU.
        let next = start + batchSize
        if index + 1 < segment.steps { phases.lookAhead(start: next, rows: min(batchSize, count - next)) }
        barrier.wait(phase)
        clock.mark(.barrier)
      }
      if let norm = phases.norm {
        if phases.sum(rows: rows) { meet() }
        phases.measure(rows: rows)
        clock.mark(.update)
        meet()
        update = phases.common.update(number: number, rows: rows, squares: norm.sum())
      }
      phases.second(update, rows: rows, turn: turn)
      var ends = false
      if worker == 0 || phases.isReplicated {
        let sum = phases.lossSum(rows: rows, turn: turn)
        account.diverged = !sum.isFinite
        if sum.isFinite {
          account.lossSum += sum
          account.steps += 1
        }
        ends = account.diverged
      }
      clock.mark(.update)
      if !phases.isReplicated {
        if ends { control[parity] = 1 }
        meet()
      }
      if ends || control[parity] != 0 { break }
    }
    return account
  }
}
