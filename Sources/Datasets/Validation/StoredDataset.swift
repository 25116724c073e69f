import HDF5
import Primitives

/// How one dataset lies in its file.
public struct StoredDataset: Sendable, Equatable {
  /// Its path in the file.
  public var path: String
  /// Its dimensions.
  public var shape: [Int]
  /// The type of its numbers.
  public var type: String
  /// How they are laid out.
  public var layout: String
  /// The shape of a chunk, if there are chunks.
  public var chunk: [Int]?
  /// What chunks went through on their way into the file.
  public var filters: [String]
  /// The level of compression, if it is deflate.
  public var deflateLevel: Int?
  /// The bytes that the numbers take in the file.
  public var storedBytes: Int
  /// The bytes of a number, before compression.
  public var numberBytes: Int
  /// The names of the columns, if the file has one for each.
  public var columnNames: [String]?
  /// Whether threads read it side by side; otherwise by libhdf5, which does one thing at a time.
  public var isReadInParallel: Bool

  /// The numbers of a row.
  public var width: Int { shape.dropFirst().reduce(1, *) }
  /// The rows.
  public var rows: Int { shape.first ?? 0 }

  /// The rows of a chunk, where each has whole rows.
  public var chunkRows: Int? {
    guard let chunk, Array(chunk.dropFirst()) == Array(shape.dropFirst()) else { return nil }
    return chunk.first
  }
}

extension StoredDataset {
  /// What is known of the dataset that these rows are of.
  init(_ rows: StoredRows) throws(LockstepError) {
    let bytes = try withHDF5Errors { () throws(HDF5Error) in try rows.dataset.storageSize }
    let isByLibrary = if case .library = rows.access { true } else { false }
    self.init(
      path: rows.dataset.path, shape: rows.dataset.shape, type: "\(rows.dataset.type)",
      layout: "\(rows.dataset.layout)", filters: rows.dataset.filters.map(\.description), storedBytes: bytes,
      numberBytes: rows.elementBytes, isReadInParallel: !isByLibrary)
    if case .chunked(let chunk) = rows.dataset.layout { self.chunk = chunk }
    for case .deflate(let level) in rows.dataset.filters { deflateLevel = level }
    // Attributes of other programs may be anything.
    let names = try? rows.dataset.attribute("column_names", as: [String].self)
    columnNames = names?.count == width ? names : nil
  }
}
