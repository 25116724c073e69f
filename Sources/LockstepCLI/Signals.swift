import Lockstep
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the program does when it is told to end.
enum Signals {
  /// What the handler, which can be passed nothing, makes.
  private static let stop = StopRequest()
  /// When the first signal came, in nanoseconds; 0 before that.
  private static let firstSignal = Atomic<UInt64>(0)

  /// Turns writes to a closed pipe, and beyond the limit of a file's size, into errors.
  static func ignoreFailedWrites() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Lets the program have more files open, if it may: virtual datasets may be in hundreds.
  static func raiseFileLimit() {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    guard getrlimit(resource, &limit) == 0, limit.rlim_cur < min(limit.rlim_max, 65536) else { return }
    limit.rlim_cur = min(limit.rlim_max, 65536)
    // If it is refused, the limit stays what it was.
    _ = setrlimit(resource, &limit)
  }

  /// Lets the first interrupt, termination or hang-up make the request that is returned; a second one ends the program
  /// at once.
  ///
  /// Plain handlers, not Dispatch's sources: on Linux these get nothing unless every thread blocks the signal.
  static func stopRequest() -> StopRequest {
    let stop = stop
    _ = firstSignal.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let previous = signal(number) { Signals.handle($0) }
      // What the caller had the program ignore, as nohup does, stays ignored.
      if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, SIG_IGN)
      }
    }
    return stop
  }

  /// Calls only what a signal's handler may call.
  private static func handle(_ number: Int32) {
    let code = errno
    let now = nanoseconds()
    let (isFirst, first) = firstSignal.compareExchange(
      expected: 0, desired: now, ordering: .sequentiallyConsistent)
    if !isFirst {
      // One wish can come as several signals: from a terminal that closes, from a supervisor.
      if now - first > 500_000_000 {
        signal(number, SIG_DFL)
        raise(number)
      }
    } else {
      stop.make()
      let message: StaticString = "lockstep: stopping after this step; once more to stop at once\n"
      _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
    }
    errno = code
  }

  private static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
