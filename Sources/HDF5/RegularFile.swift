#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A look at a file before libhdf5 sees it, which hangs on a pipe and knows no kinds of failure.
struct RegularFile {
  let device: UInt64
  let inode: UInt64
  let size: Int

  /// Its first 512 bytes, or all if there are fewer.
  let head: [UInt8]

  /// Throws unless `place` is a regular file that may be read, or read and written. The corresponding C functions
  /// are `stat`, `open` and `fstat`.
  init(at place: Place, writable: Bool) throws(HDF5Error) {
    try RegularFile.requireNoNUL(in: place)
    var status = stat()
    guard stat(place.file, &status) == 0 else {
      throw HDF5Error(errno: errno, function: "stat", place: place)
    }
    try RegularFile.requireRegular(status, at: place)
    // Should the file have become a pipe just now, O_NONBLOCK keeps `open` from waiting for its other end.
    let descriptor = open(place.file, (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw HDF5Error(errno: errno, function: "open", place: place) }
    defer { close(descriptor) }
    guard fstat(descriptor, &status) == 0 else {
      throw HDF5Error(errno: errno, function: "fstat", place: place)
    }
    try RegularFile.requireRegular(status, at: place)
    let head = [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
      count = max(0, pread(descriptor, buffer.baseAddress, 512, 0))
    }
    self.head = head
    (device, inode, size) = RegularFile.identity(status)
  }

  /// Throws if `path` names something other than a regular file; that there is nothing is fine.
  static func requireCreatable(at place: Place) throws(HDF5Error) {
    try requireNoNUL(in: place)
    var status = stat()
    guard stat(place.file, &status) == 0 else { return }
    try requireRegular(status, at: place)
  }

  /// Whether the open file `descriptor` is this one.
  func isSame(as descriptor: Int32) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    let other = RegularFile.identity(status)
    return other.device == device && other.inode == inode
  }

  private static func identity(_ status: stat) -> (device: UInt64, inode: UInt64, size: Int) {
    (
      UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino),
      Int(status.st_size)
    )
  }

  private static func requireNoNUL(in place: Place) throws(HDF5Error) {
    guard place.file.utf8.contains(0) else { return }
    throw HDF5Error(.notFound, at: place, function: "open", problem: "the path contains a NUL character")
  }

  private static func requireRegular(_ status: stat, at place: Place) throws(HDF5Error) {
    let kind: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: kind = "a folder"
    case S_IFIFO: kind = "a pipe"
    case S_IFSOCK: kind = "a socket"
    case S_IFCHR, S_IFBLK: kind = "a device"
    default: kind = "something else"
    }
    throw HDF5Error(
      .notRegularFile, at: place, function: "stat", problem: "this cannot be opened as an HDF5 file",
      found: kind, expected: "a regular file")
  }
}
