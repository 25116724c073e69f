import Lockstep

#if canImport(Glibc)
  import Glibc
  private let put = Glibc.write
  private let terminate = Glibc.exit
#elseif canImport(Darwin)
  import Darwin
  private let put = Darwin.write
  private let terminate = Darwin.exit
#endif

/// Text to the two output streams.
enum Console {
  /// Whether standard error is a terminal, on which a line can be drawn over.
  static var hasTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Keeps the numbers of streams that the caller closed from being given to files, which messages would then be
  /// written into. Writing to such a stream fails as if it were still closed.
  static func reserveStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      // The lowest number that is free, so this one; for reading, so that writes fail.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Writes a line for a person to standard error.
  static func message(_ text: String) { write("lockstep: \(text)\n", to: STDERR_FILENO) }

  /// Writes a result to standard output.
  ///
  /// - Throws: ``LockstepError`` if that fails: a result that nobody got is not a success.
  static func result(_ text: String) throws(LockstepError) {
    guard write(text + "\n", to: STDOUT_FILENO) else {
      throw StagedFile.failure("standard output", "cannot be written")
    }
  }

  /// Draws `text` over the terminal's last line; an empty text clears it.
  static func draw(_ text: String) { write("\r\u{1B}[K\(text)", to: STDERR_FILENO) }

  /// Ends the program with the message and the exit code of `error`.
  static func exit(_ error: LockstepError) -> Never {
    message("error: \(error)")
    if CommandLine.arguments.contains("--verbose"), let detail = error.detail {
      write(detail + "\n", to: STDERR_FILENO)
    }
    terminate(ExitStatus.code(error.kind))
  }

  /// Writes all of `text` to a descriptor; if that fails, `errno` tells why.
  @discardableResult static func write(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let count = put(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        done += count
      }
      return true
    }
  }
}
