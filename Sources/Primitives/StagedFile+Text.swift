#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension StagedFile {
  /// Puts `text` in place as the file `path`, all at once.
  ///
  /// - Throws: ``LockstepError`` if the file cannot be created or written; what was there before stays then.
  public static func write(_ text: String, to path: String) throws(LockstepError) {
    let staged = try StagedFile(replacing: path)
    let file = open(staged.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw failure(path, "cannot be created") }
    let written = append(text, to: file)
    let reason = errno
    guard close(file) == 0, written else {
      if !written { errno = reason }
      throw failure(path, "cannot be written")
    }
    try staged.commit()
  }

  /// Writes all of `text` where `descriptor` stands; if that fails, `errno` tells why.
  @discardableResult public static func append(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let count = Self.put(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        done += count
      }
      return true
    }
  }

  /// The system's `write`, which the function above hides.
  private static func put(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes, count)
    #else
      Darwin.write(descriptor, bytes, count)
    #endif
  }
}
