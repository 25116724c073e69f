import Kernels
import Networks
import Optimizers
import Primitives

/// A worker's phases of a step by ``StepPath/tiles``.
struct TileLoop<Element: Scalar>: StepPhases {
  let common: StepCommon<Element>
  private let passes: SharedPasses<Element>
  private let worker: Int
  private let workers: Int
  private let full: TilePlan.View
  private let last: TilePlan.View
  private let scratch: TileScratch<Element>
  /// One entry a unit.
  private let losses: UnsafeMutableBufferPointer<Double>
  private let team: TileTeam<Element>
  private let queue: TileQueue
  /// Whether what is trained must first be brought to where it lives.
  private let loads: Bool
  /// The optimizer's state of what lives in panels.
  private let state: UnsafeMutableBufferPointer<Element>
  let norm: GradientNorm.View?
  /// The whole gradient, if there is a norm to be taken, and the part of it that the worker measures.
  private let (gradient, slice): (UnsafeMutableBufferPointer<Element>, Range<Int>)
  /// What lives in panels, and its state.
  private let updated: UnsafeBufferPointer<PanelKernels<Element>.Address>

  /// Units that go through the network together: so many rows that a layer's panels are worth reading, and so few that
  /// their outputs stay near.
  private static var unitsPerBlock: Int { 16 }

  init(
    common: StepCommon<Element>, team: TileTeam<Element>, worker: Int, workers: Int,
    full: TilePlan.View, last: TilePlan.View, loads: Bool
  ) {
    self.team = team
    queue = team.queue
    self.workers = workers
    self.loads = loads
    state = team.state.elements
    self.common = common
    self.worker = worker
    self.full = full
    self.last = last
    passes = team.workspace.view
    scratch = team.scratch[worker]
    losses = team.losses.elements
    norm = team.norm?.view
    gradient = team.gradient.elements
    slice = Range(worker: worker, of: workers, count: gradient.count, unit: GradientNorm.block)
    updated = UnsafeBufferPointer(team.updated.elements)
  }

  var isReplicated: Bool { false }

  func lookAhead(start: Int, rows: Int) {}

  private func plan(rows: Int) -> TilePlan.View { rows == common.plan.batchSize ? full : last }

  /// Brings the worker's tiles of what is trained to where they live, unless they are there.
  func prepare() -> Bool {
    guard loads, let parameters = UnsafePointer(common.parameters.baseAddress) else { return false }
    for index in full.firstTile[worker]..<full.firstTile[worker + 1] {
      let tile = full.tiles[index]
      passes.load(layer: tile.layer, inputs: tile.inputs, panels: tile.panels, parameters: parameters)
      guard passes.livesInPanels(layer: tile.layer, inputs: tile.inputs) else { continue }
      team.loadState(of: tile, from: common.state, parameters: common.parameters.count)
    }
    return true
  }

  /// Runs the worker's rows through the network, forward and back.
  @inline(__always) func first(start: Int, rows: Int, turn: Int) {
    guard let parameters = UnsafePointer(common.parameters.baseAddress) else { return }
    let step = plan(rows: rows)
    queue.offer(first: step.firstTile[worker], of: worker)
    let end = step.firstUnit[worker + 1]
    var unit = step.firstUnit[worker]
    while unit < end {
      let units = unit..<min(unit + Self.unitsPerBlock, end)
      let block = step.units[unit].start..<step.units[units.upperBound - 1].end
      for index in units {
        let rows = step.units[index]
        scratch.collectInput(
          start + rows.start..<start + rows.end, of: common.order, from: common.samples,
          to: passes, first: rows.start)
      }
      common.clock.mark(.data)
      passes.forward(block, parameters: parameters)
      for index in units {
        let rows = step.units[index]
        losses[index] = Double(
          scratch.computeLoss(
            rows.start..<rows.end, at: start + rows.start, of: common.order, from: common.samples,
            passes: passes, loss: common.loss, loops: common.kernels))
      }
      common.clock.mark(.forward)
      passes.backward(block)
      common.clock.mark(.backward)
      unit = units.upperBound
    }
  }

  /// Calls `body` with tiles: the worker's, and those of others that they have not come to.
  @inline(__always) private func forEachTile(_ step: TilePlan.View, _ body: (TilePlan.Tile) -> Void) {
    var (owner, helped) = (worker, 1)
    while true {
      guard let index = queue.take(of: owner, before: step.firstTile[owner + 1]) else {
        if helped == workers { break }
        (owner, helped) = (owner + 1 == workers ? 0 : owner + 1, helped + 1)
        continue
      }
      body(step.tiles[index])
    }
  }

  /// Sums a tile's gradient over all rows.
  ///
  /// - Parameter updated: what is used right after.
  @inline(__always) private func sum(
    _ tile: TilePlan.Tile, rows: Int, stack: UnsafeMutablePointer<Element>,
    updated: UnsafeBufferPointer<PanelKernels<Element>.Address>
  ) {
    passes.gradient(
      layer: tile.layer, inputs: tile.inputs, panels: tile.panels, rows: rows,
      shard: common.plan.rowsPerShard, stack: stack, updated: updated)
    common.clock.mark(.backward)
  }

  /// Sums the gradients of tiles and applies the optimizer to these. What was clipped has been summed.
  @inline(__always) func second(_ update: PreparedStep<Element>, rows: Int, turn: Int) {
    guard let stack = scratch.stack.elements.baseAddress else { return }
    forEachTile(plan(rows: rows)) { tile in
      if norm != nil, let gradient = UnsafePointer(gradient.baseAddress) {
        passes.restore(gradient, layer: tile.layer, inputs: tile.inputs, panels: tile.panels, to: stack)
      } else {
        sum(tile, rows: rows, stack: stack, updated: updated)
      }
      apply(update, to: tile, gradient: stack)
      common.clock.mark(.update)
    }
  }

  /// Applies the optimizer to a tile and makes the passes see it.
  @inline(__always) private func apply(
    _ update: PreparedStep<Element>, to tile: TilePlan.Tile, gradient: UnsafePointer<Element>
  ) {
    if passes.livesInPanels(layer: tile.layer, inputs: tile.inputs) {
      var gradient = gradient
      for panel in tile.panels {
        let place = passes.place(layer: tile.layer, inputs: tile.inputs, panel: panel)
        update.apply(
          to: place, parameters: passes.kernelPanels,
          gradient: UnsafeBufferPointer(start: gradient, count: place.count), state: state,
          kernels: common.kernels)
        gradient += place.count
      }
      return passes.turn(layer: tile.layer, inputs: tile.inputs, panels: tile.panels)
    }
    guard let parameters = UnsafePointer(common.parameters.baseAddress) else { return }
    let place = passes.run(layer: tile.layer, inputs: tile.inputs, panels: tile.panels)
    update.apply(
      to: place, parameters: common.parameters,
      gradient: UnsafeBufferPointer(start: gradient, count: place.count), state: common.state,
      kernels: common.kernels)
    passes.load(layer: tile.layer, inputs: tile.inputs, panels: tile.panels, parameters: parameters)
  }

  /// Leaves the gradients of tiles where all can read them.
  @inline(__always) func sum(rows: Int) -> Bool {
    guard let stack = scratch.stack.elements.baseAddress, let gradient = gradient.baseAddress else {
      return true
    }
    forEachTile(plan(rows: rows)) { tile in
      sum(tile, rows: rows, stack: stack, updated: UnsafeBufferPointer(start: nil, count: 0))
      passes.store(stack, layer: tile.layer, inputs: tile.inputs, panels: tile.panels, to: gradient)
      common.clock.mark(.update)
    }
    return true
  }

  /// Adds up the squares of the worker's slice, and offers its tiles once more.
  @inline(__always) func measure(rows: Int) {
    queue.offer(first: plan(rows: rows).firstTile[worker], of: worker)
    slice.forEachPiece(of: GradientNorm.block) { block in
      norm?.measure(
        UnsafeBufferPointer(rebasing: gradient[block]), first: block.lowerBound, kernels: common.kernels)
    }
  }

  @inline(__always) func lossSum(rows: Int, turn: Int) -> Double {
    guard let base = UnsafePointer(losses.baseAddress) else { return 0 }
    return PairwiseTree.sum(base, count: plan(rows: rows).units.count)
  }
}
