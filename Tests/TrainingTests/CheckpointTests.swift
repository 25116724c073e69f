import Foundation
import HDF5
import Lockstep
import TestSupport
import Testing

@testable import Training

@Suite("Checkpoints")
struct CheckpointTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("c.weights.h5")
  }

  func trained<Element: Scalar>(
    _ optimizer: Optimizer = .adam(Adam()), as type: Element.Type = Element.self
  ) throws -> Checkpoint<Element> {
    let trainer = try Trainer<Element>(
      recipe: Fixture.recipe(optimizer: optimizer, hidden: [4]), samples: Fixture.samples(),
      validation: Fixture.samples(20), threads: .count(1))
    // One epoch of five steps, and three steps of the next.
    try trainer.advance(5)
    try trainer.advance(3)
    var checkpoint = try trainer.checkpoint()
    checkpoint.datasetDigest = "0123456789abcdef0123456789abcdef"
    return checkpoint
  }

  func check<Element: Scalar & HDF5Element>(_ a: Checkpoint<Element>, _ b: Checkpoint<Element>) {
    #expect(a.recipe == b.recipe)
    #expect(a.progress == b.progress)
    #expect(a.history.map(\.loss) == b.history.map(\.loss))
    #expect(a.parameters == b.parameters)
    #expect(a.optimizerState == b.optimizerState)
    #expect(a.bestParameters == b.bestParameters)
    #expect(a.datasetDigest == b.datasetDigest)
  }

  @Test(
    "hold everything, in both precisions and for every optimizer",
    arguments: Optimizer.Name.allCases)
  func roundTrip(name: Optimizer.Name) throws {
    let optimizer = Optimizer(name)
    let narrow: Checkpoint<Float> = try trained(optimizer)
    #expect(narrow.progress.epoch == 1 && narrow.progress.step > 0 && !narrow.bestParameters.isEmpty)
    try narrow.write(to: path)
    guard case .float32(let read) = try AnyCheckpoint(reading: path) else {
      Issue.record("not float32")
      return
    }
    check(narrow, read)
    let wide: Checkpoint<Double> = try trained(optimizer)
    try wide.write(to: path)
    guard case .float64(let read) = try AnyCheckpoint(reading: path) else {
      Issue.record("not float64")
      return
    }
    check(wide, read)
  }

  @Test("are laid out as Keras 3 lays weights out")
  func layout() throws {
    let checkpoint: Checkpoint<Float> = try trained()
    try checkpoint.write(to: path, threads: 3)
    let file = try File(opening: path)
    #expect(try file.openGroup("vars").children().isEmpty)
    #expect(try file.openGroup("vars").attribute("name") == "sequential")
    #expect(try file.openGroup("layers").children().map(\.name) == ["dense", "dense_1"])
    #expect(try file.openGroup("layers/dense/vars").attribute("activation") == "tanh")
    #expect(try file.openGroup("layers/dense_1/vars").attribute("activation") == "linear")
    #expect(try file.openDataset("layers/dense/vars/0").shape == [3, 4])
    #expect(try file.openDataset("layers/dense/vars/1").shape == [4])
    let kernel: [Float] = try file.openDataset("layers/dense_1/vars/0").readAll()
    #expect(kernel == Array(checkpoint.parameters[16..<24]))
    #expect(try file.openDataset("optimizer/vars/0").readAll(as: Int64.self) == [8])
    #expect(try file.openDataset("optimizer/vars/1").readAll(as: Float.self) == [0.001])
    // Momenta interleaved: m and v of the first kernel, then of the first bias.
    let second: [Float] = try file.openDataset("optimizer/vars/3").readAll()
    #expect(second == Array(checkpoint.optimizerState[26..<38]))
    #expect(try file.openGroup("optimizer/vars").children().count == 2 + 2 * 4)
    #expect(try file.openGroup("lockstep/environment").attribute("threads") == 3)
    #expect(try file.openDataset("lockstep/history/loss").shape == [1])
  }

  @Test("have a first line that tells what they are")
  func seal() throws {
    let checkpoint: Checkpoint<Float> = try trained()
    try checkpoint.write(to: path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let digest = bytes[512...].withUnsafeBytes { Digest(of: $0) }
    let expected =
      "lockstep-checkpoint 1\nxxh3-128 \(digest) of the \(bytes.count - 512) bytes after these 512\n"
    #expect(bytes.starts(with: Data(expected.utf8)))
  }

  @Test("are refused if a single bit is not as it was written")
  func bitFlips() throws {
    let checkpoint: Checkpoint<Float> = try trained()
    try checkpoint.write(to: path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    // Every byte of the seal, and a sample of the others, each with another bit.
    for position in Array(0..<512) + Array(stride(from: 512, to: bytes.count, by: 97)) {
      var damaged = bytes
      damaged[position] ^= 1 << (position % 8)
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: LockstepError.self) { try AnyCheckpoint(reading: path) }
      #expect(error?.kind == .badData, "byte \(position)")
    }
  }

  @Test("are refused if cut off or extended anywhere")
  func truncation() throws {
    let checkpoint: Checkpoint<Float> = try trained()
    try checkpoint.write(to: path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    for length in Array(stride(from: 0, to: bytes.count, by: 211)) + [bytes.count - 1] {
      try bytes.prefix(length).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: LockstepError.self) { try AnyCheckpoint(reading: path) }
      #expect(error?.kind == .badData, "\(length) bytes")
    }
    try (bytes + [0]).write(to: URL(fileURLWithPath: path))
    #expect(throws: LockstepError.self) { try AnyCheckpoint(reading: path) }
  }

  @Test("replace the one before at once, and leave no other file")
  func replacement() throws {
    let first: Checkpoint<Float> = try trained()
    try first.write(to: path)
    let second: Checkpoint<Float> = try trained(.sgd(SGD()))
    try second.write(to: path)
    #expect(folder.names == ["c.weights.h5"])
    #expect(try AnyCheckpoint(reading: path).recipe == second.recipe)
  }

  @Test("that cannot be written leave the one before as it was")
  func failure() throws {
    let first: Checkpoint<Float> = try trained()
    #expect(throws: LockstepError.self) { try first.write(to: folder.file("missing/c.weights.h5")) }
    #expect(folder.names.isEmpty)
  }

  @Test("of other kinds are told apart")
  func others() throws {
    #expect(throws: LockstepError.self) { try AnyCheckpoint(reading: folder.file("none")) }
    try writeFile(path) { file in
      _ = try file.createDataset("layers/dense/vars/0", [Float(1)], shape: [1, 1])
    }
    let error = #expect(throws: LockstepError.self) { try AnyCheckpoint(reading: path) }
    #expect(error?.kind == .badData && error?.remedy?.contains("--initial") == true)
  }
}
