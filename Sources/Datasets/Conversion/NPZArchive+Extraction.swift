import CZlib
import Primitives

#if canImport(Glibc)
  import Glibc
  private let put = Glibc.write
#elseif canImport(Darwin)
  import Darwin
  private let put = Darwin.write
#endif

extension NPZArchive {
  /// The bytes of a member, its checksum verified. What is deflated is unpacked into a file without a name in the folder
  /// of `output`, since rows are read in any order and more than once.
  ///
  /// - Throws: ``LockstepError`` if the member is damaged, encrypted or compressed in another way, or if the disk is full.
  func extract(_ member: Member, beside output: String) throws(LockstepError) -> ByteRange {
    let name = "\(file.path):\(member.name)"
    guard !member.isEncrypted, member.method == 0 || member.method == 8 else {
      throw LockstepError(
        .badData, name,
        member.isEncrypted ? "the array is encrypted" : "the array is compressed in an unknown way",
        found: member.isEncrypted ? nil : "method \(member.method)", expected: "stored or deflated",
        remedy: "Write the archive again with numpy.savez.")
    }
    let stored = ByteRange(file, start: try dataOffset(of: member), count: member.storedBytes)
    if member.method == 0 {
      guard member.bytes == member.storedBytes, try Self.checksum(of: stored) == member.checksum else {
        throw Self.damaged(name)
      }
      return stored
    }
    // Deflate makes nothing smaller than about a 1,030th.
    guard member.bytes / 1_100 <= member.storedBytes else { throw Self.damaged(name) }
    let unpacked = try InputFile(path: file.path, beside: output) { descriptor throws(LockstepError) in
      try Self.inflate(stored, member, name: name, to: descriptor, output: output)
      return member.bytes
    }
    return ByteRange(unpacked)
  }

  private static let blockBytes = 1 << 18

  private static func checksum(of bytes: ByteRange) throws(LockstepError) -> UInt32 {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockBytes, alignment: 16)
    defer { block.deallocate() }
    var checksum = crc32(0, nil, 0)
    var position = 0
    while position < bytes.count {
      let part = UnsafeMutableRawBufferPointer(rebasing: block[..<min(blockBytes, bytes.count - position)])
      try bytes.read(at: position, into: part)
      checksum = crc32(checksum, part.baseAddress?.assumingMemoryBound(to: Bytef.self), uInt(part.count))
      position += part.count
    }
    return UInt32(truncatingIfNeeded: checksum)
  }

  /// Unpacks `stored` into an open file. The corresponding C function is `inflate`.
  private static func inflate(
    _ stored: ByteRange, _ member: Member, name: String, to descriptor: Int32, output: String
  ) throws(LockstepError) {
    var stream = z_stream()
    guard czlib_inflate_init_raw(&stream) == Z_OK else {
      throw LockstepError(.memory, name, "zlib cannot be started", remedy: "Free some memory.")
    }
    defer { inflateEnd(&stream) }
    let packed = UnsafeMutablePointer<Bytef>.allocate(capacity: blockBytes)
    let plain = UnsafeMutablePointer<Bytef>.allocate(capacity: blockBytes)
    defer {
      packed.deallocate()
      plain.deallocate()
    }
    var checksum = crc32(0, nil, 0)
    var (read, written) = (0, 0)
    var status = Z_OK
    while status == Z_OK {
      if stream.avail_in == 0, read < stored.count {
        let count = min(blockBytes, stored.count - read)
        try stored.read(at: read, into: UnsafeMutableRawBufferPointer(start: packed, count: count))
        (stream.next_in, stream.avail_in) = (packed, uInt(count))
        read += count
      }
      (stream.next_out, stream.avail_out) = (plain, uInt(blockBytes))
      status = CZlib.inflate(&stream, Z_NO_FLUSH)
      let count = blockBytes - Int(stream.avail_out)
      guard written + count <= member.bytes else { throw damaged(name) }
      checksum = crc32(checksum, plain, uInt(count))
      try write(UnsafeRawBufferPointer(start: plain, count: count), to: descriptor, output: output)
      written += count
    }
    guard status == Z_STREAM_END, written == member.bytes,
      UInt32(truncatingIfNeeded: checksum) == member.checksum
    else { throw damaged(name) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, output: String)
    throws(LockstepError)
  {
    var done = 0
    while done < bytes.count {
      let count = put(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw StagedFile.failure(output, "arrays cannot be unpacked beside it") }
      done += count
    }
  }
}
