#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is written under a temporary name beside its target and then takes the target's place at once.
///
/// Whoever reads the target sees the old file or the new one, never half of either, also after a power
/// failure: the bytes are on disk before the name is changed, and the change of name is on disk before `commit`
/// returns. A file that is not committed is removed.
public struct StagedFile: ~Copyable {
  /// The name that the file will have. A symbolic link is followed, so that it stays a link.
  public let target: String
  /// The name that it has until then, in the same directory.
  public let temporary: String
  private var committed = false

  /// Chooses a temporary name beside `path`, and removes what processes that no longer run have left there.
  ///
  /// - Throws: ``LockstepError`` if the directory is missing or cannot be written, or if links lead in a circle.
  public init(replacing path: String) throws(LockstepError) {
    let target = try Self.resolvingLink(path)
    let (directory, name) = Self.split(target)
    try Self.requireName(name, path)
    try Self.requireWritable(directory: directory, for: path)
    Self.removeLeftovers(of: name, in: directory)
    self.target = target
    // The process number tells whether the owner still runs; the rest tells apart what one process writes at once.
    let unique = UInt64.random(in: 0 ... .max)
    temporary = "\(directory)/\(Self.prefix(of: name))\(getpid())-\(String(unique, radix: 36))"
  }

  deinit {
    if !committed { unlink(temporary) }
  }

  /// Makes the bytes durable, gives the file its name, and makes the name durable.
  ///
  /// A failed fsync is not tried again: after one failure the kernel may have dropped the bytes.
  public consuming func commit() throws(LockstepError) {
    let file = open(temporary, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Self.failure(target, "cannot be reopened to be made durable") }
    let synced = fsync(file)
    let reason = errno
    close(file)
    guard synced == 0 else {
      errno = reason
      throw Self.failure(target, "cannot be made durable (fsync)")
    }
    guard rename(temporary, target) == 0 else {
      throw Self.failure(target, "cannot be put in place (rename)")
    }
    committed = true
    let directory = open(Self.split(target).directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw Self.failure(target, "its directory cannot be opened") }
    defer { close(directory) }
    // Some file systems cannot sync a directory and say EINVAL; their renames are durable or not as they are.
    guard fsync(directory) == 0 || errno == EINVAL else {
      throw Self.failure(target, "its directory cannot be made durable (fsync)")
    }
  }

  /// Checks, before anything is written, that the disk has space for `bytes` bytes, which `what` would take.
  ///
  /// - Throws: ``LockstepError`` of kind `inputOutput`, like that of a disk that is full in the end.
  public func requireSpace(_ bytes: Int, for what: String) throws(LockstepError) {
    var information = statvfs()
    // Some network file systems do not say; then the disk tells in the end.
    guard statvfs(Self.split(target).directory, &information) == 0, information.f_blocks > 0 else { return }
    let free = UInt64(information.f_bavail).multipliedReportingOverflow(by: UInt64(information.f_frsize))
    guard !free.overflow, free.partialValue < UInt64(bytes) else { return }
    throw LockstepError(
      .inputOutput, target, "there is not enough space on the disk for \(what)",
      found: "\(free.partialValue) bytes", expected: "at least \(bytes)",
      remedy: "Free some space, write less, or choose another disk.")
  }

  /// Checks, before any work is done, that `path` could be written.
  public static func requireWritable(_ path: String) throws(LockstepError) {
    let target = try resolvingLink(path)
    try requireName(split(target).name, path)
    try requireWritable(directory: split(target).directory, for: path)
    var information = stat()
    if stat(target, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
      throw LockstepError(
        .cannotCreate, path, "exists and is not a regular file", remedy: "Choose another output.")
    }
  }

  /// An error with the text of `errno`, of the kind that fits it.
  public static func failure(_ subject: String, _ problem: String) -> LockstepError {
    let code = errno
    let text = String(cString: strerror(code))
    switch code {
    case ENOSPC, EDQUOT:
      return LockstepError(
        .inputOutput, subject, "\(problem): \(text)", remedy: "Free some space and try again.")
    case EACCES, EPERM:
      return LockstepError(
        .permission, subject, "\(problem): \(text)", remedy: "Change the permissions or the place.")
    case EROFS:
      return LockstepError(
        .cannotCreate, subject, "\(problem): \(text)", remedy: "Choose a place that can be written.")
    default:
      return LockstepError(.inputOutput, subject, "\(problem): \(text)", remedy: "Check the disk.")
    }
  }

  private static func requireName(_ name: String, _ path: String) throws(LockstepError) {
    guard !name.isEmpty else {
      throw LockstepError(
        .usage, "--output", path.isEmpty ? "is empty" : "names a directory, not a file",
        remedy: "Name the file to write.")
    }
  }

  private static func requireWritable(directory: String, for path: String) throws(LockstepError) {
    var information = stat()
    guard stat(directory, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
      throw LockstepError(
        .cannotCreate, path, "the directory \(directory) does not exist",
        remedy: "Create it first: mkdir -p \(directory)")
    }
    guard access(directory, W_OK | X_OK) == 0 else {
      if errno == EROFS { throw failure(path, "the directory \(directory) cannot be written") }
      throw LockstepError(
        .permission, path, "the directory \(directory) cannot be written",
        remedy: "Change its permissions or choose another place.")
    }
  }

  private static func prefix(of name: String) -> String { ".\(name).tmp-" }

  private static func removeLeftovers(of name: String, in directory: String) {
    guard let listing = opendir(directory) else { return }
    defer { closedir(listing) }
    let prefix = prefix(of: name)
    while let entry = readdir(listing) {
      let found = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      let digits = found.dropFirst(prefix.count).prefix { $0 != "-" }
      // A negative number would ask for a group of processes.
      guard found.hasPrefix(prefix), let owner = pid_t(digits), owner > 0, String(owner) == digits
      else { continue }
      // Signal 0 only asks whether the process exists.
      if kill(owner, 0) != 0, errno == ESRCH { unlink("\(directory)/\(found)") }
    }
  }

  /// The file that `path` names once symbolic links are followed, also if that file is yet to be made.
  public static func resolvingLink(_ path: String) throws(LockstepError) -> String {
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    if errno == ELOOP {
      throw LockstepError(
        .cannotCreate, path, "its symbolic links lead in a circle", remedy: "Choose another output.")
    }
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &bytes, bytes.count)
    guard count > 0 else {
      let (directory, name) = split(path)
      guard let resolved = realpath(directory, nil) else { return path }
      defer { free(resolved) }
      let folder = String(cString: resolved)
      return folder == "/" ? "/\(name)" : "\(folder)/\(name)"
    }
    let link = String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return try resolvingLink(link.hasPrefix("/") ? link : "\(split(path).directory)/\(link)")
  }

  private static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = slash == path.startIndex ? "/" : String(path[..<slash])
    return (directory, String(path[path.index(after: slash)...]))
  }
}
