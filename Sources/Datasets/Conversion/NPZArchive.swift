import Primitives

/// The members of an .npz archive: .npy files in a zip archive, as `numpy.savez` writes them.
///
/// The layout is that of PKWARE's APPNOTE 6.3.10, with the 64-bit fields that NumPy uses. All numbers come from the file, so
/// all sums of them are checked.
struct NPZArchive {
  /// A file in the archive.
  struct Member: Equatable {
    /// Its name without ".npy".
    var name: String
    /// 0 for stored, 8 for deflated.
    var method: UInt16
    /// Whether it is encrypted.
    var isEncrypted: Bool
    /// The CRC-32 of its bytes.
    var checksum: UInt32
    /// The bytes that it takes in the archive.
    var storedBytes: Int
    /// The bytes that it has.
    var bytes: Int
    /// Where its own header is.
    var headerOffset: Int
  }

  /// The archive.
  let file: InputFile
  /// What is in it, in the order of its directory.
  let members: [Member]

  /// The largest directory that is read: a million arrays.
  private static let mostDirectoryBytes = 64 << 20

  /// Reads the directory of an archive.
  ///
  /// - Throws: ``LockstepError`` if it is damaged.
  init(_ file: InputFile) throws(LockstepError) {
    let (offset, size) = try Self.findDirectory(file)
    let directory = ZipRecord(try file.bytes(offset..<offset + size))
    var members: [Member] = []
    var position = 0
    while position < size {
      guard let (member, length) = Self.member(directory, at: position) else { throw Self.damaged(file.path) }
      members.append(member)
      position += length
    }
    self.file = file
    self.members = members
  }

  /// Where the bytes of a member begin.
  func dataOffset(of member: Member) throws(LockstepError) -> Int {
    // The name and the extra field may be longer here than in the directory.
    guard member.headerOffset <= file.size - 30 else { throw Self.damaged(file.path) }
    let header = ZipRecord(try file.bytes(member.headerOffset..<member.headerOffset + 30))
    guard header.uint32(0) == 0x0403_4b50, let name = header.uint16(26), let extra = header.uint16(28) else {
      throw Self.damaged(file.path)
    }
    let offset = member.headerOffset + 30 + Int(name) + Int(extra)
    guard offset <= file.size, member.storedBytes <= file.size - offset else { throw Self.damaged(file.path) }
    return offset
  }

  static func damaged(_ path: String) -> LockstepError {
    LockstepError(
      .badData, path, "the archive is damaged", remedy: "Copy it again, or write it again with numpy.savez.")
  }

  /// Where the directory is, by the record at the end of the file.
  private static func findDirectory(_ file: InputFile) throws(LockstepError) -> (offset: Int, size: Int) {
    // The record has 22 bytes and a comment of up to 65,535; before it is the place of the one with 64-bit numbers.
    let tailStart = max(0, file.size - 22 - 65_535 - 20)
    let tail = ZipRecord(try file.bytes(tailStart..<file.size))
    let candidate = stride(from: tail.count - 22, through: 0, by: -1).first { position in
      tail.uint32(position) == 0x0605_4b50
        && tail.uint16(position + 20).map { position + 22 + Int($0) } == tail.count
    }
    guard let end = candidate, let size = tail.uint32(end + 12), let offset = tail.uint32(end + 16) else {
      throw damaged(file.path)
    }
    var place: (offset: UInt64, size: UInt64) = (UInt64(offset), UInt64(size))
    if offset == .max || size == .max || tail.uint16(end + 10) == .max {
      guard end >= 20, tail.uint32(end - 20) == 0x0706_4b50, let position = tail.uint64(end - 12),
        file.size >= 56, position <= UInt64(file.size - 56)
      else { throw damaged(file.path) }
      let record = ZipRecord(try file.bytes(Int(position)..<Int(position) + 56))
      guard record.uint32(0) == 0x0606_4b50, let size = record.uint64(40), let offset = record.uint64(48)
      else {
        throw damaged(file.path)
      }
      place = (offset, size)
    }
    guard place.offset <= UInt64(file.size), place.size <= UInt64(file.size) - place.offset,
      place.size <= UInt64(mostDirectoryBytes)
    else { throw damaged(file.path) }
    return (Int(place.offset), Int(place.size))
  }

  /// The entry of the directory at `position`, and its length.
  private static func member(_ directory: ZipRecord, at position: Int) -> (Member, length: Int)? {
    guard directory.uint32(position) == 0x0201_4b50, let flags = directory.uint16(position + 8),
      let method = directory.uint16(position + 10), let checksum = directory.uint32(position + 16),
      let stored = directory.uint32(position + 20), let bytes = directory.uint32(position + 24),
      let nameLength = directory.uint16(position + 28), let extraLength = directory.uint16(position + 30),
      let commentLength = directory.uint16(position + 32), let offset = directory.uint32(position + 42),
      let name = directory.text(position + 46, Int(nameLength))
    else { return nil }
    // In this order, those numbers that do not fit in 32 bits stand in the extra field.
    var numbers = [bytes, stored, offset].map { UInt64($0) }
    let extra = position + 46 + Int(nameLength)
    if numbers.contains(UInt64(UInt32.max)) {
      guard var wide = directory.extraField(1, at: extra, Int(extraLength)) else { return nil }
      for index in numbers.indices where numbers[index] == UInt64(UInt32.max) {
        guard let number = directory.uint64(wide) else { return nil }
        numbers[index] = number
        wide += 8
      }
    }
    guard numbers.allSatisfy({ $0 <= UInt64(Int.max / 4) }) else { return nil }
    let member = Member(
      name: name.hasSuffix(".npy") ? String(name.dropLast(4)) : name, method: method,
      isEncrypted: flags & 1 == 1,
      checksum: checksum, storedBytes: Int(numbers[1]), bytes: Int(numbers[0]), headerOffset: Int(numbers[2]))
    let length = 46 + Int(nameLength) + Int(extraLength) + Int(commentLength)
    return position + length <= directory.count ? (member, length) : nil
  }
}

/// Little-endian numbers at positions in some bytes; nil for what is not there.
private struct ZipRecord {
  private let bytes: [UInt8]
  var count: Int { bytes.count }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func uint16(_ position: Int) -> UInt16? { number(position) }
  func uint32(_ position: Int) -> UInt32? { number(position) }
  func uint64(_ position: Int) -> UInt64? { number(position) }

  func text(_ position: Int, _ length: Int) -> String? {
    guard position + length <= bytes.count else { return nil }
    return String(decoding: bytes[position..<position + length], as: UTF8.self)
  }

  /// Where the content of an extra field begins.
  func extraField(_ id: UInt16, at start: Int, _ length: Int) -> Int? {
    var position = start
    while position + 4 <= start + length {
      guard let found = uint16(position), let size = uint16(position + 2) else { return nil }
      if found == id { return position + 4 }
      position += 4 + Int(size)
    }
    return nil
  }

  private func number<Number: FixedWidthInteger>(_ position: Int) -> Number? {
    let size = MemoryLayout<Number>.size
    guard position >= 0, position + size <= bytes.count else { return nil }
    return bytes[position..<position + size].reversed().reduce(0) { $0 << 8 | Number($1) }
  }
}
