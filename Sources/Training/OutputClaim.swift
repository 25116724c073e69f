import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The claim of one process to write one output, so that two runs do not overwrite each other's checkpoints.
///
/// It is a lock on a file beside the output, which the system drops when the process ends, however it ends.
struct OutputClaim {
  private let path: String
  private let descriptor: Int32

  /// Claims `output`.
  ///
  /// - Throws: ``LockstepError`` of kind `tryAgain` if another process has it, or if it could not be written.
  init(_ output: String) throws(LockstepError) {
    try StagedFile.requireWritable(output)
    // By whatever name the output is called, there is one lock.
    let target = try StagedFile.resolvingLink(output)
    let slash = target.lastIndex(of: "/").map { target.index(after: $0) } ?? target.startIndex
    path = "\(target[..<slash]).\(target[slash...]).lock"
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard file >= 0 else { throw StagedFile.failure(output, "cannot be claimed (\(path))") }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        if code == ENOSYS || code == ENOLCK || code == EOPNOTSUPP {
          // The file system has no locks: better unprotected than not at all.
          descriptor = file
          return
        }
        close(file)
        if code == EWOULDBLOCK {
          throw LockstepError(
            .tryAgain, output, "is being written by another run",
            remedy: "Wait for it and use --resume, or choose another --output.")
        }
        errno = code
        throw StagedFile.failure(output, "cannot be claimed (\(path))")
      }
      // The last holder may have removed the file between our opening and locking it.
      var own = stat()
      var current = stat()
      if fstat(file, &own) == 0, stat(path, &current) == 0, own.st_ino == current.st_ino {
        descriptor = file
        return
      }
      close(file)
    }
  }

  /// Gives the output up.
  func release() {
    unlink(path)
    close(descriptor)
  }
}
