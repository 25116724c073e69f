import Kernels
import Networks
import Primitives

/// Who does what in a step of a given number of rows and workers when the team shares the minibatch: rows for the passes, then
/// tiles of the gradient.
///
/// What a tile's sums are, and what runs of rows the loss is summed over, depends on the shards alone; who computes them is a
/// matter of speed.
final class TilePlan: Sendable {
  /// Consecutive rows whose losses are summed by one worker: at most ``rowsPerUnit`` rows of one shard.
  struct Unit: BitwiseCopyable, Equatable {
    var start: Int
    var end: Int
  }

  /// A block of the parameters of one layer.
  struct Tile: BitwiseCopyable, Equatable {
    var layer: Int
    /// Rows of the kernel; `inputs..<inputs + 1` stands for the bias.
    var firstInput: Int
    var lastInput: Int
    /// Columns, in panels.
    var firstPanel: Int
    var lastPanel: Int

    var inputs: Range<Int> { firstInput..<lastInput }
    var panels: Range<Int> { firstPanel..<lastPanel }
  }

  /// The plan as plain addresses, valid as long as the plan.
  struct View: BitwiseCopyable {
    let units: UnsafeMutableBufferPointer<Unit>
    let firstUnit: UnsafeMutableBufferPointer<Int>
    let tiles: UnsafeMutableBufferPointer<Tile>
    let firstTile: UnsafeMutableBufferPointer<Int>
  }

  /// See ``View``.
  var view: View {
    View(
      units: units.elements, firstUnit: firstUnit.elements, tiles: tiles.elements,
      firstTile: firstTile.elements)
  }

  /// The most rows of a unit: a multiple of the rows of every tile of a product.
  static var rowsPerUnit: Int { 16 }
  /// The most rows of a tile: with them, a pass over a shard's deltas is worth what it costs to bring them near.
  static var mostInputs: Int { 128 }

  /// All units, in the order of rows.
  let units: AlignedBuffer<Unit>
  /// Worker w's units are those from `firstUnit[w]` up to `firstUnit[w + 1]`.
  let firstUnit: AlignedBuffer<Int>
  /// All tiles: together, every parameter once.
  let tiles: AlignedBuffer<Tile>
  /// Worker w's tiles are those from `firstTile[w]` up to `firstTile[w + 1]`.
  let firstTile: AlignedBuffer<Int>

  /// The plan for a minibatch of `rows` rows of `plan` on `workers` workers.
  init<Element: Scalar>(
    _ plan: ShardPlan, rows: Int, layers: [ParameterLayout.Layer], kernels: PanelKernels<Element>,
    workers: Int
  ) {
    let units = Self.units(plan, rows: rows)
    self.units = AlignedBuffer(units, filler: Unit(start: 0, end: 0))
    firstUnit = AlignedBuffer(
      Self.shares(units.map { $0.end - $0.start }, of: workers), filler: 0)
    // Enough tiles for fair shares, but none smaller than it must be.
    var tiles: [Tile] = []
    var height = Self.mostInputs
    repeat {
      tiles = Self.tiles(
        layers, lanes: PanelKernels<Element>.lanes, mostPanels: kernels.mostPanels, mostInputs: height)
      height /= 2
    } while height >= 16 && tiles.count < 16 * workers
    self.tiles = AlignedBuffer(tiles, filler: tiles[0])
    firstTile = AlignedBuffer(
      Self.shares(
        tiles.map { Self.cost($0, of: layers[$0.layer], rows: rows, kernels: kernels) }, of: workers),
      filler: 0)
  }

  /// The units of a minibatch of `rows` rows.
  static func units(_ plan: ShardPlan, rows: Int) -> [Unit] {
    (0..<plan.shardCount(rows: rows)).flatMap { shard in
      let shard = plan.rows(of: shard, in: rows)
      return stride(from: shard.lowerBound, to: shard.upperBound, by: rowsPerUnit).map {
        Unit(start: $0, end: min($0 + rowsPerUnit, shard.upperBound))
      }
    }
  }

  /// The tiles of all layers.
  private static func tiles(
    _ layers: [ParameterLayout.Layer], lanes: Int, mostPanels: Int, mostInputs: Int
  ) -> [Tile] {
    layers.enumerated().flatMap { index, layer in
      let panels = (layer.outputs + lanes - 1) / lanes
      let blocks = (panels + mostPanels - 1) / mostPanels
      let rows = Array(stride(from: 0, to: layer.inputs, by: mostInputs)) + [layer.inputs]
      return rows.flatMap { first in
        (0..<blocks).map { block in
          Tile(
            layer: index, firstInput: first,
            lastInput: first == layer.inputs ? first + 1 : min(first + mostInputs, layer.inputs),
            firstPanel: block * panels / blocks, lastPanel: (block + 1) * panels / blocks)
        }
      }
    }
  }

  /// About what a tile of `layer` costs over `rows` rows, in cycles of a CPU with vectors of 64 bytes and two multiply-adders.
  private static func cost<Element: Scalar>(
    _ tile: Tile, of layer: ParameterLayout.Layer, rows: Int, kernels: PanelKernels<Element>
  ) -> Int {
    let lanes = PanelKernels<Element>.lanes
    /// Fewer sums than this at a time wait for each other.
    func product(_ vectors: Int) -> Int { rows * max(vectors, 8) / 2 }
    let inputs = tile.inputs.count
    // Updated, one in 26 cycles; then, but for the first layer, transposed in blocks.
    let vectors = (inputs * layer.outputs + lanes - 1) / lanes
    if SharedWorkspace<Element>.LayerPlan.isNarrow(outputs: layer.outputs), tile.firstInput < layer.inputs {
      // Summed in vectors of inputs, which are then put in place one by one.
      let widest = kernels.mostPanels * lanes
      return (inputs + widest - 1) / widest * product(kernels.mostPanels * layer.outputs)
        + 2 * inputs * layer.outputs + 26 * vectors
    }
    let block = inputs * tile.panels.count
    let turned = layer.kernelOffset > 0 && tile.firstInput < layer.inputs
    return product(block) + (turned ? 40 : 26) * block
  }

  /// Cuts a row of pieces into runs, one a worker, that cost as nearly the same as can be; returns the runs' starts and the
  /// end.
  static func shares(_ costs: [Int], of workers: Int) -> [Int] {
    let total = costs.reduce(0, +)
    var bounds = [0]
    var (index, done) = (0, 0)
    for worker in 1...workers {
      // A piece belongs to the worker in whose share its middle lies.
      while index < costs.count, (2 * done + costs[index]) * workers < 2 * total * worker {
        done += costs[index]
        index += 1
      }
      bounds.append(worker == workers ? costs.count : index)
    }
    return bounds
  }
}
