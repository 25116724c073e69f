import Datasets
import Kernels
import Networks
import Optimizers
import Primitives
import Testing

@testable import Training

/// Copies of rows that make steps faster, and rows that are asked for ahead: they change no bit.
@Suite struct RowRecordsTests {
  /// More bytes than are near, in few rows.
  static let rows = 6000
  static let features = 400
  static let wide: Samples<Float> = {
    let random = CounterRandom(seed: 5, purpose: .testing)
    let x = (0..<rows * features).map { Float(random.uniforms(UInt64($0)).0 * 2 - 1) }
    return Samples(x: x, features: features, y: (0..<rows).map { x[$0 * features] - x[$0 * features + 1] })
  }()

  static func recipe(_ shuffle: Shuffle = .full) throws -> Recipe {
    var recipe = try Recipe(
      network: MLP(inputs: features, hidden: [], outputs: 1), loss: .meanSquaredError,
      optimizer: .adam(Adam()), batchSize: 64, shards: .count(4))
    recipe.shuffle = shuffle
    return recipe
  }

  @Test(arguments: [1, 2, 3]) func recordsHoldRowsWhoeverWritesThem(threads: Int) throws {
    // Enough rows for a thread each, and a few more.
    let count = 3 * 65_536 + 7
    let x = (0..<3 * count).map { Float($0 % 1009) }
    let y = (0..<2 * count).map { Float($0 % 997) }
    let samples = Samples(x: x, features: 3, y: y, targets: 2)
    let records = try #require(RowRecords(.memory(samples), most: 1e9, threads: threads))
    #expect(records.width == 8)
    let numbers = records.numbers.array
    let isRight = stride(from: 0, to: count, by: 11).allSatisfy { row in
      let record = numbers[8 * row..<8 * row + 8]
      return Array(record) == Array(x[3 * row..<3 * row + 3]) + Array(y[2 * row..<2 * row + 2]) + [0, 0, 0]
    }
    #expect(isRight)
  }

  @Test func thereAreNoneWithoutRoomOrNumbers() {
    let bytes = Double(Self.rows * (Self.features + 4) * 4)
    #expect(RowRecords.bytes(.memory(Self.wide), most: bytes) == bytes)
    #expect(RowRecords.bytes(.memory(Self.wide), most: bytes - 1) == nil)
    #expect(RowRecords(.memory(Self.wide), most: -1, threads: 1) == nil)
    let classes = Samples(x: [Float(1), 2], features: 1, labels: [0, 1], classes: 2)
    #expect(RowRecords(.memory(classes), most: 1e9, threads: 1) == nil)
  }

  /// What is picked from few bytes at a time is near, however many there are.
  @Test func rowsAreFarThatArePickedFromManyBytes() throws {
    func isFar(_ shuffle: Shuffle) -> Bool {
      ResidentSamples(.memory(Self.wide), shuffle: shuffle, recordBytes: nil).view.small.isFar
    }
    #expect(isFar(.full))
    #expect(!isFar(.none))
    #expect(!isFar(.blocks(try #require(BlockShape(blockRows: 16, windowRows: 1024)))))
    #expect(isFar(.blocks(try #require(BlockShape(blockRows: 64, windowRows: 1 << 20)))))
  }

  @Test func rowsFromAfarAreTrainedOnToTheSameBits() throws {
    func digest(threads: Int, memoryBudget: Int? = nil, variant: KernelVariant? = .current) throws -> Digest {
      let trainer = try Trainer(
        recipe: Self.recipe(), samples: .memory(Self.wide), threads: .count(threads), variant: variant,
        memoryBudget: memoryBudget)
      try trainer.train(epochs: 2)
      return trainer.parametersDigest
    }
    let expected = try digest(threads: 1)
    for threads in 1...3 {
      #expect(try digest(threads: threads) == expected)
      // No room for records.
      #expect(try digest(threads: threads, memoryBudget: 0) == expected)
    }
    for variant in KernelVariant.all.dropFirst() {
      #expect(try digest(threads: 2, variant: variant) == expected, "\(variant.name)")
    }
  }

  /// The order is worked out some rows at a time, which end in the middle of minibatches.
  @Test(arguments: [1, 7, 63, 64, 65, 1000, 6000]) func minibatchesOfAnySizeAreTheSameFromAfar(batch: Int)
    throws
  {
    var recipe = try Self.recipe()
    recipe.batchSize = batch
    func digest(_ samples: Samples<Float>, threads: Int) throws -> Digest {
      let trainer = try Trainer(recipe: recipe, samples: samples, threads: .count(threads))
      try trainer.advance(40)
      return trainer.parametersDigest
    }
    let expected = try digest(Self.wide, threads: 1)
    #expect(try digest(Self.wide, threads: 2) == expected)
  }

  @Test func copiesTakeWhatIsLeftOfTheBudget() throws {
    let samples = TrainingSamples.memory(Self.wide)
    let plan = MemoryPlan(
      recipe: try Self.recipe(), samples: samples, validation: nil, workers: 1, path: .shards)
    func spare(_ budget: Int) -> Double { plan.spareBytes(samples, nil, budget: budget) }
    #expect(spare(100_000_000) == 100_000_000 - samples.bytes)
    #expect(spare(0) < 0)
  }
}
