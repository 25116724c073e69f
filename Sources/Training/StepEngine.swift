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
/// A step has two phases with a barrier after each. First every worker computes its shards' gradients with the same
/// parameters. Then every worker owns a slice of the parameters: it completes the tree of sums on that slice and applies
/// the optimizer to it in the same pass. (So there is one copy of the parameters and nothing to broadcast.)
///
/// `Sendable` is unchecked because the buffers are shared and unlocked. The barriers make that safe: in the first phase
/// `parameters` is only read and each worker writes only its own scratch and its shards' entries of `losses`; in the
/// second, each writes only its slice of `parameters`, `state` and the gradients, and worker 0 reads `losses` and writes
/// `control`, which is read after the second barrier.
final class StepEngine<Element: Scalar>: @unchecked Sendable {
  let network: MLP
  let loss: Loss
  let optimizer: Optimizer
  let samples: Samples<Element>
  let plan: ShardPlan
  /// All `P` parameters.
  let parameters: AlignedBuffer<Element>
  /// The optimizer's state, `slots * P` numbers.
  let state: AlignedBuffer<Element>
  let team: WorkerTeam
  /// The loops that are used.
  let variant: KernelVariant?
  /// Who computes what when, if anybody wants to know. Set between segments only.
  var trace: ShardTrace?
  /// How each worker spends its time, if anybody wants to know. Set between segments only.
  var phases: PhaseTimes?
  private let scratch: [WorkerScratch<Element>]
  /// The gradient buffers of each worker.
  private let gradients: AlignedBuffer<UnsafeMutablePointer<Element>>
  private let slots: Int
  private let gradientStride: Int
  /// One entry a shard, each in a cache line of its own.
  private let losses: AlignedBuffer<Double>
  /// Not zero once the workers are to stop after this step.
  private let control: AlignedBuffer<Int>

  init(
    network: MLP, loss: Loss, optimizer: Optimizer, samples: Samples<Element>, plan: ShardPlan,
    parameters: [Element], team: WorkerTeam, variant: KernelVariant?
  ) {
    precondition(parameters.count == network.parameterCount)
    self.network = network
    self.loss = loss
    self.optimizer = optimizer
    self.samples = samples
    self.plan = plan
    self.team = team
    self.variant = variant
    self.parameters = AlignedBuffer(parameters, filler: 0)
    state = AlignedBuffer(repeating: 0, count: optimizer.slots * parameters.count)
    slots = StepPlan.slotsNeeded(plan, samples: samples.count, upToWorkers: team.count)
    let line = AlignedBuffer<Element>.alignment / MemoryLayout<Element>.stride
    gradientStride = (parameters.count + line - 1) / line * line
    let (rows, count) = (min(plan.rowsPerShard, samples.count), slots * gradientStride)
    let usesLabels = if case .labels = samples.targets { true } else { false }
    scratch = (0..<team.count).map { _ in
      WorkerScratch(
        network: network, loss: loss, rows: rows, usesLabels: usesLabels, gradientCount: count,
        variant: variant)
    }
    let bases = scratch.compactMap(\.gradients.elements.baseAddress)
    gradients = AlignedBuffer(bases, filler: bases[0])
    losses = AlignedBuffer(repeating: 0, count: plan.shards * StepLoop<Element>.lossStride)
    control = AlignedBuffer(repeating: 0, count: 1)
  }

  /// The steps of an epoch.
  var stepsPerEpoch: Int { (samples.count - 1) / plan.batchSize + 1 }

  /// Runs `segment`, stopping early if the loss is not finite or if `stop` is made.
  func run(_ segment: Segment, lossSum: Double, stop: StopRequest?) -> SegmentResult {
    let workers = min(segment.workers, team.count)
    let full = StepPlan(shards: plan.shards, workers: workers, slotsPerWorker: slots)
    let last = StepPlan(
      shards: plan.shardCount(rows: plan.lastRows(samples: samples.count)), workers: workers,
      slotsPerWorker: slots)
    let barrier = team.barrier(workers: workers)
    control.elements[0] = 0
    var result = SegmentResult(lossSum: lossSum)
    if workers == 1 {
      work(as: 0, of: 1, segment, full: full, last: last, barrier: barrier, stop: stop, result: &result)
    } else {
      withUnsafeMutablePointer(to: &result) { pointer in
        // Worker 0 alone gets the caller's result; the others' are copies that nobody reads.
        nonisolated(unsafe) let shared = pointer
        let initial = pointer.pointee
        team.run { worker in
          if worker == 0 {
            work(
              as: 0, of: workers, segment, full: full, last: last, barrier: barrier, stop: stop,
              result: &shared.pointee)
          } else if worker < workers {
            var ignored = initial
            work(
              as: worker, of: workers, segment, full: full, last: last, barrier: barrier, stop: stop,
              result: &ignored)
          }
        }
      }
    }
    return result
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
    as worker: Int, of workers: Int, _ segment: Segment, full: StepPlan, last: StepPlan,
    barrier: Barrier, stop: StopRequest?, result: inout SegmentResult
  ) {
    let mode = platform_flush_denormals()
    defer { platform_restore_denormals(mode) }
    withExtendedLifetime((full, last)) {
      let loop = StepLoop(
        plan: plan, samples: SamplesView(samples), parameters: parameters.elements,
        state: state.elements, gradients: gradients.elements, slots: slots, stride: gradientStride,
        losses: losses.elements, loss: loss, optimizer: optimizer, order: segment.order,
        kernels: FastKernels(variant), outputs: network.outputs)
      let own = scratch[worker]
      let (trace, control) = (trace, control.elements)
      let clock = phases?.clock(for: worker) ?? .off
      let (full, last) = (full.view, last.view)
      let slice = self.slice(of: worker, of: workers)
      clock.start()
      for index in 0..<segment.steps {
        let start = (segment.firstStep + index) * loop.plan.batchSize
        let rows = min(loop.plan.batchSize, loop.samples.count - start)
        let step = rows == loop.plan.batchSize ? full : last
        loop.computeShards(
          of: worker, in: step, start: start, rows: rows, scratch: own, trace: trace, clock: clock)
        if workers > 1 {
          barrier.wait()
          clock.mark(.barrier)
        }
        loop.reduceAndUpdate(slice, in: step, number: segment.globalStep + index + 1, rows: rows)
        if worker == 0 {
          let sum = loop.lossSum(shards: step.shards)
          if sum.isFinite {
            result.lossSum += sum
            result.steps += 1
            control[0] = stop?.isMade == true ? 1 : 0
          } else {
            result.diverged = true
            control[0] = 1
          }
        }
        clock.mark(.update)
        if workers > 1 {
          barrier.wait()
          clock.mark(.barrier)
        }
        if control[0] != 0 { return }
      }
    }
  }

  /// The parameters that `worker` reduces and updates: whole cache lines, as equal as can be.
  private func slice(of worker: Int, of workers: Int) -> Range<Int> {
    let line = AlignedBuffer<Element>.alignment / MemoryLayout<Element>.stride
    let lines = gradientStride / line
    let start = min(worker * lines / workers * line, parameters.count)
    return start..<min((worker + 1) * lines / workers * line, parameters.count)
  }
}
