import Foundation

/// A program at work, its output going to files, so that neither side ever waits for the other.
///
/// Made with `posix_spawn` rather than Foundation's `Process`: the tests close streams, need the number of the signal
/// that ended a program, and run many programs at a time, none of which may inherit what belongs to another.
final class RunningProgram {
  /// What became of a program.
  struct Outcome {
    /// The exit code; nil if a signal ended the program.
    var exitCode: Int32?
    /// The signal that ended the program, if one did.
    var signal: Int32?
    /// What it wrote to standard output.
    var output: String
    /// What it wrote to standard error.
    var errors: String
    /// Whether it took longer than it may, and was killed.
    var timedOut = false

    /// The lines on standard error.
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  /// Where a stream of the program goes.
  enum Stream {
    /// Into a file that the outcome is read from.
    case captured
    /// To a path.
    case path(String)
    /// Nowhere: the program starts with it closed.
    case closed
  }

  private let process: pid_t
  private let outputPath: String
  private let errorPath: String
  private var status: Int32?

  /// Starts a program in `folder`.
  init(
    _ words: [String], in folder: Folder, output: Stream = .captured, errors: Stream = .captured,
    environment: [String: String] = [:]
  ) throws {
    let stem = "\(folder.streams)/\(UUID().uuidString)"
    (outputPath, errorPath) = (stem + ".out", stem + ".err")
    #if canImport(Glibc)
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #else
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #endif
    // Tests run on threads that block signals, and children would inherit that.
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (stream, descriptor, file) in [
      (output, STDOUT_FILENO, outputPath), (errors, STDERR_FILENO, errorPath),
    ] {
      switch stream {
      case .captured:
        posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_APPEND, 0o644)
      case .path(let path):
        posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_NOCTTY, 0)
      case .closed: posix_spawn_file_actions_addclose(&actions, descriptor)
      }
    }
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // The shell does what Glibc's module has no file actions for, and becomes the program: it closes what other tests of this
    // process have open, whose locks the program would hold as long as it runs, and changes the folder.
    let script = """
      for file in /proc/self/fd/*; do
        number=${file##*/}
        if [[ $number =~ ^[0-9]+$ ]] && ((number > 2)); then eval "exec $number>&-"; fi
      done
      cd "$0" && exec "$@"
      """
    let shell = ["/bin/bash", "-c", script, folder.path] + words
    var arguments = shell.map { strdup($0) } + [nil]
    var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { (arguments + settings).forEach { free($0) } }
    var process: pid_t = 0
    let failure = posix_spawn(&process, shell[0], &actions, &attributes, &arguments, &settings)
    guard failure == 0 else {
      throw NSError(
        domain: NSPOSIXErrorDomain, code: Int(failure),
        userInfo: [NSLocalizedDescriptionKey: "cannot start \(words[0])"])
    }
    self.process = process
  }

  deinit {
    if isRunning {
      send(SIGKILL)
      waitpid(process, nil, 0)
    }
  }

  /// Sends it a signal.
  func send(_ signal: Int32) { kill(process, signal) }

  /// Whether it has not ended yet.
  var isRunning: Bool {
    if status != nil { return false }
    var status: Int32 = 0
    if waitpid(process, &status, WNOHANG) == process { self.status = status }
    return self.status == nil
  }

  /// What it has written to standard error so far.
  var errorsSoFar: String { Self.text(errorPath) }

  /// Waits until `condition` holds or the program has ended; false if that takes longer than `limit` seconds.
  func wait(upTo limit: Double = 60, until condition: () -> Bool = { false }) -> Bool {
    let end = Date(timeIntervalSinceNow: limit)
    while isRunning, !condition() {
      if Date() > end { return false }
      usleep(1000)
    }
    return true
  }

  /// Waits for the end, which comes by force after `limit` seconds.
  func finish(limit: Double = 60) -> Outcome {
    let timedOut = !wait(upTo: limit)
    if timedOut { send(SIGKILL) }
    _ = wait()
    let status = status ?? 0
    let signal = status & 0x7f
    return Outcome(
      exitCode: signal == 0 ? (status >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
      output: Self.text(outputPath), errors: Self.text(errorPath), timedOut: timedOut)
  }

  private static func text(_ path: String) -> String {
    (try? Data(contentsOf: URL(fileURLWithPath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
