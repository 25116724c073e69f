import HDF5
import Lockstep
import TestSupport
import Testing

@testable import Training

@Suite("Training on normalised samples")
struct NormalizedTrainingTests {
  let folder: TemporaryFolder
  var options: TrainingOptions

  /// Features and targets of very different sizes.
  init() throws {
    folder = try TemporaryFolder()
    let data = DatasetLocation(file: folder.file("d.h5"))
    let random = CounterRandom(seed: 3, purpose: .testing)
    let x = (0..<2000).flatMap { row -> [Double] in
      let numbers = random.uniforms(UInt64(row))
      return [1000 * numbers.0 + 5000, 0.001 * numbers.1]
    }
    try writeFile(data.file) { file in
      _ = try file.createDataset("x", x, shape: [2000, 2])
      let y = (0..<2000).flatMap { row -> [Double] in
        let (first, second) = (x[2 * row], x[2 * row + 1])
        return [3 * first + 1e5 * second, second]
      }
      _ = try file.createDataset("y", y, shape: [2000, 2])
    }
    options = TrainingOptions(data: data)
    options.hidden = [8]
    options.epochs = 20
    options.learningRate(0.01)
    options.normalization = .standard
    options.validationFraction = 0.1
    options.precision = .float64
    options.output = folder.file("m.weights.h5")
    options.replacesOutput = true
  }

  var checkpoint: Checkpoint<Double> {
    get throws {
      guard case .float64(let checkpoint) = try AnyCheckpoint(reading: folder.file("m.weights.h5")) else {
        throw LockstepError(.badData, "", "not float64")
      }
      return checkpoint
    }
  }

  @Test("keeps in the checkpoint what was done to them, measured on the rows that are trained on")
  func keeping() throws {
    _ = try TrainingRun(options).run()
    let kept = try #require(checkpoint.normalization)
    let split = try Split(count: 2000, validationFraction: 0.1, seed: 0)
    let x = try File(opening: options.data.file).openDataset("x").readAll(as: Double.self)
    for column in 0..<2 {
      let values = (0..<2000).filter { !split.isValidation($0) }.map { x[2 * $0 + column] }
      let mean = values.reduce(0, +) / 1800
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1800).squareRoot()
      #expect(abs(kept.x.offsets[column] / mean - 1) <= 1e-12)
      #expect(abs(kept.x.scales[column] * deviation - 1) <= 1e-12)
    }
    #expect(kept.kind == .standard && kept.y?.offsets.count == 2)
  }

  @Test(
    "lets evaluation and prediction speak of the targets as they are",
    arguments: [NormalizationKind.standard, .minmax])
  mutating func undoing(kind: NormalizationKind) throws {
    options.normalization = kind
    let report = try TrainingRun(options).run()
    let predictor = try Predictor(checkpoint: folder.file("m.weights.h5"))
    _ = try predictor.predict(options.data, to: folder.file("p.h5"), source: "")
    let predicted = try File(opening: folder.file("p.h5")).openDataset("y").readAll(as: Double.self)
    let truth = try File(opening: options.data.file).openDataset("y").readAll(as: Double.self)
    let errors = zip(predicted, truth).map { $0 - $1 }
    let evaluation = try predictor.evaluate(options.data)
    let root = (errors.reduce(0) { $0 + $1 * $1 } / 4000).squareRoot()
    #expect(abs(try #require(evaluation.rootMeanSquaredError) / root - 1) <= 1e-9)
    // The loss is that of training: of normalised targets.
    #expect(evaluation.loss < 10 * report.loss)
    #expect(try #require(evaluation.r2) > 0.9)
    // What is compared for charts is as it is in the file, too.
    let comparison = try predictor.compare(options.data, limit: 2000)
    #expect(comparison.targets == truth)
    #expect(zip(comparison.outputs, predicted).allSatisfy { $0 == $1 })
  }

  @Test("ends in the same bits streamed and resumed")
  mutating func sameBits() throws {
    options.shuffle = ShuffleChoice(.blocks, blockRows: 16, windowRows: 128)
    let whole = try TrainingRun(options).run()
    let normalization = try checkpoint.normalization
    options.memoryBudget = 25_000
    options.steps = 33
    _ = try TrainingRun(options).run()
    options.steps = nil
    options.resume = true
    let streamed = try TrainingRun(options).run()
    #expect(streamed.start.isStreamed && !whole.start.isStreamed)
    #expect(streamed.parametersDigest == whole.parametersDigest)
    #expect(streamed.validationLoss?.bitPattern == whole.validationLoss?.bitPattern)
    #expect(try checkpoint.normalization == normalization)
    options.normalization = .minmax
    let error = #expect(throws: LockstepError.self) { try TrainingRun(options).run() }
    #expect(error?.kind == .configuration && error?.problem.contains("--normalize is minmax") == true)
  }

  @Test("leaves classes and probabilities as they are")
  mutating func classes() throws {
    let data = DatasetLocation(file: folder.file("c.h5"))
    try writeFile(data.file) { file in
      _ = try file.createDataset("x", (0..<300).map { Float($0) }, shape: [300, 1])
      _ = try file.createDataset("y", (0..<300).map { Int32($0 / 100) })
    }
    options.data = data
    let report = try TrainingRun(options).run()
    #expect(try checkpoint.normalization?.y == nil && report.start.recipe.network.outputs == 3)
    let evaluation = try Predictor(checkpoint: folder.file("m.weights.h5")).evaluate(data)
    #expect(try #require(evaluation.accuracy) > 0.5)
  }
}

extension TrainingOptions {
  fileprivate mutating func learningRate(_ rate: Double) { optimizer = .adam(Adam(learningRate: rate)) }
}
