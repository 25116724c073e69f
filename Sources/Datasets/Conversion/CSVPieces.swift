import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Text of comma-separated values, read in pieces that end where rows end, however large the file is.
///
/// A quote opens or closes a quoted field, so a line feed ends a row if an even number of quotes stands before it. A
/// quote where none may stand (RFC 4180, section 2) upsets this, but then the row with it is the first one cut wrongly,
/// and reading that row fails.
final class CSVPieces {
  /// How much is read at a time.
  struct Sizes {
    /// The bytes read from the file at once.
    var block = 2 << 20
    /// About the bytes of a part of a piece, which one thread works on.
    var part = 128 << 10
    /// The bytes that a row may take: where a quote lacks its partner, the rest of the file is one row.
    var row = 64 << 20
  }

  private let file: InputFile
  private let sizes: Sizes
  private var buffer: UnsafeMutableBufferPointer<UInt8>
  /// Where in the file the buffer begins.
  private(set) var offset: Int
  /// The bytes in the buffer, those looked at, and those of the piece given out last.
  private var (filled, scanned, used) = (0, 0, 0)
  /// Where whole rows end: each at least a part's size from the one before, but for the last.
  private var cuts: [Int] = []
  private var lastRowEnd = 0
  private var isQuoted = false

  /// Pieces of `file` from `offset` on, where a row begins.
  init(_ file: InputFile, from offset: Int, sizes: Sizes = Sizes()) {
    self.file = file
    self.offset = offset
    self.sizes = sizes
    buffer = .allocate(capacity: sizes.block + 1)
  }

  deinit { buffer.deallocate() }

  /// The bytes of the parts given out last. They are whole rows, each ended by a line feed; valid until the next call.
  ///
  /// The exception is a row with an open quote at the end of the file, or one that is too long.
  func part(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: buffer[range])
  }

  /// Whether the last piece is a row of which more than the permitted bytes are in the file.
  private(set) var isOversized = false

  /// The next piece, in parts, or nil at the end of the file.
  func next() throws(LockstepError) -> [Range<Int>]? {
    discardUsed()
    while cuts.isEmpty {
      if filled > sizes.row {
        isOversized = true
        return take(to: filled)
      }
      makeRoom()
      let free = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<filled + sizes.block])
      let count = try file.read(at: offset + filled, into: free)
      filled += count
      if count == 0 {
        if filled == 0 { return nil }
        return finish()
      }
      scan()
    }
    if lastRowEnd > cuts.last ?? 0 { cuts.append(lastRowEnd) }
    return take(to: lastRowEnd)
  }

  /// The last row, which lacks its line feed.
  private func finish() -> [Range<Int>] {
    if !isQuoted {
      buffer[filled] = UInt8(ascii: "\n")
      filled += 1
    }
    return take(to: filled)
  }

  private func take(to end: Int) -> [Range<Int>] {
    if cuts.last != end { cuts.append(end) }
    used = end
    scanned = max(scanned, end)
    return zip([0] + cuts, cuts).map { $0..<$1 }
  }

  private func discardUsed() {
    guard used > 0 else { return }
    let rest = UnsafeMutableBufferPointer(rebasing: buffer[used..<filled])
    _ = UnsafeMutableBufferPointer(rebasing: buffer[..<rest.count]).update(fromContentsOf: rest)
    offset += used
    filled -= used
    scanned -= used
    (used, lastRowEnd) = (0, 0)
    cuts.removeAll(keepingCapacity: true)
  }

  /// Room for another block and a line feed; twice as much each time, so that long rows are not copied often.
  private func makeRoom() {
    guard filled + sizes.block + 1 > buffer.count else { return }
    let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * (filled + sizes.block) + 1)
    _ = larger.update(fromContentsOf: buffer[..<filled])
    buffer.deallocate()
    buffer = larger
  }

  /// Looks for ends of rows in what was read.
  private func scan() {
    if !isQuoted, Self.position(of: UInt8(ascii: "\""), in: buffer[scanned..<filled]) == nil {
      scanPlain()
    } else {
      scanQuoted()
    }
    // Where there are rows but no part is full, the rows are a part.
    if cuts.isEmpty, lastRowEnd > 0 { cuts.append(lastRowEnd) }
    scanned = filled
  }

  /// Without quotes every line feed ends a row: it takes a look at the ends of parts only.
  private func scanPlain() {
    var start = max(scanned, (cuts.last ?? 0) + sizes.part - 1)
    while start < filled, let end = Self.position(of: UInt8(ascii: "\n"), in: buffer[start..<filled]) {
      cuts.append(end + 1)
      start = end + sizes.part
    }
    if let end = buffer[scanned..<filled].lastIndex(of: UInt8(ascii: "\n")) { lastRowEnd = end + 1 }
  }

  private func scanQuoted() {
    var cut = cuts.last ?? 0
    for index in scanned..<filled {
      if buffer[index] == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if buffer[index] == UInt8(ascii: "\n"), !isQuoted {
        lastRowEnd = index + 1
        if lastRowEnd - cut >= sizes.part {
          cut = lastRowEnd
          cuts.append(cut)
        }
      }
    }
  }

  /// The first position of a byte. The corresponding C function is `memchr`.
  private static func position(of byte: UInt8, in bytes: Slice<UnsafeMutableBufferPointer<UInt8>>) -> Int? {
    let part = UnsafeBufferPointer(rebasing: bytes)
    guard let base = part.baseAddress, let found = memchr(base, Int32(byte), part.count) else { return nil }
    return bytes.startIndex + (UnsafeRawPointer(found) - UnsafeRawPointer(base))
  }
}
