import Lockstep

#if canImport(Glibc)
  import Glibc
  private let terminate = Glibc.exit
#elseif canImport(Darwin)
  import Darwin
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
  static func message(_ text: String) { StagedFile.append("lockstep: \(text)\n", to: STDERR_FILENO) }

  /// Writes a result to standard output.
  ///
  /// - Throws: ``LockstepError`` if that fails: a result that nobody got is not a success.
  static func result(_ text: String) throws(LockstepError) {
    guard StagedFile.append(text + "\n", to: STDOUT_FILENO) else {
      throw StagedFile.failure("standard output", "cannot be written")
    }
  }

  /// Draws `text` over the terminal's last line; an empty text clears it.
  static func draw(_ text: String) { StagedFile.append("\r\u{1B}[K\(text)", to: STDERR_FILENO) }

  /// Ends the program with the message and the exit code of `error`.
  static func exit(_ error: LockstepError) -> Never {
    message("error: \(error)")
    if CommandLine.arguments.contains("--verbose"), let detail = error.detail {
      StagedFile.append(detail + "\n", to: STDERR_FILENO)
    }
    terminate(ExitStatus.code(error.kind))
  }
}
