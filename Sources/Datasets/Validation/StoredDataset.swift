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
  init(_ rows: DatasetRows) throws(LockstepError) {
    let stored = rows.stored
    let parts = rows.parts.isEmpty ? "" : ", parts: \(rows.parts.count)"
    self.init(
      path: stored.dataset.path, shape: stored.dataset.shape, type: "\(stored.dataset.type)",
      layout: "\(stored.dataset.layout)\(parts)", filters: stored.dataset.filters.map(\.description),
      storedBytes: try rows.storedBytes(), numberBytes: stored.elementBytes,
      isReadInParallel: rows.isReadInParallel)
    if case .chunked(let chunk) = stored.dataset.layout { self.chunk = chunk }
    for case .deflate(let level) in stored.dataset.filters { deflateLevel = level }
    // Attributes of other programs may be anything.
    let names = try? stored.dataset.attribute("column_names", as: [String].self)
    columnNames = names?.count == width ? names : nil
  }
  /// What is known of the datasets at `paths` of a file, whose data may be in other files, which are looked at.
  ///
  /// - Throws: ``LockstepError`` if these are not there or do not have all of it.
  public static func following(_ paths: [String], in file: String) throws(LockstepError) -> [StoredDataset] {
    let files = try DataFiles(file, allowingOthers: true)
    var datasets: [StoredDataset] = []
    for path in paths where try !files.hasGroup(path) {
      datasets.append(try StoredDataset(try files.open(path, option: nil)))
      datasets[datasets.count - 1].path = path
    }
    return datasets
  }
}
