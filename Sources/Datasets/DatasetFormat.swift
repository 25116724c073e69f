import HDF5
import Primitives

/// How a dataset file is laid out.
public struct DatasetFormat: Sendable, Equatable {
  /// The rows of a chunk, or nil for contiguous storage, which is fastest to read.
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

  /// The options of a dataset of `shape`, one of those that make up rows of `rowBytes` bytes.
  ///
  /// Chunks are by default what a shuffle by blocks reads at a time, so that none is decoded twice.
  func options(shape: [Int], rowBytes: Int) -> DatasetOptions {
    if isContiguous { return DatasetOptions() }
    let rows = chunkRows ?? BlockShape(rowBytes: rowBytes).blockRows
    return DatasetOptions(
      layout: .chunked([min(rows, max(shape[0], 1))] + shape.dropFirst()), deflate: compression,
      shuffle: compression != nil, fletcher32: true)
  }
}
