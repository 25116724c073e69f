internal import CHDF5

/// A chunk as it is stored: the bytes that filters made of it.
public struct StoredChunk: Sendable, Hashable {
  /// The number of bytes.
  public let count: Int
  /// The filters that it did not go through: bit i stands for the i-th of `Dataset.filters`.
  public let skipped: UInt32
}

extension Dataset {
  /// Reads the chunk that begins at element `origin`, as it is stored, so that it can be decoded without the library's lock.
  /// The corresponding C functions are `H5Dget_chunk_storage_size` and `H5Dread_chunk`.
  ///
  /// - Precondition: the dataset is chunked, and `origin` is the first element of a chunk.
  /// - Throws: `.damaged` if the chunk is not there or takes more bytes than `buffer` has; `.io`.
  public func readStoredChunk(at origin: [Int], into buffer: UnsafeMutableRawBufferPointer) throws(HDF5Error)
    -> StoredChunk
  {
    let id = id
    let offset = origin.map { hsize_t($0) }
    var size: hsize_t = 0
    try Library.call("H5Dget_chunk_storage_size", at: place) { H5Dget_chunk_storage_size(id, offset, &size) }
    guard size > 0, size <= buffer.count else {
      throw HDF5Error(
        .damaged, at: place, function: "H5Dread_chunk",
        problem: "the chunk at \(origin) has an impossible size",
        found: "\(size) bytes", expected: "1 to \(buffer.count)",
        remedy: "Restore the file from its source, or write it again.")
    }
    var skipped: UInt32 = 0
    try Library.call("H5Dread_chunk", at: place) {
      H5Dread_chunk(id, chdf5_default(), offset, &skipped, buffer.baseAddress)
    }
    return StoredChunk(count: Int(size), skipped: skipped)
  }
}
