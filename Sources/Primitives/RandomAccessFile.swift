internal import CPlatform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is there already and whose parts any thread may write, in any order.
///
/// Rejected: setting the space aside by fallocate. It gains no speed, and where space is short, ext4 takes all there is before
/// it says so.
///
/// What is written goes on its way to the disk at once, instead of when the system finds that there is much of it: the disk
/// then works while the next part is being made.
public final class RandomAccessFile: Sendable {
  private let descriptor: Int32
  private let path: String

  /// Opens a file for writing.
  ///
  /// - Throws: ``LockstepError`` if that is not possible.
  public init(_ path: String) throws(LockstepError) {
    descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StagedFile.failure(path, "cannot be opened for writing") }
    self.path = path
  }

  deinit { close(descriptor) }

  /// Writes bytes from the file's byte `offset` on.
  ///
  /// - Throws: ``LockstepError`` if not all of them could be written.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(LockstepError) {
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, base + done, bytes.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw StagedFile.failure(path, "cannot be written") }
      done += count
    }
    platform_start_writing(descriptor, Int64(offset), Int64(bytes.count))
  }

  /// Makes all that was written durable.
  ///
  /// - Throws: ``LockstepError`` if the disk has failed to keep any of it since the file was opened.
  public func sync() throws(LockstepError) {
    guard fsync(descriptor) == 0 else { throw StagedFile.failure(path, "cannot be made durable (fsync)") }
  }
}
