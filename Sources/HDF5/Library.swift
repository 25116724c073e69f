internal import CHDF5
import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The C library behind this module: set up once, and called by one thread at a time.
///
/// libhdf5 is either not thread-safe at all or one global lock inside, depending on how it was built. So every
/// call of it, of whatever handle, goes through `call(_:at:_:)` below and takes one lock of our own for just that
/// one call. Reads of one thread therefore wait for those of another; nothing else does.
///
/// Rejected: an actor, since a reader thread must be able to block, and a handle must be closable in `deinit`.
public enum Library {
  /// The version of libhdf5 that is in use, such as `1.10.8`. The corresponding C function is `H5get_libversion`.
  public static var version: String { state.withLock { $0.version } }

  /// What the one-time set-up found; the lock around it is the lock around libhdf5. A global is initialised once,
  /// before any use, so the set-up precedes every other call.
  private static let state = Mutex(SetUp())

  /// Calls libhdf5: takes the lock, calls, and on failure (a negative status) turns the error stack into an error.
  ///
  /// `body` makes one C call, or a few that belong together; it must not use a handle's methods, for the lock is
  /// not recursive.
  @discardableResult
  static func call<Status: FixedWidthInteger & SignedInteger & Sendable>(
    _ function: StaticString, at place: Place, _ body: () -> Status
  ) throws(HDF5Error) -> Status {
    let outcome: Outcome<Status> = state.withLock { setUp in
      if let failure = setUp.failure { return .notUsable(failure) }
      // Per thread in thread-safe builds, so it is said on each call; it costs nanoseconds.
      _ = H5Eset_auto2(chdf5_error_default(), nil, nil)
      let status = body()
      return status >= 0 ? .succeeded(status) : .failed(currentErrorStack())
    }
    switch outcome {
    case .succeeded(let status): return status
    case .failed(let stack): throw HDF5Error(function: "\(function)", place: place, stack: stack)
    case .notUsable(let problem):
      throw HDF5Error(
        .library, at: place, function: "\(function)", problem: problem,
        remedy: "Install the libhdf5 that this program was built with, or build it again.")
    }
  }

  private enum Outcome<Status: Sendable>: Sendable {
    case succeeded(Status)
    case failed([HDF5Error.StackEntry])
    case notUsable(String)
  }

  /// The error stack of this thread, outermost function first. The corresponding C function is `H5Ewalk2`.
  private static func currentErrorStack() -> [HDF5Error.StackEntry] {
    var entries: [HDF5Error.StackEntry] = []
    _ = withUnsafeMutablePointer(to: &entries) { pointer in
      H5Ewalk2(
        chdf5_error_default(), H5E_WALK_DOWNWARD,
        { _, description, context in
          guard let description, let context else { return 0 }
          let entries = context.assumingMemoryBound(to: [HDF5Error.StackEntry].self)
          entries.pointee.append(
            HDF5Error.StackEntry(
              function: description.pointee.func_name.map { String(cString: $0) } ?? "",
              problem: description.pointee.desc.map { String(cString: $0) } ?? ""))
          return 0
        }, pointer)
    }
    return entries
  }
}

/// The one-time set-up of libhdf5, in the order that matters.
private struct SetUp: Sendable {
  let version: String

  /// Why libhdf5 must not be used, if so.
  let failure: String?

  init() {
    SetUp.forgetDangerousEnvironment()
    // First of all calls: the exit handler ends in a segmentation fault after a write that failed.
    _ = H5dont_atexit()
    guard H5open() >= 0 else {
      version = "unknown"
      failure = "libhdf5 could not be initialised"
      return
    }
    _ = H5Eset_auto2(chdf5_error_default(), nil, nil)
    var major: UInt32 = 0
    var minor: UInt32 = 0
    var release: UInt32 = 0
    _ = H5get_libversion(&major, &minor, &release)
    version = "\(major).\(minor).\(release)"
    // `H5check_version` would abort the process, so the comparison is made here.
    if (major, minor) != (chdf5_header_major(), chdf5_header_minor()) {
      failure = """
        libhdf5 \(version) is installed, but this program was built with \
        \(chdf5_header_major()).\(chdf5_header_minor())
        """
    } else if !SetUp.refuseForeignCode() {
      failure = "libhdf5's loading of plugins could not be switched off"
    } else {
      // External links read other files. There is no such switch for soft links: see `Location`.
      failure =
        chdf5_register_inert_external_links() >= 0
        ? nil : "libhdf5's external links could not be switched off"
    }
  }

  /// Variables that make libhdf5 load code, or open other files, whatever its interface is told.
  ///
  /// `HDF5_USE_FILE_LOCKING` stays: it is the users' own remedy for file systems without locks. `unsetenv` races
  /// with a thread that reads the environment without libc's lock; it is called once, at the first use.
  private static func forgetDangerousEnvironment() {
    for name in [
      "HDF5_PLUGIN_PATH", "HDF5_PLUGIN_PRELOAD", "HDF5_EXT_PREFIX", "HDF5_EXTFILE_PREFIX", "HDF5_VDS_PREFIX",
      "HDF5_DISABLE_VERSION_CHECK", "HDF5_DEBUG", "HDF5_VOL_CONNECTOR", "HDF5_DRIVER", "HDF5_DRIVER_CONFIG",
    ] {
      unsetenv(name)
    }
  }

  /// Switches plugins off, checks that they are, and empties the list of folders to look in.
  private static func refuseForeignCode() -> Bool {
    var state: UInt32 = 1
    guard H5PLset_loading_state(0) >= 0, H5PLget_loading_state(&state) >= 0, state == 0 else { return false }
    var folders: UInt32 = 0
    guard H5PLsize(&folders) >= 0 else { return false }
    for _ in 0..<folders where H5PLremove(0) < 0 { return false }
    return true
  }
}
