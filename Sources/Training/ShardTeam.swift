import Datasets
import Kernels
import Networks
import Primitives

/// The memory of a team whose workers sum the gradients of shards.
///
/// In the first phase of a step each worker writes its own scratch and its shards' entries of `losses`; in the second, its
/// slice of every gradient, and between the phases, if gradients are clipped, its slice's part of `norm`. Worker 0 reads
/// `losses` in the second, and all read `norm`. With replicas, nobody writes anything in the second phase but a replica of its
/// own, and all read `losses` and gradients, of which those of two steps are kept.
final class ShardTeam<Element: Scalar>: Sendable {
  let scratch: [WorkerScratch<Element>]
  /// Where each worker's gradient buffers begin: `slots` of them, `stride` numbers apart.
  let gradients: AlignedBuffer<GradientBase<Element>>
  let slots: Int
  let stride: Int
  /// One a worker, or none if the team never has them.
  private let replicas: [Replica<Element>]
  /// One entry a shard, ``lossStride`` numbers apart: in cache lines of their own. Two steps, if there are replicas.
  let losses: AlignedBuffer<Double>
  /// If gradients are clipped.
  let norm: GradientNorm?
  let parameterCount: Int
  private let plan: ShardPlan

  static var lossStride: Int { 8 }
  /// The most parameters of all workers together with which each makes the whole step by itself: what it reads of the others'
  /// gradients is then brought near in less time than a meeting takes.
  static var mostReplicated: Int { 1 << 11 }

  init(
    network: MLP, loss: Loss, plan: ShardPlan, samples: ResidentSamples<Element>, workers: Int,
    variant: KernelVariant?, clips: Bool, stateCount: Int
  ) {
    self.plan = plan
    parameterCount = ParameterLayout(network).count
    slots = StepPlan.slotsNeeded(plan, samples: samples.count, upToWorkers: workers)
    let line = AlignedBuffer<Element>.alignment / MemoryLayout<Element>.stride
    stride = (parameterCount + line - 1) / line * line
    let most = clips ? 0 : min(workers, Self.mostReplicated / parameterCount)
    let turns = most > 1 ? 2 : 1
    let (rows, count) = (min(plan.rowsPerShard, samples.count), turns * slots * stride)
    let (usesLabels, isWeighted) = (samples.hasLabels, samples.isWeighted)
    scratch = (0..<workers).map { _ in
      WorkerScratch(
        network: network, loss: loss, rows: rows, usesLabels: usesLabels, isWeighted: isWeighted,
        gradientCount: count, variant: variant)
    }
    let bases = scratch.compactMap { $0.gradients.elements.baseAddress }.map { GradientBase(address: $0) }
    gradients = AlignedBuffer(bases, filler: bases[0])
    let (parameterCount, slots, stride) = (parameterCount, slots, stride)
    replicas = (0..<(most > 1 ? most : 0)).map { _ in
      Replica(parameters: parameterCount, state: stateCount, sums: most * slots, stride: stride)
    }
    losses = AlignedBuffer(repeating: 0, count: turns * plan.shards * Self.lossStride)
    norm = clips ? GradientNorm(parameters: parameterCount) : nil
  }

  /// The plan for minibatches of `rows` rows on `workers` workers.
  func stepPlan(rows: Int, workers: Int) -> StepPlan {
    StepPlan(shards: plan.shardCount(rows: rows), workers: workers, slotsPerWorker: slots)
  }

  /// What `worker` of `workers` has for itself, if each makes the whole of the optimizer's step; nil if they share it.
  func replica(
    of worker: Int, of workers: Int, parameters: UnsafeMutableBufferPointer<Element>,
    state: UnsafeMutableBufferPointer<Element>
  ) -> Replica<Element>.View? {
    guard workers > 1, workers <= replicas.count else { return nil }
    return worker == 0 ? replicas[0].view(parameters: parameters, state: state) : replicas[worker].view
  }

  /// The parameters that `worker` reduces and updates: whole cache lines, or whole blocks of the norm, as equal as can be.
  func slice(of worker: Int, of workers: Int) -> Range<Int> {
    let line = AlignedBuffer<Element>.alignment / MemoryLayout<Element>.stride
    return Range(
      worker: worker, of: workers, count: parameterCount, unit: norm == nil ? line : GradientNorm.block)
  }
}

/// The address of a worker's first gradient buffer.
///
/// `Sendable`: an address in a buffer that the same object owns.
struct GradientBase<Element: Scalar>: BitwiseCopyable, @unchecked Sendable {
  let address: UnsafeMutablePointer<Element>
}
