import Lockstep
import Testing

@testable import Training

/// Steps by shards and steps by tiles are two ways to the same numbers.
@Suite struct StepPathTests {
  struct Case: Sendable, CustomStringConvertible {
    var hidden: [Int]
    var batchSize: Int
    var shards: ShardChoice
    var loss = Loss.meanSquaredError
    var optimizer = Optimizer.adam(Adam(learningRate: 0.01))
    var clipNorm: Double?
    var description: String {
      "\(hidden) \(batchSize) \(shards) \(loss) \(optimizer)" + (clipNorm.map { " clipped to \($0)" } ?? "")
    }
  }

  /// Networks beyond those that have a path of their own (``SmallNetwork``), which rounds otherwise.
  ///
  /// 203 rows: every batch size here leaves a ragged minibatch, with ragged shards in it.
  static let cases = [
    Case(hidden: [257, 1], batchSize: 64, shards: .count(5)),
    Case(hidden: [33, 50], batchSize: 100, shards: .count(3)),
    Case(hidden: [140, 17], batchSize: 203, shards: .count(13)),
    Case(hidden: [16, 48], batchSize: 1, shards: .automatic),
    Case(hidden: [5, 64, 7], batchSize: 150, shards: .count(1), loss: .crossEntropy),
    Case(
      hidden: [149], batchSize: 96, shards: .count(96),
      optimizer: .sgd(SGD(learningRate: 0.1, momentum: 0.9))),
    Case(hidden: [257, 1], batchSize: 64, shards: .count(5), clipNorm: 0.01),
    Case(
      hidden: [5, 64, 7], batchSize: 150, shards: .count(3), loss: .crossEntropy,
      optimizer: .sgd(SGD(learningRate: 0.1)), clipNorm: 0.1),
    Case(hidden: [33, 50], batchSize: 1, shards: .automatic, clipNorm: 0.2),
  ]

  func trained<Element: Scalar>(
    _ setup: Case, threads: Int, _ variant: KernelVariant, _ path: StepPath, as type: Element.Type
  ) throws -> Bits<Element> {
    let samples: Samples<Element> = Fixture.samples(classes: setup.loss == .crossEntropy ? 4 : nil)
    var recipe = try Fixture.recipe(
      loss: setup.loss, optimizer: setup.optimizer, hidden: setup.hidden, batchSize: setup.batchSize,
      shards: setup.shards)
    recipe.clipNorm = setup.clipNorm
    let trainer = try Trainer(
      recipe: recipe, samples: samples, threads: .count(threads), variant: variant, path: path)
    try trainer.train(epochs: 2)
    var bits = Bits(trainer)
    // The reported loss is summed over other runs of rows, and is as good.
    if path == .shards { bits.losses = [] }
    return bits
  }

  @Test(arguments: cases) func bothGiveTheSameBits(_ setup: Case) throws {
    func check<Element: Scalar>(as type: Element.Type) throws {
      let best = try #require(KernelVariant.all.first)
      let expected = try trained(setup, threads: 1, best, .shards, as: type)
      let tiled = try trained(setup, threads: 1, best, .tiles, as: type)
      #expect(tiled.losses.isEmpty == false)
      for variant in KernelVariant.all {
        for threads in [1, 2, 3, 7] {
          let found = try trained(setup, threads: threads, variant, .tiles, as: type)
          #expect(found.losses == tiled.losses)
          var parameters = found
          parameters.losses = []
          #expect(parameters == expected, "\(variant.name), \(threads) threads")
        }
      }
    }
    try check(as: Float.self)
    try check(as: Double.self)
  }

  @Test(arguments: cases.filter { $0.clipNorm != nil }) func clippingByTilesChangesSteps(_ setup: Case) throws
  {
    let best = try #require(KernelVariant.all.first)
    func trained(clipNorm: Double?) throws -> Bits<Float> {
      var setup = setup
      setup.clipNorm = clipNorm
      return try self.trained(setup, threads: 2, best, .tiles, as: Float.self)
    }
    let free = try trained(clipNorm: nil)
    #expect(try trained(clipNorm: setup.clipNorm) != free)
    // Measured, but too short to be clipped.
    #expect(try trained(clipNorm: 1e30) == free)
  }

  @Test func theReportedLossIsTheSame() throws {
    let setup = Self.cases[2]
    let best = try #require(KernelVariant.all.first)
    func loss(_ path: StepPath) throws -> Double {
      let trainer = try Trainer(
        recipe: Fixture.recipe(hidden: setup.hidden, batchSize: 100),
        samples: Fixture.samples(as: Double.self),
        threads: .count(2), variant: best, path: path)
      try trainer.train(epochs: 1)
      return trainer.history[0].loss
    }
    let (shards, tiles) = (try loss(.shards), try loss(.tiles))
    #expect(abs(shards - tiles) <= 1e-14 * shards)
  }

  @Test func narrowNetworksAndPlainLoopsGoByShards() {
    func path(_ hidden: [Int], batchSize: Int = 256, _ variant: KernelVariant?) -> StepPath {
      StepPath(
        network: MLP(inputs: 64, hidden: hidden, outputs: 1),
        plan: ShardPlan(batchSize: batchSize, shards: 4),
        samples: 1 << 30, variant: variant, as: Float.self)
    }
    let variant = KernelVariant.all.first
    #expect(path([8], variant) == .shards)
    #expect(path([256, 256], variant) == .tiles)
    #expect(path([256, 256], nil) == .shards)
    #expect(path([256, 256], batchSize: 1 << 20, variant) == .shards)
  }
}
