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
  private let file: File
  private let x: Dataset

  /// Opens a file and looks at the shape of its features.
  ///
  /// - Throws: ``LockstepError`` if the file or the dataset is missing, unreadable or not a matrix with rows.
  public init(_ location: DatasetLocation) throws(LockstepError) {
    let file = try withHDF5Errors { () throws(HDF5Error) in try File(opening: location.file) }
    let x = try DatasetFile.open(location.x, of: location.file, in: file, option: "--x")
    try DatasetFile.checkFeatures(x.shape, location)
    self.location = location
    rows = x.shape[0]
    features = x.shape[1]
    self.file = file
    self.x = x
  }

  /// What the attributes of the features say about names and units.
  public var descriptions: [(name: String, value: AttributeValue)] { Self.descriptions(of: x) }

  /// What the attributes of the targets say about names and units, if there are targets, of as many columns.
  public func targetDescriptions(columns: Int) -> [(name: String, value: AttributeValue)] {
    // That a file for predictions has no targets is nothing to speak of.
    guard let y = try? file.openDataset(location.y), y.shape.count <= 2,
      (y.shape.count == 2 ? y.shape[1] : 1) == columns
    else { return [] }
    return Self.descriptions(of: y)
  }

  private static func descriptions(of dataset: borrowing Dataset) -> [(name: String, value: AttributeValue)] {
    ["long_name", "units", "column_names"].compactMap { name in
      guard let value = try? dataset.attributeValue(name) else { return nil }
      if case .other = value { return nil }
      return (name, value)
    }
  }

  /// Reads the features of some rows, row-major, and checks that they are finite.
  ///
  /// - Precondition: `values` has `features` numbers for each row.
  public func read<Element: Scalar & HDF5Element>(
    _ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Element>
  ) throws(LockstepError) {
    try withHDF5Errors { () throws(HDF5Error) in try x.read(.rows(rows), into: values) }
    if let position = Elementwise.firstNonFinite(UnsafeBufferPointer(values)) {
      throw LockstepError.notFinite(
        location.xName, row: rows.lowerBound + position / features, column: position % features,
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
