import HDF5
import Lockstep
import TestSupport
import Testing

@testable import Training

@Suite("Training on some of the features")
struct SelectedFeaturesTests {
  let folder: TemporaryFolder
  let all: DatasetLocation
  let some: DatasetLocation

  /// A file of four features, and one that has two of them, the other way round.
  init() throws {
    folder = try TemporaryFolder()
    all = DatasetLocation(file: folder.file("all.h5"))
    some = DatasetLocation(file: folder.file("some.h5"))
    let random = CounterRandom(seed: 5, purpose: .testing)
    let x: [Double] = (0..<4000).flatMap { index -> [Double] in
      let numbers = random.uniforms(UInt64(index))
      return [numbers.0, numbers.1]
    }
    let two: [Double] = (0..<2000).flatMap { row -> [Double] in [x[4 * row + 3], x[4 * row + 1]] }
    let y: [Double] = (0..<2000).map { row -> Double in 2 * two[2 * row] - two[2 * row + 1] }
    try writeFile(all.file) { file in
      let dataset = try file.createDataset("x", x, shape: [2000, 4])
      try dataset.setAttribute("column_names", ["a", "b", "c", "d"])
      try dataset.setAttribute("units", "m")
      let targets = try file.createDataset("y", y)
      try targets.setAttribute("units", "kg")
    }
    try writeFile(some.file) { file in
      _ = try file.createDataset("x", two, shape: [2000, 2])
      _ = try file.createDataset("y", y)
    }
  }

  func options(_ data: DatasetLocation, _ features: [String]?) -> TrainingOptions {
    var options = TrainingOptions(data: data)
    options.features = features
    options.hidden = [5]
    options.epochs = 3
    options.normalization = .standard
    options.validationFraction = 0.1
    options.shuffle = ShuffleChoice(.blocks, blockRows: 16, windowRows: 128)
    options.output = folder.file("m.weights.h5")
    options.replacesOutput = true
    return options
  }

  @Test("is training on a file that has only these, streamed or not")
  func sameBits() throws {
    let expected = try TrainingRun(options(some, nil)).run()
    var chosen = options(all, ["d", "1"])
    for budget in [nil, 15_000] {
      chosen.memoryBudget = budget
      let report = try TrainingRun(chosen).run()
      #expect(
        report.parametersDigest == expected.parametersDigest && report.start.isStreamed == (budget != nil))
      #expect(report.validationLoss?.bitPattern == expected.validationLoss?.bitPattern)
    }
  }

  @Test("is remembered by the checkpoint: evaluation and prediction take the same features")
  func remembering() throws {
    _ = try TrainingRun(options(some, nil)).run()
    let expected = try Predictor(checkpoint: folder.file("m.weights.h5")).evaluate(some)
    _ = try TrainingRun(options(all, ["3", "b"])).run()
    let predictor = try Predictor(checkpoint: folder.file("m.weights.h5"))
    #expect(predictor.recipe.features?.columns == [3, 1])
    #expect(try predictor.evaluate(all) == expected)
    _ = try predictor.predict(all, to: folder.file("p.h5"), includingFeatures: true, source: "")
    let file = try File(opening: folder.file("p.h5"))
    let comparison = try predictor.compare(all, limit: 2000)
    #expect(try file.openDataset("y").readAll(as: Float.self).map { Double($0) } == comparison.outputs)
    // All features are there, with their names and units.
    let x = try file.openDataset("x")
    #expect(x.shape == [2000, 4])
    #expect(try x.attribute("column_names", as: [String].self) == ["a", "b", "c", "d"])
    #expect(try x.attribute("units", as: String.self) == "m")
    #expect(try file.openDataset("y").attribute("units", as: String.self) == "kg")
    let error = #expect(throws: LockstepError.self) { try predictor.evaluate(some) }
    #expect(error?.kind == .badData && error?.found == "2 a row")
  }

  @Test("goes on with the same features only")
  func resuming() throws {
    var chosen = options(all, ["3", "1"])
    _ = try TrainingRun(chosen).run()
    chosen.resume = true
    chosen.features = ["1", "3"]
    let error = #expect(throws: LockstepError.self) { try TrainingRun(chosen).run() }
    #expect(
      error?.kind == .configuration
        && error?.problem.contains("--features is 1,3, in the checkpoint 3,1") == true)
  }

  @Test("names the column of the file where a number is not finite")
  func badNumbers() throws {
    let bad = DatasetLocation(file: folder.file("bad.h5"))
    try writeFile(bad.file) { file in
      _ = try file.createDataset("x", [1, 2, 3, 4, 5, Double.nan], shape: [2, 3])
      _ = try file.createDataset("y", [1.0, 2])
    }
    var chosen = options(bad, ["2", "0"])
    chosen.validationFraction = 0
    let error = #expect(throws: LockstepError.self) { try TrainingRun(chosen).run() }
    #expect(error?.problem.hasPrefix("row 1, column 2 is not a finite number") == true)
  }
}
