import Datasets
import HDF5
import Primitives
import TestSupport
import Testing

@Suite("Reading samples")
struct SamplesLoaderTests {
  let folder: TemporaryFolder
  let location: DatasetLocation

  init() throws {
    folder = try TemporaryFolder()
    location = DatasetLocation(file: folder.file("d.h5"))
  }

  func write(x: [Double], shape: [Int], y: [Double], yShape: [Int]? = nil) throws {
    try writeFile(location.file) { file in
      _ = try file.createDataset("x", x, shape: shape)
      _ = try file.createDataset("y", y, shape: yShape)
    }
  }

  func load<Element: Scalar & HDF5Element>(
    _ role: TargetRole = .values, split: Split? = nil, as type: Element.Type = Element.self
  ) throws -> LoadedSamples<Element> {
    // Also by several threads at a time.
    try SamplesLoader<Element>(FileRows(try DatasetFile(location), role: role), split: split, threads: 3)
      .load()
  }

  /// What goes wrong when the file is read.
  func failure(_ role: TargetRole = .values) -> LockstepError? {
    do {
      let _: LoadedSamples<Float> = try load(role)
      return nil
    } catch {
      return error as? LockstepError
    }
  }

  @Test("gives the numbers of the file, whatever their type there")
  func numbers() throws {
    try writeFile(location.file) { file in
      _ = try file.createDataset("x", [Int16]([1, 2, 3, 4, 5, 6]), shape: [3, 2])
      _ = try file.createDataset("y", [7.5, 8.5, 9.5])
    }
    let loaded: LoadedSamples<Float> = try load()
    #expect(loaded.training?.x.array == [1, 2, 3, 4, 5, 6])
    guard case .values(let y, let columns) = loaded.training?.targets else {
      Issue.record("not values")
      return
    }
    #expect(y.array == [7.5, 8.5, 9.5] && columns == 1)
  }

  @Test("reads classes from integers of any width, and from whole floating-point numbers")
  func labels() throws {
    func check() throws {
      let loaded: LoadedSamples<Float> = try load(.labels)
      guard case .labels(let y, let classes) = loaded.training?.targets else {
        Issue.record("not labels")
        return
      }
      #expect(y.array == [0, 4, 2] && classes == 5)
    }
    for write in [
      { file in _ = try file.createDataset("y", [UInt8]([0, 4, 2])) },
      { file in _ = try file.createDataset("y", [Int64]([0, 4, 2])) },
      { file in _ = try file.createDataset("y", [UInt64]([0, 4, 2]), shape: [3, 1]) },
      { file in _ = try file.createDataset("y", [0.0, 4, 2]) },
    ] as [(borrowing File) throws -> Void] {
      let path = location.file
      let file = try File(creating: path, options: File.CreationOptions(overwrite: true))
      _ = try file.createDataset("x", [1.0, 2, 3], shape: [3, 1])
      try write(file)
      try file.close()
      try check()
    }
  }

  @Test(
    "refuses what is no class, naming the row",
    arguments: [(-1.0, "-1.0"), (0.5, "0.5"), (.nan, "nan"), (3e9, "3000000000.0")])
  func badLabels(value: Double, text: String) throws {
    try write(x: [1, 2, 3], shape: [3, 1], y: [0, value, 1])
    let error = failure(.labels)
    #expect(error?.kind == .badData)
    #expect(error?.subject == location.yName)
    #expect(error?.problem == "row 1 is not a class")
    #expect(error?.found == text)
  }

  @Test(
    "refuses numbers that are not finite, naming row and column", arguments: [Double.nan, .infinity, 1e300])
  func notFinite(value: Double) throws {
    var x = [Double](repeating: 1, count: 600_000)
    x[399_999] = value
    try write(x: x, shape: [200_000, 3], y: [Double](repeating: 0, count: 200_000))
    let error = failure()
    #expect(error?.kind == .badData)
    #expect(error?.subject == location.xName)
    #expect(error?.problem == "row 133333, column 0 is not a finite number in float32")
  }

  @Test("refuses shapes that do not agree")
  func shapes() throws {
    try write(x: [1, 2, 3, 4], shape: [2, 2], y: [1, 2, 3])
    #expect(failure()?.description.contains("different numbers of rows (found 2 and 3") == true)
  }

  @Test("refuses a vector of features, no rows and no columns")
  func degenerate() throws {
    for (shape, yShape, problem) in [
      ([4], [4], "the features must be a matrix"), ([0, 2], [0], "there are no rows"),
      ([3, 0], [3], "there are no columns"),
    ] {
      let folder = try TemporaryFolder()
      let location = DatasetLocation(file: folder.file("d.h5"))
      try writeFile(location.file) { file in
        _ = try file.createDataset("x", [Float](repeating: 1, count: shape.reduce(1, *)), shape: shape)
        _ = try file.createDataset("y", [Float](repeating: 1, count: yShape.reduce(1, *)), shape: yShape)
      }
      let error = #expect(throws: LockstepError.self) { _ = try DatasetFile(location).rows }
      #expect(error?.problem == problem)
    }
  }

  @Test("names what there is when a dataset is missing")
  func missing() throws {
    try writeFile(location.file) { file in
      _ = try file.createDataset("images", [1.0, 2], shape: [2, 1])
      _ = try file.createDataset("labels", [1.0, 2])
    }
    let text = failure()?.description ?? ""
    #expect(text.contains("images") && text.contains("labels") && text.contains("--x"))
  }

  @Test("deals rows out as the split says, in order, and digests them all")
  func split() throws {
    let rows = 1000
    try write(
      x: (0..<rows).map(Double.init), shape: [rows, 1], y: (0..<rows).map { Double($0) * 2 })
    let split = try Split(count: rows, validationFraction: 0.3, seed: 6)
    let parted: LoadedSamples<Double> = try load(split: split)
    let whole: LoadedSamples<Double> = try load()
    #expect(parted.digest == whole.digest)
    #expect(parted.training?.x.array == (0..<rows).filter { !split.isValidation($0) }.map(Double.init))
    #expect(parted.validation?.x.array == (0..<rows).filter { split.isValidation($0) }.map(Double.init))
  }

  @Test("leaves the rows where they are if it is told so, and says the same about them")
  func looking() throws {
    let rows = 1000
    try write(x: (0..<rows).map(Double.init), shape: [rows, 1], y: (0..<rows).map { Double($0 % 7) })
    let split = try Split(count: rows, validationFraction: 0.3, seed: 6)
    let source = try FileRows<Float>(try DatasetFile(location), role: .labels)
    let held = try SamplesLoader(source, split: split).load()
    let left = try SamplesLoader(source, split: split, keepsTraining: false).load()
    #expect(left.training == nil && left.digest == held.digest && left.outputs == 7 && held.outputs == 7)
    #expect(left.validation?.x.array == held.validation?.x.array)
  }

  @Test("digests tell apart data that differ in one bit")
  func digest() throws {
    try write(x: [1, 2], shape: [2, 1], y: [3, 4])
    let first: LoadedSamples<Double> = try load()
    let folder = try TemporaryFolder()
    let other = DatasetLocation(file: folder.file("d.h5"))
    try writeFile(other.file) { file in
      _ = try file.createDataset("x", [1, 2.0.nextUp], shape: [2, 1])
      _ = try file.createDataset("y", [3.0, 4])
    }
    let second = try SamplesLoader<Double>(FileRows(try DatasetFile(other), role: .values)).load()
    #expect(first.digest != second.digest)
  }
}
