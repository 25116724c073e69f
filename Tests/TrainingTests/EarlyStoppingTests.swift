import Foundation
import HDF5
import Lockstep
import Synchronization
import TestSupport
import Testing

@testable import Training

@Suite("Early stopping")
struct EarlyStoppingTests {
  /// A trainer whose validation loss is best after the first epoch: what it learns is the opposite of what it is asked.
  private func trainer(patience: Int?) throws -> Trainer<Float> {
    let x: [Float] = (0..<40).map { Float($0) / 40 }
    let trainer = try Trainer<Float>(
      recipe: Recipe(
        network: MLP(inputs: 1, hidden: [3], outputs: 1), loss: .meanSquaredError,
        optimizer: Optimizer(.adam), batchSize: 7),
      samples: Samples(x: x, features: 1, y: x.map { 1 + $0 }),
      validation: Samples(x: x, features: 1, y: x.map { -1 - $0 }), threads: .count(2))
    trainer.patience = patience
    return trainer
  }

  @Test("ends so many epochs after the best one")
  func ends() throws {
    let trainer = try trainer(patience: 3)
    try trainer.train(epochs: 50)
    #expect(trainer.progress.epoch == 4 && trainer.progress.best?.epoch == 1 && trainer.isOutOfPatience)
    let losses = trainer.history.map(\.validationLoss)
    #expect(losses.dropFirst().allSatisfy { $0 > losses[0] })
    // Nothing is left to do.
    try trainer.train(epochs: 50)
    #expect(trainer.progress.epoch == 4)
  }

  @Test("keeps the parameters of the best epoch for use, and the last ones to go on from")
  func keepsTheBest() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.weights.h5")
    let trainer = try trainer(patience: 3)
    var first: [Float] = []
    try trainer.train(epochs: 50) { epoch, _ in if epoch == 1 { first = trainer.parameters } }
    let checkpoint = try trainer.checkpoint()
    #expect(checkpoint.modelParameters == first && checkpoint.bestParameters == first)
    #expect(checkpoint.parameters == trainer.parameters && checkpoint.parameters != first)
    #expect(trainer.parametersDigest == checkpoint.parametersDigest)
    try checkpoint.write(to: path)
    let file = try File(opening: path)
    let read: [Float] = try KerasWeights.read(for: trainer.recipe.network, from: file)
    #expect(read == first)
    #expect(try file.openGroup("/lockstep/progress").attribute("patience") == 3)
    guard case .float32(let again) = try AnyCheckpoint(reading: path) else {
      Issue.record("not float32")
      return
    }
    #expect(again.patience == 3 && again.modelParameters == first)
    #expect(again.parameters == trainer.parameters && again.bestParameters == first)
    #expect(try FileInspection(path).checkpoint?.parametersDigest == checkpoint.parametersDigest)
  }

  @Test("can be put off, to the bits of a run that was more patient from the start")
  func putOff() throws {
    let short = try trainer(patience: 2)
    try short.train(epochs: 50)
    let resumed = try Trainer(
      resuming: short.checkpoint(), samples: short.samples, validation: short.validation,
      threads: .count(1))
    #expect(resumed.patience == 2 && resumed.isOutOfPatience)
    resumed.patience = 5
    try resumed.train(epochs: 50)
    let patient = try trainer(patience: 5)
    try patient.train(epochs: 50)
    #expect(resumed.progress == patient.progress && resumed.progress.epoch == 6)
    #expect(Bits(resumed) == Bits(patient))
  }

  @Test("leaves a run that gets better alone")
  func better() throws {
    let samples: Samples<Float> = Fixture.samples()
    let trainer = try Trainer<Float>(
      recipe: Fixture.recipe(), samples: samples, validation: samples, threads: .count(1))
    trainer.patience = 1
    try trainer.train(epochs: 5)
    #expect(trainer.progress.epoch == 5 && !trainer.isOutOfPatience)
    #expect(try trainer.checkpoint().modelParameters == trainer.parameters)
  }

  @Test("gives up on a validation loss that is never a number")
  func notANumber() throws {
    let x: [Float] = [1, 2, 3]
    let trainer = try Trainer<Float>(
      recipe: Recipe(
        network: MLP(inputs: 1, hidden: [], outputs: 1), loss: .meanSquaredError,
        optimizer: Optimizer(.sgd), batchSize: 3),
      samples: Samples(x: x, features: 1, y: x),
      validation: Samples(x: [.nan], features: 1, y: [1]), threads: .count(1))
    trainer.patience = 2
    try trainer.train(epochs: 9)
    #expect(trainer.progress.epoch == 2 && trainer.progress.best == nil)
    #expect(try trainer.checkpoint().modelParameters == trainer.parameters)
  }
}

@Suite("A training run that stops early")
struct EarlyStoppingRunTests {
  let folder: TemporaryFolder
  let validation: DatasetLocation
  var options: TrainingOptions

  init() throws {
    folder = try TemporaryFolder()
    let data = DatasetLocation(file: folder.file("d.h5"))
    validation = DatasetLocation(file: folder.file("v.h5"))
    for (sign, location) in [(1.0, data), (-1, validation)] {
      let problem = LinearProblem(coefficients: [3 * sign, 2 * sign])
      try DatasetWriter<Float>(problem, rows: 200, format: DatasetFormat(), source: "")
        .write(to: location.file, threads: 1)
    }
    options = TrainingOptions(data: data)
    options.validation = validation
    options.hidden = [4]
    options.batchSize = 32
    options.epochs = 50
    options.earlyStopping = 2
    options.output = folder.file("m.weights.h5")
  }

  private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test("says so, and leaves a model that is the best one")
  func stops() throws {
    let report = try TrainingRun(options).run()
    #expect(report.stoppedEarly && !report.wasStopped && report.progress.epoch == 3)
    let path = try #require(options.output)
    let evaluation = try Predictor(checkpoint: path).evaluate(validation)
    #expect(evaluation.loss == report.progress.best?.value)
    #expect(try FileInspection(path).checkpoint?.parametersDigest == report.parametersDigest)
  }

  @Test("is complete when it is resumed, and leaves the file alone")
  func complete() throws {
    var options = options
    _ = try TrainingRun(options).run()
    let path = try #require(options.output)
    let before = try contents(path)
    options.resume = true
    let events = Mutex(0)
    let report = try TrainingRun(options) { event in
      if case .stoppedEarly(let progress) = event {
        events.withLock { $0 += 1 }
        #expect(progress.epochsSinceBest == 2)
      }
    }.run()
    #expect(events.withLock { $0 } == 1)
    #expect(report.stoppedEarly && report.progress.epoch == 3)
    #expect(try contents(path) == before)
  }

  @Test("goes on with more patience to the same bits, and without any to the last parameters")
  func goesOn() throws {
    var options = options
    _ = try TrainingRun(options).run()
    options.resume = true
    options.earlyStopping = 4
    let resumed = try TrainingRun(options).run()
    #expect(resumed.stoppedEarly && resumed.progress.epoch == 5)
    options.resume = false
    options.output = folder.file("o.weights.h5")
    let whole = try TrainingRun(options).run()
    #expect(whole.parametersDigest == resumed.parametersDigest && whole.progress == resumed.progress)

    options.earlyStopping = nil
    options.resume = true
    options.epochs = 5
    let last = try TrainingRun(options).run()
    #expect(!last.stoppedEarly && last.progress.epoch == 5 && last.parametersDigest != whole.parametersDigest)
    let file = try File(opening: folder.file("o.weights.h5"))
    #expect(try !file.exists("/lockstep/last") && file.exists("/lockstep/best"))
  }

  @Test("needs something to watch, and patience")
  func usage() {
    var options = options
    options.earlyStopping = 0
    #expect(throws: LockstepError.self) { try TrainingRun(options).run() }
    options.earlyStopping = 1
    options.validation = nil
    let error = #expect(throws: LockstepError.self) { try TrainingRun(options).run() }
    #expect(error?.kind == .usage && error?.subject == "--early-stopping")
    #expect(folder.names == ["d.h5", "v.h5"])
  }
}
