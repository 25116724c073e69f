import Datasets
import HDF5
import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The first 512 bytes of a checkpoint: a line of text with the digest of all bytes that follow.
///
/// HDF5 leaves this user block alone. Checked before libhdf5 sees the file, it catches every kind of damage, whether or
/// not libhdf5 would.
enum Seal {
  /// The size of the user block.
  static let size = 512
  private static let title = "lockstep-checkpoint 1\n"

  /// Writes the seal of the file at `path`, the rest of which is complete.
  static func write(to path: String) throws(LockstepError) {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw StagedFile.failure(path, "cannot be opened to be sealed") }
    defer { close(descriptor) }
    let (digest, length) = try digest(of: descriptor, path: path)
    var block = Array(text(digest, length).utf8)
    block += repeatElement(0, count: size - block.count)
    var written = 0
    while written < size {
      let count = block.withUnsafeBytes { bytes in
        pwrite(descriptor, bytes.baseAddress.map { $0 + written }, size - written, off_t(written))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw StagedFile.failure(path, "cannot be sealed") }
      written += count
    }
  }

  /// What a look at the seal gives.
  enum Finding: Equatable {
    /// The file has a seal and is as it was when it was sealed.
    case intact
    /// The file does not begin as checkpoints do.
    case unsealed
  }

  /// Looks at the seal of the file at `path`.
  ///
  /// - Throws: ``LockstepError`` of kind `badData` if the file is not as it was when it was sealed.
  static func check(_ path: String) throws(LockstepError) -> Finding {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT {
        throw LockstepError(
          .noInput, path, "there is no such file", remedy: "Check the path, or train first.")
      }
      throw StagedFile.failure(path, "cannot be opened")
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw LockstepError(.noInput, path, "is not a regular file", remedy: "Name a checkpoint file.")
    }
    var block = [UInt8](repeating: 0, count: size)
    let count = try read(descriptor, into: &block, at: 0, path: path)
    guard count == size, block.starts(with: title.utf8) else { return .unsealed }
    let (digest, length) = try digest(of: descriptor, path: path)
    let expected = Array(text(digest, length).utf8)
    guard block.starts(with: expected), block[expected.count...].allSatisfy({ $0 == 0 }) else {
      throw LockstepError(
        .badData, path, "the checkpoint is damaged: its bytes do not have the digest that it was sealed with",
        remedy: "Use an earlier checkpoint or train again.")
    }
    return .intact
  }

  /// Checks that `file`, which has no seal, is none that should have one: then the seal itself is damaged.
  static func checkAbsence(from file: borrowing File) throws(LockstepError) {
    let isCheckpoint = try withHDF5Errors { () throws(HDF5Error) in
      guard try file.exists("/lockstep") else { return false }
      return try file.openGroup("/lockstep").attribute("schema", as: String.self) == "lockstep-checkpoint"
    }
    if isCheckpoint {
      throw LockstepError(
        .badData, file.path, "the checkpoint is damaged: it does not begin with its seal",
        remedy: "Use an earlier checkpoint or train again.")
    }
  }

  private static func text(_ digest: Digest, _ length: Int) -> String {
    "\(title)xxh3-128 \(digest) of the \(length) bytes after these \(size)\n"
  }

  private static func digest(of descriptor: Int32, path: String) throws(LockstepError) -> (Digest, Int) {
    var digester = Digester()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var offset = size
    while true {
      let count = try read(descriptor, into: &buffer, at: offset, path: path)
      if count == 0 { return (digester.digest, offset - size) }
      buffer.withUnsafeBytes { digester.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      offset += count
    }
  }

  /// Fills `buffer` from `offset` on, as far as the file goes.
  private static func read(
    _ descriptor: Int32, into buffer: inout [UInt8], at offset: Int, path: String
  ) throws(LockstepError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = buffer.withUnsafeMutableBytes { bytes in
        pread(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw StagedFile.failure(path, "cannot be read") }
      if count == 0 { break }
      done += count
    }
    return done
  }
}
