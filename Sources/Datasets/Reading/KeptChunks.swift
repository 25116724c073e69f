import Primitives

/// Chunks of one dataset that were decoded and will be wanted again, in memory of a fixed size.
///
/// A chunk is kept from when it is decoded until all ranges of rows in it that were announced were taken. Where there is no room for
/// all of these, those stay that are wanted soonest, which is what decodes fewest (L. A. Belady, A study of replacement algorithms
/// for a virtual-storage computer, 1966); the others are decoded again.
///
/// `Sendable` is unchecked: all that changes is used with `lock` held. The bytes of a chunk are written by the thread that decodes it
/// before it is kept, and only read after that; who reads them holds on to them.
final class KeptChunks: @unchecked Sendable {
  /// The bytes of a chunk.
  typealias Bytes = AlignedBuffer<UInt8>

  private struct Chunk {
    /// The numbers, ascending, of the announced ranges that were not taken.
    var uses: [Int] = []
    var bytes: Bytes?
  }

  private let lock = Lock()
  private let chunkBytes: Int
  /// Those that were announced.
  private var chunks: [Int: Chunk] = [:]
  /// How many ranges were announced, which are numbered in that order.
  private var announced = 0
  /// The chunks that are kept, with the first of their uses, by which they are sorted. No two have a use in common.
  private var kept: [(use: Int, number: Int)] = []
  /// How many more may be kept.
  private var room: Int
  /// Memory that is free again: new memory takes longer than decoding to it.
  private var spare: [Bytes] = []

  /// Memory of at most `bytes` for chunks of `chunkBytes` each; nil if that is too little for one.
  init?(chunkBytes: Int, bytes: Int) {
    guard chunkBytes > 0, bytes >= chunkBytes else { return nil }
    self.chunkBytes = chunkBytes
    room = min(bytes / chunkBytes, Self.mostKept)
  }

  /// As many as can be kept sorted in much less time than it takes to decode one.
  private static var mostKept: Int { 1 << 14 }

  /// Tells that a range of rows in each of these will be taken, after all that were announced before.
  func announce(_ numbers: some Sequence<Int>) {
    lock.withLock {
      for number in numbers {
        chunks[number, default: Chunk()].uses.append(announced)
        announced += 1
      }
    }
  }

  /// The bytes of a chunk, if they were kept.
  func bytes(of number: Int) -> Bytes? {
    lock.withLock { chunks[number]?.bytes }
  }

  /// Memory for the bytes of a chunk that has not been kept; nil if nobody will want it again after this, or if there is no room but
  /// that of chunks which are wanted sooner. It belongs to the caller until he calls ``keep(_:as:)``, which he has to.
  func place(for number: Int) -> Bytes? {
    let (isGranted, bytes) = lock.withLock { () -> (Bool, Bytes?) in
      guard let chunk = chunks[number], chunk.uses.count > 1, chunk.bytes == nil else { return (false, nil) }
      if room == 0 {
        guard let last = kept.last, last.use > chunk.uses[1] else { return (false, nil) }
        kept.removeLast()
        release(last.number)
      }
      room -= 1
      return (true, spare.popLast())
    }
    guard isGranted, bytes == nil else { return bytes }
    // Nobody else has to wait until the system has found pages.
    if chunkBytes < Self.pagewise { return Bytes(repeating: 0, count: chunkBytes) }
    if let bytes = try? Bytes(zeros: chunkBytes) { return bytes }
    lock.withLock { room += 1 }
    return nil
  }

  /// The bytes from which on memory is better taken from the system as it is.
  private static var pagewise: Int { 1 << 20 }

  /// Keeps what was decoded to memory that ``place(for:)`` gave; nothing, if that failed.
  func keep(_ bytes: Bytes?, as number: Int) {
    lock.withLock {
      // Another thread may have been faster.
      if let bytes, let chunk = chunks[number], chunk.bytes == nil {
        chunks[number]?.bytes = bytes
        kept.insert((chunk.uses[0], number), at: place(ofUse: chunk.uses[0]))
      } else {
        room += 1
      }
    }
  }

  /// Tells that a range of rows in a chunk was taken, as was announced.
  func wasTaken(_ number: Int) {
    lock.withLock {
      guard let use = chunks[number]?.uses.removeFirst() else { return }
      let next = chunks[number]?.uses.first
      if chunks[number]?.bytes != nil {
        kept.remove(at: place(ofUse: use))
        if let next { kept.insert((next, number), at: place(ofUse: next)) } else { release(number) }
      }
      if next == nil { chunks[number] = nil }
    }
  }

  /// Where among those that are kept the one is, or would be, that is first wanted for `use`.
  private func place(ofUse use: Int) -> Int {
    var (low, high) = (0, kept.count)
    while low < high {
      let middle = (low + high) / 2
      if kept[middle].use < use { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Gives up the bytes of a chunk.
  private func release(_ number: Int) {
    guard var bytes = chunks[number]?.bytes else { return }
    chunks[number]?.bytes = nil
    room += 1
    // Whoever takes rows of it may still be at it.
    if isKnownUniquelyReferenced(&bytes) { spare.append(bytes) }
  }
}
