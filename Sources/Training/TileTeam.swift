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
  /// The optimizer's state of the kernels that live in panels, each vector laid out like these. Tiles are their owners'.
  let state: AlignedBuffer<Element>
  /// The panels of all kernels, and the vectors of their state.
  let updated: AlignedBuffer<PanelKernels<Element>.Address>
  let queue: TileQueue
  /// If gradients are clipped, the whole gradient, laid out like the parameters. Between the phases, tiles' entries are written by
  /// who sums them; then all of it is read.
  let gradient: AlignedBuffer<Element>
  /// If gradients are clipped.
  let norm: GradientNorm?
  private let layers: [ParameterLayout.Layer]
  private let plan: ShardPlan
  private let kernels: PanelKernels<Element>

  /// - Precondition: the network can be run that way; see ``StepPath``.
  init(
    network: MLP, plan: ShardPlan, samples: Int, workers: Int, variant: KernelVariant, slots: Int, clips: Bool
  ) {
    let capacity = min(plan.batchSize, samples)
    guard let workspace = SharedWorkspace<Element>(network: network, capacity: capacity, variant: variant)
    else { preconditionFailure("an activation is not compiled") }
    let kernels = PanelKernels<Element>(variant)
    self.workspace = workspace
    self.plan = plan
    self.kernels = kernels
    queue = TileQueue(workers: workers)
    let layout = ParameterLayout(network)
    layers = layout.layers
    gradient = AlignedBuffer(repeating: 0, count: clips ? layout.count : 0)
    norm = clips ? GradientNorm(parameters: layout.count) : nil
    let (panels, count) = (workspace.view.kernelPanels, workspace.kernelCount)
    state = AlignedBuffer(repeating: 0, count: slots * count)
    let first = state.elements.baseAddress
    let vectors = [panels.baseAddress] + (0..<slots).map { slot in first.map { $0 + slot * count } }
    let addresses = vectors.compactMap { $0.map { PanelKernels<Element>.Address($0) } }
    updated = AlignedBuffer(addresses, filler: addresses[0])
    scratch = (0..<workers).map { _ in TileScratch(network: network, plan: plan, kernels: kernels) }
    losses = AlignedBuffer(repeating: 0, count: TilePlan.units(plan, rows: capacity).count)
  }

  /// Brings a tile of the optimizer's state, whose vectors are `parameters` numbers long, to where it lives.
  func loadState(of tile: TilePlan.Tile, from vectors: UnsafeMutableBufferPointer<Element>, parameters: Int) {
    let (passes, count) = (workspace.view, workspace.kernelCount)
    for slot in 0..<state.count / count {
      guard let from = vectors.baseAddress else { return }
      passes.copy(
        UnsafePointer(from + slot * parameters), layer: tile.layer, inputs: tile.inputs, panels: tile.panels,
        to: UnsafeMutableBufferPointer(rebasing: state.elements[slot * count..<(slot + 1) * count]))
    }
  }

  /// Copies a tile of what is trained, parameters and state, from where it lives to `parameters` and `vectors`.
  func store(
    _ tile: TilePlan.Tile, to parameters: UnsafeMutableBufferPointer<Element>,
    _ vectors: UnsafeMutableBufferPointer<Element>
  ) {
    let (passes, count) = (workspace.view, workspace.kernelCount)
    guard passes.livesInPanels(layer: tile.layer, inputs: tile.inputs), let base = parameters.baseAddress
    else { return }
    passes.copy(
      passes.kernelPanels, layer: tile.layer, inputs: tile.inputs, panels: tile.panels, to: base)
    for slot in 0..<state.count / count {
      guard let to = vectors.baseAddress else { return }
      passes.copy(
        UnsafeMutableBufferPointer(rebasing: state.elements[slot * count..<(slot + 1) * count]),
        layer: tile.layer, inputs: tile.inputs, panels: tile.panels, to: to + slot * parameters.count)
    }
  }

  /// The plan for minibatches of `rows` rows on `workers` workers.
  func tilePlan(rows: Int, workers: Int) -> TilePlan {
    TilePlan(plan, rows: rows, layers: layers, kernels: kernels, workers: workers)
  }
}
