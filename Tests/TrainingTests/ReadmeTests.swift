import Foundation
import Lockstep
import Testing

@Suite("The README")
struct ReadmeTests {
  /// The library example, as it stands in the README between `import Lockstep` and the end of its block.
  func example() throws -> Trainer<Float> {
    // swift-format-ignore
    // begin
    let samples: Samples<Float> = LinearProblem(coefficients: [3, 2]).samples(100_000)
    let recipe = try Recipe(
      network: MLP(inputs: 2, hidden: [10], outputs: 1),
      loss: .meanSquaredError,
      optimizer: .adam(Adam(learningRate: 0.01)),
      batchSize: 1024,
      seed: 0)
    let trainer = try Trainer(recipe: recipe, samples: samples, threads: .automatic)
    try trainer.train(epochs: 5) { epoch, record in
      print("epoch \(epoch): loss \(record.loss)")
    }
    let evaluation = trainer.evaluate(samples)
    print("r2 \(evaluation.r2 ?? .nan), parameters \(trainer.parametersDigest)")
    try trainer.checkpoint().write(to: "/tmp/linear.weights.h5")
    // end
    return trainer
  }

  @Test("shows an example that compiles, runs and learns")
  func exampleRuns() throws {
    defer { try? FileManager.default.removeItem(atPath: "/tmp/linear.weights.h5") }
    let trainer = try example()
    #expect(trainer.progress.epoch == 5)
    #expect(try #require(trainer.history.last).loss < 0.01)
    #expect(try AnyCheckpoint(reading: "/tmp/linear.weights.h5").recipe == trainer.recipe)
  }

  @Test("shows exactly this example")
  func exampleIsShown() throws {
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0)
    }
    let begin = try #require(lines.firstIndex(of: "// begin"))
    let end = try #require(lines.firstIndex(of: "// end"))
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let code = "import Lockstep\n\n" + lines[(begin + 1)..<end].joined(separator: "\n") + "\n```"
    #expect(readme.contains(code))
  }
}
