import Lockstep

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The program gnuplot, which draws charts.
struct Gnuplot {
  private let executable: String

  /// The gnuplot of the search path, to draw `chart`.
  ///
  /// - Throws: ``LockstepError`` if there is none.
  init(for chart: String) throws(LockstepError) {
    let folders = getenv("PATH").map { String(cString: $0) } ?? ""
    let candidates = folders.split(separator: ":").map { "\($0)/gnuplot" }
    guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw LockstepError(
        .cannotCreate, chart, "charts are drawn by gnuplot, which is not in the PATH",
        remedy: "Install it (on Debian and Ubuntu: apt-get install gnuplot-nox), or leave the chart out.")
    }
    executable = found
  }

  /// Runs `script`, whose terminal writes to standard output, and puts what it draws in place as `path`.
  ///
  /// gnuplot never sees the name of the file, which it would have to be quoted for.
  func draw(_ script: String, to path: String) throws(LockstepError) {
    let file = try StagedFile(replacing: path)
    let (status, complaint) = try run(script, output: file.temporary, chart: path)
    var information = stat()
    guard status == 0, stat(file.temporary, &information) == 0, information.st_size > 0 else {
      throw LockstepError(
        .inputOutput, path, "gnuplot could not draw the chart", found: complaint,
        remedy: "Check the disk, and that \(executable) works.")
    }
    try file.commit()
  }

  /// Runs gnuplot to its end.
  ///
  /// - Returns: its exit status and the last line that it wrote to standard error.
  private func run(_ script: String, output: String, chart: String) throws(LockstepError) -> (Int32, String?)
  {
    let (input, errors) = (try Pipe(), try Pipe())
    #if canImport(Glibc)
      var actions = posix_spawn_file_actions_t()
    #else
      var actions: posix_spawn_file_actions_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.reading, STDIN_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_EXCL, 0o666)
    posix_spawn_file_actions_adddup2(&actions, errors.writing, STDERR_FILENO)
    // Nobody's own settings: the chart looks the same everywhere.
    let words: [String] = [executable, "--default-settings", "-"]
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let failure = posix_spawn(&process, executable, &actions, nil, &arguments, environ)
    guard failure == 0 else {
      errno = failure
      throw StagedFile.failure(chart, "gnuplot cannot be started (\(executable))")
    }
    input.write(script)
    errors.closeWriting()
    let complaint = errors.readAll().split(separator: "\n").last.map(String.init)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return (status, complaint)
  }
}

/// A pipe, of which no other program inherits an end unless it is told to.
private final class Pipe {
  let reading: Int32
  private(set) var writing: Int32

  init() throws(LockstepError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw StagedFile.failure("gnuplot", "cannot be given a pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (ends[0], ends[1])
  }

  deinit {
    close(reading)
    closeWriting()
  }

  func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }

  /// Writes `text`, and that it was all. If the other side is gone, its exit status tells why.
  func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count, let base = bytes.baseAddress {
        let count = systemWrite(writing, base + done, bytes.count - done)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { break }
        done += count
      }
    }
    closeWriting()
  }

  /// All that comes until the other side has ended.
  func readAll() -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(reading, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return String(decoding: text, as: UTF8.self) }
      text += buffer[..<count]
    }
  }
}

#if canImport(Glibc)
  private let systemWrite = Glibc.write
#elseif canImport(Darwin)
  private let systemWrite = Darwin.write
#endif
