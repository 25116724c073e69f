import HDF5
import Primitives

/// A dataset file that is open for reading, its shapes known to agree.
public struct DatasetFile: ~Copyable {
  /// Where the samples lie.
  public let location: DatasetLocation
  /// The number of samples.
  public let rows: Int
  /// The number of features of a sample.
  public let features: Int
  /// The number of targets of a sample.
  public let targets: Int
  /// Whether the targets are stored as integers, and so are classes unless the loss says otherwise.
  public let hasIntegerTargets: Bool
  let files: DataFiles
  let x: DatasetRows
  let y: DatasetRows
  let weights: DatasetRows?

  /// Opens a file and checks the shapes of its datasets; `byLibrary`, to be read by libhdf5's own way alone.
  ///
  /// - Throws: ``LockstepError`` if the file or a dataset is missing or unreadable, or if the shapes do not agree.
  public init(_ location: DatasetLocation, byLibrary: Bool = false) throws(LockstepError) {
    let files = try DataFiles(
      location.file, allowingOthers: location.allowsOtherFiles, byLibrary: byLibrary)
    let x = try files.open(location.x, option: "--x")
    let y = try files.open(location.y, option: "--y")
    try Self.checkShapes(x.stored.dataset.shape, y.stored.dataset.shape, location)
    weights = try Self.openWeights(location, rows: x.rows, in: files)
    self.location = location
    rows = x.rows
    features = x.width
    targets = y.width
    if case .integer = y.stored.dataset.type { hasIntegerTargets = true } else { hasIntegerTargets = false }
    self.files = files
    self.x = x
    self.y = y
  }

  /// The weights of rows, if there are any: a vector of numbers.
  private static func openWeights(_ location: DatasetLocation, rows: Int, in files: DataFiles)
    throws(LockstepError) -> DatasetRows?
  {
    guard let path = try location.existingWeights(in: files) else { return nil }
    let weights = try files.open(path, option: "--weights")
    guard weights.stored.dataset.shape == [rows] else {
      throw LockstepError(
        .badData, "\(location.file):\(path)", "the weights must be one number a row",
        found: "shape \(weights.stored.dataset.shape)", expected: "[\(rows)]",
        remedy: "Write a vector of weights, name another dataset with --weights, or give --weights none.")
    }
    return weights
  }

  private static func checkShapes(_ x: [Int], _ y: [Int], _ location: DatasetLocation) throws(LockstepError) {
    try checkFeatures(x, location)
    guard y.count == 1 || y.count == 2 else {
      throw LockstepError(
        .badData, location.yName, "the targets must be a vector or a matrix", found: "shape \(y)",
        expected: "[rows] or [rows, targets]",
        remedy: "Write one row a sample, or name another dataset with --y.")
    }
    guard x[0] == y[0] else {
      throw LockstepError(
        .badData, location.file, "\(location.x) and \(location.y) have different numbers of rows",
        found: "\(x[0]) and \(y[0])", expected: "the same",
        remedy: "Write one target for each row of features.")
    }
    guard y.count == 1 || y[1] > 0 else {
      throw LockstepError(
        .badData, location.yName, "there are no columns", found: "shape \(y)",
        remedy: "Write at least one target a row.")
    }
  }

  /// Throws if `x` is not the shape of a matrix with rows and columns.
  static func checkFeatures(_ x: [Int], _ location: DatasetLocation) throws(LockstepError) {
    guard x.count == 2 else {
      throw LockstepError(
        .badData, location.xName, "the features must be a matrix", found: "shape \(x)",
        expected: "[rows, features]", remedy: "Write one row a sample, or name another dataset with --x.")
    }
    guard x[0] > 0, x[1] > 0 else {
      throw LockstepError(
        .badData, location.xName, "there are no \(x[0] > 0 ? "columns" : "rows")", found: "shape \(x)",
        remedy: "Write at least one sample of at least one feature.")
    }
  }

  /// Opens one dataset of numbers; `option` is how another one is named, if it can be. With `locatingOthers`, its data may be in other files.
  static func open(
    _ path: String, of name: String, in file: borrowing File, option: String?, locatingOthers: Bool = false
  ) throws(LockstepError) -> Dataset {
    let dataset: Dataset
    do throws(HDF5Error) {
      dataset = locatingOthers ? try file.openDataset(locating: path) : try file.openDataset(path)
    } catch {
      var failure = LockstepError(error)
      if error.kind == .notFound {
        failure.remedy = [failure.remedy, option.map { "Name the dataset with \($0) PATH." }]
          .compactMap { $0 }.joined(separator: " ")
      }
      if error.otherFile != nil {
        failure.remedy = "Give --allow-other-files if that is meant to be, or copy the data into one file."
      }
      throw failure
    }
    switch dataset.type {
    case .float, .integer: return dataset
    case .string, .other:
      throw LockstepError(
        .badData, "\(name):\(path)", "the elements are not numbers", found: "\(dataset.type)",
        expected: "floating-point numbers or integers",
        remedy: option.map { "Name another dataset with \($0)." } ?? "Write them as numbers.")
    }
  }
}

extension DatasetLocation {
  /// The path of the weights in `file`, which is open: nil if there are none, and none were asked for by name.
  func existingWeights(in files: DataFiles) throws(LockstepError) -> String? {
    guard weights == .automatic, let path = weightPath else { return weightPath }
    // Who learns what is called weight has other weights than these, or none.
    guard path != x, path != y else { return nil }
    return try files.exists(path) ? path : nil
  }
}
