import Datasets
import Kernels
import Networks
import Primitives

/// What a team shares, and what each of its workers has for itself, when steps are made by tiles.
final class TileTeam<Element: Scalar>: Sendable {
  let workspace: SharedWorkspace<Element>
  let scratch: [TileScratch<Element>]
  /// One entry a unit of rows. Each is written by the unit's worker in the first phase and read by worker 0 in the second.
  let losses: AlignedBuffer<Double>
  /// The parameters, and the optimizer's vectors as long.
  let updated: AlignedBuffer<PanelKernels<Element>.Address>
  private let layers: [ParameterLayout.Layer]
  private let plan: ShardPlan
  private let kernels: PanelKernels<Element>

  /// The caller keeps `parameters` and `state` alive.
  ///
  /// - Precondition: the network can be run that way; see ``StepPath``.
  init(
    network: MLP, plan: ShardPlan, samples: Int, workers: Int, variant: KernelVariant,
    parameters: AlignedBuffer<Element>, state: AlignedBuffer<Element>
  ) {
    let capacity = min(plan.batchSize, samples)
    guard let workspace = SharedWorkspace<Element>(network: network, capacity: capacity, variant: variant)
    else { preconditionFailure("an activation is not compiled") }
    let kernels = PanelKernels<Element>(variant)
    self.workspace = workspace
    self.plan = plan
    self.kernels = kernels
    layers = ParameterLayout(network).layers
    let vectors =
      [parameters.elements.baseAddress]
      + stride(from: 0, to: state.count, by: parameters.count).map { offset in
        state.elements.baseAddress.map { $0 + offset }
      }
    let addresses = vectors.compactMap { $0.map { PanelKernels<Element>.Address($0) } }
    updated = AlignedBuffer(addresses, filler: addresses[0])
    scratch = (0..<workers).map { _ in TileScratch(network: network, plan: plan, kernels: kernels) }
    losses = AlignedBuffer(repeating: 0, count: TilePlan.units(plan, rows: capacity).count)
  }

  /// The plan for minibatches of `rows` rows on `workers` workers.
  func tilePlan(rows: Int, workers: Int) -> TilePlan {
    TilePlan(plan, rows: rows, layers: layers, kernels: kernels, workers: workers)
  }
}
