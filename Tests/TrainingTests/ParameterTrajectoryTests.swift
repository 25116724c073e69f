import Lockstep
import TestSupport
import Testing

@testable import Training

@Suite("A trajectory of parameters")
struct ParameterTrajectoryTests {
  private func recipe() throws -> Recipe {
    try Recipe(
      network: MLP(inputs: 2, hidden: [3], outputs: 1), loss: .meanSquaredError,
      optimizer: Optimizer(.adam), batchSize: 5)
  }
  private let samples: Samples<Float> = LinearProblem().samples(23)

  @Test("has the start and the end of each epoch")
  func recording() throws {
    let trainer = try Trainer<Float>(recipe: recipe(), samples: samples, threads: .count(2))
    trainer.recordParameters()
    var expected = [trainer.parameters]
    try trainer.train(epochs: 4) { _, _ in expected.append(trainer.parameters) }
    let trajectory = try #require(trainer.trajectory)
    #expect(trajectory.epochs == [0, 1, 2, 3, 4])
    #expect((0...4).map { Array(trajectory.moment($0)) } == expected)
  }

  @Test("is not there unless it is asked for")
  func silence() throws {
    let trainer = try Trainer<Float>(recipe: recipe(), samples: samples)
    try trainer.train(epochs: 1)
    #expect(trainer.trajectory == nil)
    #expect(try trainer.checkpoint().trajectory == nil)
  }

  @Test("goes on after a stop, as if there had been none")
  func resuming() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.weights.h5")
    let whole = try Trainer<Float>(recipe: recipe(), samples: samples)
    whole.recordParameters()
    try whole.train(epochs: 4)
    let first = try Trainer<Float>(recipe: recipe(), samples: samples)
    first.recordParameters()
    try first.train(epochs: 1)
    try first.advance(2)
    try first.checkpoint().write(to: path)
    guard case .float32(let checkpoint) = try AnyCheckpoint(reading: path) else {
      Issue.record("not float32")
      return
    }
    let second = try Trainer(resuming: checkpoint, samples: samples)
    second.recordParameters()
    try second.train(epochs: 4)
    #expect(second.trajectory == whole.trajectory)
  }

  @Test("that begins within an epoch has the epochs completed from then on")
  func late() throws {
    let trainer = try Trainer<Float>(recipe: recipe(), samples: samples)
    try trainer.advance(2)
    trainer.recordParameters()
    #expect(try trainer.checkpoint().trajectory == nil, "there is no moment yet")
    try trainer.train(epochs: 2)
    #expect(trainer.trajectory?.epochs == [1, 2])
  }
}
