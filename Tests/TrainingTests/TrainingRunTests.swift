import Foundation
import HDF5
import Lockstep
import Synchronization
import TestSupport
import Testing

@testable import Training

@Suite("A training run from file to checkpoint")
struct TrainingRunTests {
  let folder: TemporaryFolder
  let data: DatasetLocation
  var options: TrainingOptions

  init() throws {
    folder = try TemporaryFolder()
    data = DatasetLocation(file: folder.file("d.h5"))
    try DatasetWriter<Float>(LinearProblem(seed: 4), rows: 500, format: DatasetFormat(), source: "")
      .write(to: data.file, threads: 1)
    options = TrainingOptions(data: data)
    options.hidden = [6]
    options.batchSize = 32
    options.shards = .count(4)
    options.epochs = 3
    options.validationFraction = 0.2
    options.output = folder.file("m.weights.h5")
    options.replacesOutput = true
  }

  func failure(_ options: TrainingOptions) -> LockstepError? {
    do {
      _ = try TrainingRun(options).run()
      return nil
    } catch {
      return error
    }
  }

  @Test("tells what it does as it does it")
  func events() throws {
    let names = Mutex<[String]>([])
    let report = try TrainingRun(options) { event in
      let name =
        switch event {
        case .started: "started"
        case .threadsChosen: "threads"
        case .epoch(let epoch, _): "epoch \(epoch)"
        case .saved: "saved"
        case .stoppedEarly: "stopped early"
        case .advanced: ""
        }
      names.withLock { if !name.isEmpty { $0.append(name) } }
    }.run()
    let seen = names.withLock { $0.filter { $0 != "threads" } }
    #expect(seen == ["started", "epoch 1", "saved", "epoch 2", "saved", "epoch 3", "saved"])
    #expect(report.start.samples == 400 && report.start.validationSamples == 100)
    #expect(report.progress.globalStep == 39 && report.output == options.output)
    #expect(folder.names == ["d.h5", "m.weights.h5"])
  }

  @Test("goes on from its output to the same bits, and saves where it is asked to")
  func resume() throws {
    let whole = try TrainingRun(options).run()
    var part = options
    part.output = folder.file("p.weights.h5")
    part.resume = true
    part.checkpointSteps = 5
    for steps in [4, 13, 14, 38] {
      part.steps = steps
      part.threads = .count(steps % 3 + 1)
      let report = try TrainingRun(part).run()
      #expect(report.progress.globalStep == steps)
    }
    part.steps = nil
    let report = try TrainingRun(part).run()
    #expect(report.parametersDigest == whole.parametersDigest)
    #expect(report.start.resumedAt?.globalStep == 38)
  }

  @Test("resumed at its end does nothing and leaves the file alone")
  func resumedAtEnd() throws {
    var options = options
    _ = try TrainingRun(options).run()
    let path = try #require(options.output)
    let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    options.resume = true
    let report = try TrainingRun(options).run()
    #expect(report.progress.globalStep == 39)
    let after = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    #expect(before == after)
  }

  @Test("lets a cosine end with the run that was first asked for")
  func cosineSpan() throws {
    var options = options
    options.schedule = Schedule(.cosine(over: 1, to: 1e-5), warmupSteps: 4)
    options.cosineSpansRun = true
    // 13 steps an epoch.
    let report = try TrainingRun(options).run()
    #expect(report.start.recipe.schedule == Schedule(.cosine(over: 35, to: 1e-5), warmupSteps: 4))
    #expect(report.learningRate == report.start.recipe.learningRate(step: 39) && report.learningRate < 1e-4)
    options.resume = true
    options.epochs = 4
    let longer = try TrainingRun(options).run()
    #expect(longer.start.recipe.schedule.decaySteps == 35 && longer.learningRate == 1e-5)
    options.resume = false
    options.steps = 20
    #expect(try TrainingRun(options).run().start.recipe.schedule.decaySteps == 16)
    options.schedule.warmupSteps = 50
    #expect(try TrainingRun(options).run().start.recipe.schedule.decaySteps == 1)
    options.cosineSpansRun = false
    #expect(try TrainingRun(options).run().start.recipe.schedule == options.schedule)
  }

  @Test("goes on for longer than was first asked for")
  func longer() throws {
    var options = options
    _ = try TrainingRun(options).run()
    options.resume = true
    options.epochs = 5
    let resumed = try TrainingRun(options).run()
    options.resume = false
    options.output = folder.file("o.weights.h5")
    #expect(try TrainingRun(options).run().parametersDigest == resumed.parametersDigest)
  }

  @Test("refuses to go on with another configuration, naming the option")
  func otherConfiguration() throws {
    var options = options
    _ = try TrainingRun(options).run()
    options.resume = true
    options.batchSize = 16
    options.seed = 1
    let error = failure(options)
    #expect(error?.kind == .configuration)
    #expect(error?.problem.contains("--batch-size is 16, in the checkpoint 32") == true)
    #expect(error?.problem.contains("--seed is 1, in the checkpoint 0") == true)
    options.precision = .float64
    #expect(failure(options)?.kind == .configuration)
  }

  @Test("refuses to go on with other data")
  func otherData() throws {
    var options = options
    _ = try TrainingRun(options).run()
    options.resume = true
    let other = DatasetLocation(file: folder.file("other.h5"))
    try DatasetWriter<Float>(LinearProblem(seed: 5), rows: 500, format: DatasetFormat(), source: "")
      .write(to: other.file, threads: 1)
    options.data = other
    #expect(failure(options)?.kind == .badData)
    let wide = DatasetLocation(file: folder.file("wide.h5"))
    try DatasetWriter<Float>(
      LinearProblem(coefficients: [1, 2, 3]), rows: 500, format: DatasetFormat(), source: ""
    ).write(to: wide.file, threads: 1)
    options.data = wide
    let error = failure(options)
    #expect(error?.kind == .badData && error?.problem == "the checkpoint's shapes do not fit the data")
  }

  @Test("refuses to go on with another validation file")
  func otherValidation() throws {
    var options = options
    options.validationFraction = 0
    options.validation = data
    _ = try TrainingRun(options).run()
    options.resume = true
    #expect(failure(options) == nil)
    let other = DatasetLocation(file: folder.file("other.h5"))
    try DatasetWriter<Float>(LinearProblem(seed: 5), rows: 500, format: DatasetFormat(), source: "")
      .write(to: other.file, threads: 1)
    options.validation = other
    let error = failure(options)
    #expect(error?.kind == .configuration && error?.problem.contains("--validation is ") == true)
  }

  @Test("keeps the last checkpoint when it diverges")
  func divergence() throws {
    var options = options
    _ = try TrainingRun(options).run()
    let path = try #require(options.output)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    options.optimizer = .sgd(SGD(learningRate: 1e20))
    let error = failure(options)
    #expect(error?.kind == .diverged && error?.subject == data.file)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test("saves when asked to stop")
  func stop() throws {
    let stop = StopRequest()
    stop.make()
    let report = try TrainingRun(options, stop: stop).run()
    #expect(report.wasStopped && report.progress.globalStep == 1)
    #expect(try FileInspection(try #require(options.output)).checkpoint?.progress.globalStep == 1)
  }

  @Test("starts from the parameters of a file")
  func initial() throws {
    var options = options
    _ = try TrainingRun(options).run()
    let start = try #require(options.output)
    options.initial = start
    options.output = folder.file("n.weights.h5")
    options.steps = 1
    options.optimizer = .sgd(SGD(learningRate: 1e-12))
    _ = try TrainingRun(options).run()
    guard case .float32(let a) = try AnyCheckpoint(reading: start),
      case .float32(let b) = try AnyCheckpoint(reading: folder.file("n.weights.h5"))
    else {
      Issue.record("not float32")
      return
    }
    #expect(zip(a.parameters, b.parameters).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(b.recipe.initialParameters == a.parametersDigest.description)
  }

  @Test("replaces what is there only when told to, and never the samples")
  func replacement() throws {
    var options = options
    options.replacesOutput = false
    _ = try TrainingRun(options).run()
    let again = failure(options)
    #expect(again?.kind == .cannotCreate && again?.remedy?.contains("--resume") == true)
    options.replacesOutput = true
    #expect(failure(options) == nil)
    let before = try Data(contentsOf: URL(fileURLWithPath: data.file))
    let link = folder.file("link.weights.h5")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: data.file)
    for output in [data.file, link] {
      options.output = output
      #expect(failure(options)?.kind == .cannotCreate)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: data.file)) == before)
  }

  @Test("says that parameters are not finite also where nothing is saved")
  func divergedWithoutOutput() throws {
    var options = options
    options.output = nil
    options.hidden = []
    options.validationFraction = 0
    options.optimizer = .sgd(SGD(learningRate: 3e38))
    options.steps = 1
    #expect(failure(options)?.kind == .diverged)
  }

  @Test("takes a minibatch to be all rows at most")
  func hugeBatch() throws {
    var options = options
    options.batchSize = 1 << 40
    options.shards = .automatic
    let report = try TrainingRun(options).run()
    #expect(report.start.recipe.batchSize == 400 && report.start.stepsPerEpoch == 1)
  }

  @Test("asks what integers are meant to be if there are more classes than rows")
  func manyClasses() throws {
    var options = options
    options.data = DatasetLocation(file: folder.file("prices.h5"))
    try writeFile(options.data.file) { file in
      _ = try file.createDataset("x", [Float](repeating: 1, count: 50), shape: [50, 1])
      _ = try file.createDataset("y", (0..<50).map { Int64($0 * 1000) })
    }
    let error = failure(options)
    #expect(error?.kind == .badData && error?.remedy?.contains("--loss mse") == true)
    options.loss = .meanSquaredError
    options.optimizer = .adam(Adam())
    #expect(failure(options) == nil)
  }

  @Test("claims its output for itself, by whatever name")
  func claim() throws {
    let path = try #require(options.output)
    let claim = try OutputClaim(path)
    #expect(failure(options)?.kind == .tryAgain)
    let link = folder.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
    var linked = options
    linked.output = "\(link)/m.weights.h5"
    #expect(failure(linked)?.kind == .tryAgain)
    claim.release()
    #expect(failure(options) == nil)
  }
}

@Suite("Prediction")
struct PredictorTests {
  @Test("writes for every row what the network gives, whatever the number of threads")
  func predictions() throws {
    let folder = try TemporaryFolder()
    let data = DatasetLocation(file: folder.file("d.h5"))
    try DatasetWriter<Float>(LinearProblem(), rows: 3000, format: DatasetFormat(), source: "")
      .write(to: data.file, threads: 1)
    var options = TrainingOptions(data: data)
    options.epochs = 2
    options.output = folder.file("m.weights.h5")
    _ = try TrainingRun(options).run()
    guard case .float32(let checkpoint) = try AnyCheckpoint(reading: folder.file("m.weights.h5")) else {
      Issue.record("not float32")
      return
    }
    for threads in [1, 3] {
      let output = folder.file("p\(threads).h5")
      let predictor = try Predictor(checkpoint: folder.file("m.weights.h5"), threads: .count(threads))
      #expect(try predictor.predict(data, to: output, includingFeatures: true, source: "test") == 3000)
      let file = try File(opening: output)
      let x: [Float] = try file.openDataset("x").readAll()
      let y: [Float] = try file.openDataset("y").readAll()
      let w = checkpoint.parameters
      #expect(x == (LinearProblem().samples(3000) as Samples<Float>).x.array)
      // From the bias on, one product after the other; the compiled loops fuse it with its addition.
      let isFused = KernelVariant.current != nil
      func sum(_ start: Float, _ a: Float, _ b: Float) -> Float {
        isFused ? start.addingProduct(a, b) : start + a * b
      }
      #expect((0..<3000).allSatisfy { y[$0] == sum(sum(w[2], x[2 * $0], w[0]), x[2 * $0 + 1], w[1]) })
    }
  }
}
