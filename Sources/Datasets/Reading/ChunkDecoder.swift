import CDeflate
import HDF5
import Primitives

/// Undoes what filters did to the chunks of a dataset, on the thread that it belongs to and without libhdf5.
///
/// One thread at a time may use it: it owns its scratch memory.
final class ChunkDecoder {
  private let filters: [Filter]
  private let elementBytes: Int
  private let decompressor: OpaquePointer?
  /// What a chunk is before and after each filter, by turns.
  private let buffers: [AlignedBuffer<UInt8>]

  /// A decoder of chunks that are `chunkBytes` bytes once decoded, of elements of `elementBytes`. Nil if a filter is unknown.
  init?(filters: [Filter], elementBytes: Int, chunkBytes: Int) {
    let isKnown = filters.allSatisfy { if case .other = $0 { false } else { true } }
    guard isKnown else { return nil }
    self.filters = filters
    self.elementBytes = elementBytes
    // Stored chunks may be a little larger than decoded ones: by a checksum, and where compression gains nothing.
    let most = chunkBytes + chunkBytes / 64 + 64
    buffers = (0..<2).map { _ in AlignedBuffer(repeating: 0, count: most) }
    let isDeflated = filters.contains { if case .deflate = $0 { true } else { false } }
    decompressor = isDeflated ? libdeflate_alloc_decompressor() : nil
    if isDeflated, decompressor == nil { return nil }
  }

  deinit { if let decompressor { libdeflate_free_decompressor(decompressor) } }

  /// Where a stored chunk is to be put before it is decoded.
  var stored: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(buffers[0].elements) }

  /// Decodes `chunk`, which lies in ``stored``, and returns its `count` bytes, valid until the next call: in `place`, which has as
  /// many, if it can be spared a copy, else in memory of its own.
  ///
  /// - Throws: a description of what is wrong.
  func decode(_ chunk: StoredChunk, count: Int, into place: UnsafeMutableRawBufferPointer? = nil)
    throws(Damage)
    -> UnsafeRawBufferPointer
  {
    var (source, target) = (buffers[0].elements, buffers[1].elements)
    var length = chunk.count
    for (index, filter) in filters.enumerated().reversed() where chunk.skipped >> index & 1 == 0 {
      switch filter {
      case .fletcher32:
        guard length >= 4,
          Fletcher32.isIntact(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(source)[..<length]))
        else { throw .checksum }
        length -= 4
      case .deflate:
        length = try inflate(source, length, into: target)
        swap(&source, &target)
      case .shuffle:
        if index == 0, let place, place.count == count, length == count {
          unshuffle(source, length, into: place.bindMemory(to: UInt8.self))
          return UnsafeRawBufferPointer(place)
        }
        unshuffle(source, length, into: target)
        swap(&source, &target)
      case .other: throw .size(found: length, expected: count)
      }
    }
    guard length == count else { throw .size(found: length, expected: count) }
    return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(source)[..<count])
  }

  /// What can be wrong with a chunk.
  enum Damage: Error {
    case checksum
    case compression
    case size(found: Int, expected: Int)
  }

  private func inflate(
    _ source: UnsafeMutableBufferPointer<UInt8>, _ length: Int, into target: UnsafeMutableBufferPointer<UInt8>
  ) throws(Damage) -> Int {
    var count = 0
    let result = libdeflate_zlib_decompress(
      decompressor, source.baseAddress, length, target.baseAddress, target.count, &count)
    guard result == LIBDEFLATE_SUCCESS else { throw .compression }
    return count
  }

  /// Puts the bytes of each element together again: first come the first bytes of all elements, then the second ones. What is
  /// left over at the end was left as it was.
  private func unshuffle(
    _ source: UnsafeMutableBufferPointer<UInt8>, _ length: Int, into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    guard let from = UnsafePointer(source.baseAddress), let to = target.baseAddress else { return }
    let count = length / elementBytes
    switch elementBytes {
    case 4:
      let words = UnsafeMutableRawPointer(to).assumingMemoryBound(to: UInt32.self)
      let (a, b, c, d) = (from, from + count, from + 2 * count, from + 3 * count)
      for index in 0..<count {
        let low = UInt32(a[index]) | UInt32(b[index]) &<< 8
        words[index] = (low | UInt32(c[index]) &<< 16 | UInt32(d[index]) &<< 24).littleEndian
      }
    case 8:
      let words = UnsafeMutableRawPointer(to).assumingMemoryBound(to: UInt64.self)
      for index in 0..<count {
        var word: UInt64 = 0
        for byte in 0..<8 { word |= UInt64(from[byte &* count &+ index]) &<< (8 &* byte) }
        words[index] = word.littleEndian
      }
    default:
      for byte in 0..<elementBytes {
        for index in 0..<count { to[index * elementBytes + byte] = from[byte * count + index] }
      }
    }
    for index in count * elementBytes..<length { to[index] = from[index] }
  }
}
