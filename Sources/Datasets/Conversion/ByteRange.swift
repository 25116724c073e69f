import Primitives

/// Some consecutive bytes of a file: all of it, or a member of an archive.
struct ByteRange {
  /// The file.
  let file: InputFile
  /// Where the bytes begin in the file.
  let start: Int
  /// How many there are.
  let count: Int

  /// All bytes of a file.
  init(_ file: InputFile) {
    self.init(file, start: 0, count: file.size)
  }

  /// `count` bytes of `file` from `start` on.
  init(_ file: InputFile, start: Int, count: Int) {
    self.file = file
    self.start = start
    self.count = count
  }

  /// A copy of the bytes at positions that count from the beginning of the range.
  func read(_ range: Range<Int>) throws(LockstepError) -> [UInt8] {
    guard range.upperBound <= count else { throw file.truncated() }
    return try file.bytes(start + range.lowerBound..<start + range.upperBound)
  }

  /// Fills `buffer` with the bytes from `position` on.
  func read(at position: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LockstepError) {
    guard position + buffer.count <= count, try file.read(at: start + position, into: buffer) == buffer.count
    else {
      throw file.truncated()
    }
  }
}
