import HDF5
import Primitives

/// An array of numbers in a file, of which rows can be read in any order. Further dimensions make one row.
protocol NumericArray: AnyObject {
  /// What messages call it.
  var name: String { get }
  /// The first dimension.
  var rows: Int { get }
  /// The product of the other dimensions.
  var width: Int { get }
  /// The type of the stored numbers: a float or an integer.
  var type: ElementType { get }
  /// The rows that are stored, and have to be unpacked, together; 1 if any can be read by themselves.
  var chunkRows: Int { get }

  /// Reads rows, row-major; whole numbers beyond 2^53 are rounded.
  ///
  /// - Precondition: `values` has `width` numbers for each row.
  func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Double>) throws(LockstepError)
}

extension NumericArray {
  var chunkRows: Int { 1 }

  /// The smallest precision that holds all numbers of the stored type, or most in the case of 64-bit integers.
  var precision: Precision {
    switch type {
    case .float(let bits): bits <= 32 ? .float32 : .float64
    case .integer(let bits, _): bits <= 16 ? .float32 : .float64
    case .string, .other: .float64
    }
  }
}

/// A shape as rows of numbers, or nil if it has none.
///
/// - Throws: ``LockstepError`` if there are no rows or columns.
func rowsAndWidth(_ shape: [Int], name: String) throws(LockstepError) -> (rows: Int, width: Int) {
  var width = 1
  for dimension in shape.dropFirst() {
    let (product, overflow) = width.multipliedReportingOverflow(by: dimension)
    width = overflow ? 0 : product
  }
  guard let rows = shape.first, rows > 0, width > 0 else {
    throw LockstepError(
      .badData, name, shape.isEmpty ? "this is a single number" : "there are no rows or no columns",
      found: "shape \(shape)", expected: "[rows] or [rows, columns]", remedy: "Write one row a sample.")
  }
  return (rows, width)
}

/// A dataset of an HDF5 file.
final class HDF5Array: NumericArray {
  let name: String
  let rows: Int
  let width: Int
  let type: ElementType
  private let stored: DatasetRows
  private let reader: DatasetReader

  var chunkRows: Int { stored.rowsPerChunk.map { min(rows, $0) } ?? libraryChunkRows }

  /// The rows of chunks that are left to libhdf5.
  private var libraryChunkRows: Int {
    if case .chunked(let chunk) = stored.stored.dataset.layout { return min(rows, chunk[0]) }
    return 1
  }

  /// Opens the dataset at `path`; `option` is how another one is named.
  init(_ files: DataFiles, _ path: String, option: String) throws(LockstepError) {
    let path = path.hasPrefix("/") ? path : "/" + path
    stored = try files.open(path, option: option)
    name = "\(files.path):\(path)"
    type = stored.stored.dataset.type
    (rows, width) = try rowsAndWidth(stored.stored.dataset.shape, name: name)
    reader = try DatasetReader(stored)
  }

  func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Double>) throws(LockstepError) {
    try reader.read(rows, into: values)
  }

  /// The dataset's attributes that can be carried over, and what to say about the others.
  func attributes() throws(LockstepError) -> CarriedAttributes {
    try withHDF5Errors { () throws(HDF5Error) in try CarriedAttributes(of: stored.stored.dataset, name: name)
    }
  }
}

/// Attributes to be written into another file.
struct CarriedAttributes {
  /// Those that can be written, by name.
  var values: [String: AttributeValue] = [:]
  /// What is said about the others.
  var notes: [String] = []

  /// What dimension scales and netCDF keep for themselves, which means nothing without the objects it refers to.
  private static let structural: Set<String> = [
    "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates",
    "_nc3_strict",
  ]

  /// No attributes.
  init() {}

  /// The attributes of `object`, which notes call `name`.
  init(of object: borrowing some Attributed & ~Copyable, name: String) throws(HDF5Error) {
    for attribute in try object.attributeNames() where !Self.structural.contains(attribute) {
      do throws(HDF5Error) {
        guard let value = try object.attributeValue(attribute) else { continue }
        if case .other(let type) = value {
          notes.append("\(name): the attribute \(attribute) is left out: it is \(type)")
        } else if !DatasetDescription.fits(value) {
          notes.append("\(name): the attribute \(attribute) is left out: it is too large")
        } else {
          values[attribute] = value
        }
      } catch  where error.kind == .refused {
        notes.append("\(name): the attribute \(attribute) is left out: \(error.problem)")
      }
    }
  }
}
