import HDF5
import Primitives

/// How a dataset file is laid out.
public struct DatasetFormat: Sendable, Equatable {
  /// The rows of a chunk, or nil for contiguous storage, which is fastest to read. Compressed data are chunked anyway, by
  /// default like the blocks of ``BlockShape``.
  public var chunkRows: Int?
  /// The level of gzip compression, or nil for none. Compressed data are chunked.
  public var compression: Int?

  /// A layout; see the properties.
  public init(chunkRows: Int? = nil, compression: Int? = nil) {
    self.chunkRows = chunkRows
    self.compression = compression
  }

  /// The most numbers and names that are recorded in an attribute: these hold 64 KiB at most.
  static let mostInAttribute = 1000

  /// Whether the data lie in one piece.
  var isContiguous: Bool { chunkRows == nil && compression == nil }

  /// The options of a dataset of `shape` in a file whose rows take `rowBytes` bytes, features and targets together.
  func options(shape: [Int], rowBytes: Int) -> DatasetOptions {
    if isContiguous { return DatasetOptions() }
    // By default, as many as a block of a shuffle has: what is read at a time then. Chunks of 512 KiB have to be decoded
    // sixteen times an epoch where rows have two features, and their targets thirty-two times.
    let rows = chunkRows ?? BlockShape(rowBytes: rowBytes, count: 0).partRows
    return DatasetOptions(
      layout: .chunked([min(rows, max(shape[0], 1))] + shape.dropFirst()), deflate: compression,
      shuffle: compression != nil, fletcher32: true)
  }
}
