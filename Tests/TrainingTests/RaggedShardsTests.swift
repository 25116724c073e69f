import Lockstep
import Testing

@Suite struct RaggedShardsTests {
  /// The shards of a shorter minibatch are dealt out otherwise, and may need more gradient buffers than those of a full
  /// one: with 2 workers, 26 shards need 6, but 28 need 5.
  @Test(arguments: [(28, 26), (28, 27), (36, 34), (50, 1)])
  func aShorterLastMinibatchIsTrainedOnByAnyNumberOfThreads(shards: Int, last: Int) throws {
    let rows = shards + last
    let x = (0..<2 * rows).map { Double($0 % 7) / 8 }
    let samples = Samples(x: x, features: 2, y: (0..<rows).map { x[2 * $0] - x[2 * $0 + 1] })
    let recipe = try Recipe(
      network: MLP(inputs: 2, hidden: [3], outputs: 1, activation: .tanh), loss: .meanSquaredError,
      optimizer: .sgd(SGD(learningRate: 0.1)), batchSize: shards, shards: .count(shards))
    let digests = try (1...4).map { threads in
      let trainer = try Trainer(recipe: recipe, samples: samples, threads: .count(threads))
      try trainer.train(epochs: 2)
      return trainer.parametersDigest
    }
    #expect(Set(digests).count == 1)
  }
}
