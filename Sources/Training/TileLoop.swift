import Kernels
import Networks
import Optimizers
import Primitives

/// A worker's phases of a step by ``StepPath/tiles``.
struct TileLoop<Element: Scalar>: StepPhases {
  let common: StepCommon<Element>
  private let passes: SharedPasses<Element>
  private let worker: Int
  private let full: TilePlan.View
  private let last: TilePlan.View
  private let scratch: TileScratch<Element>
  /// One entry a unit.
  private let losses: UnsafeMutableBufferPointer<Double>
  /// The parameters and the optimizer's state.
  private let updated: UnsafeBufferPointer<PanelKernels<Element>.Address>

  /// Units that go through the network together: so many rows that a layer's panels are worth reading, and so few that
  /// their outputs stay near.
  private static var unitsPerBlock: Int { 8 }

  init(
    common: StepCommon<Element>, team: TileTeam<Element>, worker: Int, full: TilePlan.View,
    last: TilePlan.View
  ) {
    self.common = common
    self.worker = worker
    self.full = full
    self.last = last
    passes = team.workspace.view
    scratch = team.scratch[worker]
    losses = team.losses.elements
    updated = UnsafeBufferPointer(team.updated.elements)
  }

  var isReplicated: Bool { false }

  func lookAhead(start: Int, rows: Int) {}

  private func plan(rows: Int) -> TilePlan.View { rows == common.plan.batchSize ? full : last }

  /// Brings the worker's tiles of the parameters to where the passes read them.
  func prepare() -> Bool {
    guard let parameters = UnsafePointer(common.parameters.baseAddress) else { return false }
    for index in full.firstTile[worker]..<full.firstTile[worker + 1] {
      let tile = full.tiles[index]
      passes.pack(
        layer: tile.layer, inputs: tile.inputs, panels: tile.panels, parameters: parameters)
    }
    return true
  }

  /// Runs the worker's rows through the network, forward and back.
  @inline(__always) func first(start: Int, rows: Int, turn: Int) {
    guard let parameters = UnsafePointer(common.parameters.baseAddress) else { return }
    let step = plan(rows: rows)
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

  /// Sums the gradients of the worker's tiles over all rows and applies the optimizer to them.
  @inline(__always) func second(_ update: PreparedStep<Element>, rows: Int, turn: Int) {
    guard let parameters = UnsafePointer(common.parameters.baseAddress),
      let stack = scratch.stack.elements.baseAddress
    else { return }
    let step = plan(rows: rows)
    let lanes = PanelKernels<Element>.lanes
    for index in step.firstTile[worker]..<step.firstTile[worker + 1] {
      let tile = step.tiles[index]
      let layer = passes.layers[tile.layer]
      let stride = passes.gradient(
        layer: tile.layer, inputs: tile.inputs, panels: tile.panels, rows: rows,
        shard: common.plan.rowsPerShard, stack: stack, updated: updated)
      common.clock.mark(.backward)
      let column = tile.firstPanel * lanes
      let columns = min(tile.lastPanel * lanes, layer.outputs) - column
      // Rows without gaps among the parameters and in the block are one.
      let isWhole = columns == layer.outputs && columns == stride
      let (count, length) = isWhole ? (1, tile.inputs.count * columns) : (tile.inputs.count, columns)
      for row in 0..<count {
        let first = layer.kernelOffset + (tile.firstInput + row) * layer.outputs + column
        update.apply(
          to: first..<first + length, parameters: common.parameters,
          gradient: UnsafeBufferPointer(start: stack + row * stride, count: length), state: common.state,
          kernels: common.kernels)
      }
      passes.pack(
        layer: tile.layer, inputs: tile.inputs, panels: tile.panels, parameters: parameters)
      common.clock.mark(.update)
    }
  }

  func measure(rows: Int) { preconditionFailure("gradients that are clipped are summed by shards") }

  func clippedUpdate(number: Int, rows: Int) -> PreparedStep<Element> {
    preconditionFailure("gradients that are clipped are summed by shards")
  }

  @inline(__always) func lossSum(rows: Int, turn: Int) -> Double {
    guard let base = UnsafePointer(losses.baseAddress) else { return 0 }
    return PairwiseTree.sum(base, count: plan(rows: rows).units.count)
  }
}
