import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A regular file that is open for reading at any offset.
///
/// Sendable: nothing changes after `init`, and `pread` moves no position.
final class InputFile: Sendable {
  /// The name that it was opened by.
  let path: String
  /// The bytes that it had then.
  let size: Int
  private let descriptor: Int32

  /// Opens a file.
  ///
  /// - Throws: ``LockstepError`` if it is missing, not a regular file or unreadable.
  init(_ path: String) throws(LockstepError) {
    // Should it be a pipe, O_NONBLOCK keeps `open` from waiting for its other end.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.openingFailure(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw LockstepError(
        .noInput, path, "is not a regular file",
        remedy: "Write the data to a file first: it is read more than once.")
    }
    self.path = path
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  /// A file without a name that `fill` writes, in the folder of `output`, whose disk has room for data; it is gone once
  /// this object is. Messages call it `path`.
  init(
    path: String, beside output: String, fill: (_ descriptor: Int32) throws(LockstepError) -> Int
  ) throws(LockstepError) {
    let staged = try StagedFile(replacing: output)
    let descriptor = open(staged.temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StagedFile.failure(output, "a file beside it cannot be created") }
    unlink(staged.temporary)
    do throws(LockstepError) {
      size = try fill(descriptor)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Fills `buffer` with the bytes from `offset` on; fewer only at the end of the file.
  ///
  /// - Returns: how many bytes there were.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(LockstepError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw StagedFile.failure(path, "cannot be read") }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// The bytes of a range, all of which must be there.
  func bytes(_ range: Range<Int>) throws(LockstepError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    try readExactly(at: range.lowerBound, into: &bytes)
    return bytes
  }

  /// The first bytes of the file, fewer if it has fewer.
  func head(_ count: Int) throws(LockstepError) -> [UInt8] { try bytes(0..<min(count, size)) }

  private func readExactly(at offset: Int, into bytes: inout [UInt8]) throws(LockstepError) {
    var found = 0
    // Closures of the standard library throw any error.
    let result: Result<Int, LockstepError> = bytes.withUnsafeMutableBytes { buffer in
      do throws(LockstepError) { return .success(try read(at: offset, into: buffer)) } catch {
        return .failure(error)
      }
    }
    found = try result.get()
    if found < bytes.count { throw truncated() }
  }

  /// The error of a file that ended before it should have.
  func truncated() -> LockstepError {
    LockstepError(
      .badData, path, "the end of the file is missing",
      remedy: "Copy it again, or restore it from its source.")
  }

  private static func openingFailure(_ path: String) -> LockstepError {
    let code = errno
    let text = String(cString: strerror(code))
    return switch code {
    case ENOENT, ENOTDIR: LockstepError(.noInput, path, "there is no such file", remedy: "Check the path.")
    case EACCES, EPERM:
      LockstepError(.permission, path, "cannot be opened: \(text)", remedy: "Change the permissions.")
    default:
      LockstepError(.inputOutput, path, "cannot be opened: \(text)", remedy: "Check the path and the disk.")
    }
  }
}
