import HDF5
import Kernels
import Primitives

/// The features in a dataset file, open to be read part by part. There need not be targets.
public struct FeatureFile: ~Copyable {
  /// Where the features lie.
  public let location: DatasetLocation
  /// The number of rows.
  public let rows: Int
  /// The number of features of a row.
  public let features: Int
  private let files: DataFiles
  private let x: DatasetRows

  /// Opens a file and looks at the shape of its features.
  ///
  /// - Throws: ``LockstepError`` if the file or the dataset is missing, unreadable or not a matrix with rows.
  public init(_ location: DatasetLocation) throws(LockstepError) {
    let files = try DataFiles(location.file, allowingOthers: location.allowsOtherFiles)
    let x = try files.open(location.x, option: "--x")
    try DatasetFile.checkFeatures(x.stored.dataset.shape, location)
    self.location = location
    rows = x.rows
    features = x.width
    self.files = files
    self.x = x
  }

  /// What the attributes of the features say about names and units.
  public var descriptions: [(name: String, value: AttributeValue)] { Self.descriptions(of: x.stored.dataset) }

  /// What the attributes of the targets say about names and units, if there are targets, of as many columns.
  public func targetDescriptions(columns: Int) -> [(name: String, value: AttributeValue)] {
    // That a file for predictions has no targets is nothing to speak of.
    guard let y = try? files.open(location.y, option: "--y"), y.stored.dataset.shape.count <= 2,
      y.width == columns
    else { return [] }
    return Self.descriptions(of: y.stored.dataset)
  }

  private static func descriptions(of dataset: borrowing Dataset) -> [(name: String, value: AttributeValue)] {
    ["long_name", "units", "column_names"].compactMap { name in
      guard let value = try? dataset.attributeValue(name) else { return nil }
      if case .other = value { return nil }
      return (name, value)
    }
  }

  /// Throws ``LockstepError`` if `output`, which `option` names, is a file that the features are in.
  public func requireOther(than output: String, option: String) throws(LockstepError) {
    try files.requireOther(than: output, option: option)
  }

  /// What reads the features, on one thread at a time.
  public func makeReader() throws(LockstepError) -> FeatureReader {
    FeatureReader(try DatasetReader(x), features: features, name: location.xName)
  }

  /// Throws ``LockstepError`` if a file was written or cut off since it was opened.
  public func requireUnchanged() throws(LockstepError) {
    try withHDF5Errors { () throws(HDF5Error) in
      for file in files.files { try file.requireUnchanged() }
    }
  }
}

/// Reads the features of a ``FeatureFile``, on one thread at a time.
public final class FeatureReader {
  private let reader: DatasetReader
  private let features: Int
  private let name: String

  init(_ reader: DatasetReader, features: Int, name: String) {
    self.reader = reader
    self.features = features
    self.name = name
  }

  /// Reads the features of some rows, row-major, and checks that they are finite.
  ///
  /// - Precondition: `values` has a number for each feature of each row.
  public func read<Element: Scalar & HDF5Element>(
    _ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Element>
  ) throws(LockstepError) {
    try reader.read(rows, into: values)
    if let position = Elementwise.firstNonFinite(UnsafeBufferPointer(values)) {
      throw LockstepError.notFinite(
        name, row: rows.lowerBound + position / features, column: position % features,
        value: values[position])
    }
  }
}

extension LockstepError {
  /// The error about a weight that is negative, NaN or infinite.
  static func notAWeight<Element: Scalar>(_ name: String, row: Int, value: Element) -> LockstepError {
    LockstepError(
      .badData, name, "the weight of row \(row) cannot be used in \(Element.precision.rawValue)",
      found: "\(value)", expected: "a finite number from 0 up",
      remedy: "Repair it, leave such rows out with train --skip-invalid, or all weights with --weights none.")
  }

  /// The error about weights of which none is above zero.
  static func weightsAreZero(_ name: String, rows: Int) -> LockstepError {
    LockstepError(
      .badData, name, "all weights are zero", found: "\(rows) rows that count for nothing",
      remedy: "Write other weights, or give --weights none.")
  }

  /// The error about a number in a dataset that is NaN or infinite.
  static func notFinite<Element: Scalar>(_ name: String, row: Int, column: Int, value: Element)
    -> LockstepError
  {
    LockstepError(
      .badData, name,
      "row \(row), column \(column) is not a finite number in \(Element.precision.rawValue)",
      found: "\(value)",
      remedy:
        "Remove or repair the row. lockstep validate finds all such rows, and train --skip-invalid leaves them out."
    )
  }
}
