import Primitives

/// Chunks of one dataset that were decoded once and will be wanted again, in memory of a fixed size.
///
/// A chunk is kept from when it is decoded until all ranges of rows in it that were announced were taken. What there is no room for
/// is decoded again.
///
/// `Sendable` is unchecked: all that changes is used with `lock` held. The bytes of a chunk are written by the thread that decodes it
/// before it is kept, and only read after that; who reads them holds on to them.
final class KeptChunks: @unchecked Sendable {
  /// The bytes of a chunk.
  typealias Bytes = AlignedBuffer<UInt8>

  private struct Chunk {
    /// The announced ranges that were not taken.
    var uses: Int
    var bytes: Bytes?
  }

  private let lock = Lock()
  private let chunkBytes: Int
  /// Those that were announced.
  private var chunks: [Int: Chunk] = [:]
  /// How many more may be kept.
  private var room: Int
  /// Memory that is free again: new memory takes longer than decoding to it.
  private var spare: [Bytes] = []

  /// Memory of at most `bytes` for chunks of `chunkBytes` each; nil if that is too little for one.
  init?(chunkBytes: Int, bytes: Int) {
    guard chunkBytes > 0, bytes >= chunkBytes else { return nil }
    self.chunkBytes = chunkBytes
    room = bytes / chunkBytes
  }

  /// Tells that a range of rows in each of these will be taken.
  func announce(_ numbers: some Sequence<Int>) {
    lock.withLock {
      for number in numbers { chunks[number, default: Chunk(uses: 0)].uses += 1 }
    }
  }

  /// The bytes of a chunk, if they were kept.
  func bytes(of number: Int) -> Bytes? {
    lock.withLock { chunks[number]?.bytes }
  }

  /// Memory for the bytes of a chunk that has not been kept; nil if nobody will want it again after this, or if there is no room. It
  /// belongs to the caller until he calls ``keep(_:as:)``, which he has to.
  func place(for number: Int) -> Bytes? {
    lock.withLock {
      guard let chunk = chunks[number], chunk.uses > 1, chunk.bytes == nil, room > 0 else { return nil }
      room -= 1
      return spare.popLast() ?? Bytes(repeating: 0, count: chunkBytes)
    }
  }

  /// Keeps what was decoded to memory that ``place(for:)`` gave; nothing, if that failed.
  func keep(_ bytes: Bytes?, as number: Int) {
    lock.withLock {
      // Another thread may have been faster.
      if let bytes, chunks[number] != nil, chunks[number]?.bytes == nil {
        chunks[number]?.bytes = bytes
      } else {
        room += 1
      }
    }
  }

  /// Tells that a range of rows in a chunk was taken, as was announced.
  func wasTaken(_ number: Int) {
    lock.withLock {
      chunks[number]?.uses -= 1
      guard chunks[number]?.uses == 0, var bytes = chunks.removeValue(forKey: number)?.bytes else { return }
      room += 1
      // Whoever takes rows that nobody announced may still be at it.
      if isKnownUniquelyReferenced(&bytes) { spare.append(bytes) }
    }
  }
}
