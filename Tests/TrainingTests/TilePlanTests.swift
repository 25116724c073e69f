import Lockstep
import Testing

@testable import Training

@Suite("The plan of a step by tiles")
struct TilePlanTests {
  static let networks = [
    MLP(inputs: 1, hidden: [], outputs: 1), MLP(inputs: 64, hidden: [256, 256], outputs: 1),
    MLP(inputs: 300, hidden: [17, 1000], outputs: 50),
  ]

  @Test("deals out every parameter and every row once", arguments: networks, 1...9)
  func coversAll(network: MLP, workers: Int) throws {
    let kernels = PanelKernels<Float>(try #require(KernelVariant.all.first))
    let layers = ParameterLayout(network).layers
    let plan = ShardPlan(batchSize: 100, shards: 3)
    for rows in [1, 33, 34, 99, 100] {
      let tiles = TilePlan(plan, rows: rows, layers: layers, kernels: kernels, workers: workers)
      var owners = [Int](repeating: 0, count: ParameterLayout(network).count)
      for tile in tiles.tiles.array {
        let layer = layers[tile.layer]
        for input in tile.inputs {
          for output in tile.firstPanel * 16..<min(tile.lastPanel * 16, layer.outputs) {
            owners[layer.kernelOffset + input * layer.outputs + output] += 1
          }
        }
      }
      #expect(owners.allSatisfy { $0 == 1 })
      #expect(tiles.units.array.flatMap { $0.start..<$0.end } == Array(0..<rows))
      for bounds in [tiles.firstTile.array, tiles.firstUnit.array] {
        #expect(bounds.count == workers + 1 && bounds[0] == 0 && bounds == bounds.sorted())
      }
      #expect(tiles.firstTile.array.last == tiles.tiles.count)
      #expect(tiles.firstUnit.array.last == tiles.units.count)
    }
  }

  @Test("counts it in that kernels of all layers but the first are transposed")
  func costs() throws {
    let network = MLP(inputs: 512, hidden: [512, 512], outputs: 16)
    let layers = ParameterLayout(network).layers
    let plan = TilePlan(
      ShardPlan(batchSize: 64, shards: 1), rows: 64, layers: layers,
      kernels: PanelKernels<Float>(try #require(KernelVariant.all.first)), workers: 2)
    let numbers = plan.tiles.array.map { tile in
      tile.inputs.count * (min(tile.lastPanel * 16, layers[tile.layer].outputs) - tile.firstPanel * 16)
    }
    let middle = plan.firstTile.array[1]
    let (first, second) = (numbers[..<middle].reduce(0, +), numbers[middle...].reduce(0, +))
    // By a fifth, where a plan by numbers alone would be fair to within one tile.
    #expect(10 * first > 11 * second)
  }

  @Test("cuts the rows by the shards alone") func units() {
    let units = TilePlan.units(ShardPlan(batchSize: 100, shards: 3), rows: 70)
    #expect(
      units.map { [$0.start, $0.end] } == [
        [0, 16], [16, 32], [32, 34], [34, 50], [50, 66], [66, 68], [68, 70],
      ])
  }

  @Test("shares are fair to within one piece") func shares() {
    for workers in 1...12 {
      let costs = (0..<50).map { 1 + $0 % 4 }
      let bounds = TilePlan.shares(costs, of: workers)
      let total = costs.reduce(0, +)
      for worker in 0..<workers {
        let share = costs[bounds[worker]..<bounds[worker + 1]].reduce(0, +)
        #expect(abs(share * workers - total) <= 4 * workers)
      }
    }
    #expect(TilePlan.shares([5], of: 3) == [0, 0, 1, 1])
  }
}
