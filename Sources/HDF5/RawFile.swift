internal import CHDF5

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The bytes of an open file, to be read from any thread without libhdf5 and its lock: with `Dataset.offset`, the way to read
/// contiguous data at the speed of the system.
///
/// Sendable: nothing changes, and `pread` has no position to share.
public final class RawFile: Sendable {
  /// The file.
  public let place: Place
  private let descriptor: Int32
  /// The file's size when it was opened.
  public let size: Int
  private let modification: Int
  private let identity: [UInt64]

  /// Duplicates the descriptor that libhdf5 reads `file` by, so that it is the same file whatever its name is by now. The
  /// corresponding C function is `H5Fget_vfd_handle`.
  ///
  /// - Throws: `.io` if the system does not give another descriptor.
  public convenience init(_ file: borrowing File) throws(HDF5Error) {
    let (id, place) = (file.id, Place(file: file.path))
    var pointer: UnsafeMutableRawPointer?
    try Library.call("H5Fget_vfd_handle", at: place) { H5Fget_vfd_handle(id, chdf5_default(), &pointer) }
    let descriptor = pointer.map { fcntl($0.load(as: Int32.self), F_DUPFD_CLOEXEC, 0) } ?? -1
    guard descriptor >= 0 else { throw HDF5Error(errno: errno, function: "fcntl", place: place) }
    self.init(descriptor, at: place)
  }

  /// Opens any regular file: one that a dataset has as external storage.
  ///
  /// - Throws: `.notFound`, `.permissionDenied`, `.notRegularFile`, `.io`.
  public convenience init(opening path: String) throws(HDF5Error) {
    let place = Place(file: path)
    _ = try RegularFile(at: place, writable: false)
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw HDF5Error(errno: errno, function: "open", place: place) }
    self.init(descriptor, at: place)
  }

  /// Takes over a descriptor.
  private init(_ descriptor: Int32, at place: Place) {
    self.descriptor = descriptor
    self.place = place
    var status = stat()
    // A descriptor that is open has a status.
    _ = fstat(descriptor, &status)
    (size, modification) = RawFile.version(status)
    identity = [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
  }

  deinit { close(descriptor) }

  /// Reads as many bytes as `bytes` has, from `offset` on.
  ///
  /// - Throws: `.truncated` if the file ends before, `.io`.
  public func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(HDF5Error) {
    var done = 0
    while done < bytes.count {
      // The system reads at most 2 GiB at once.
      let most = min(bytes.count - done, 1 << 30)
      let count = pread(descriptor, bytes.baseAddress.map { $0 + done }, most, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw HDF5Error(errno: errno, function: "pread", place: place) }
      guard count > 0 else { throw shrunk(end: offset + done, needed: offset + bytes.count) }
      done += count
    }
  }

  /// Tells the system that these bytes will be read soon. It may begin to read them.
  public func willRead(at offset: Int, count: Int) {
    #if canImport(Glibc)
      _ = posix_fadvise(descriptor, off_t(offset), off_t(count), POSIX_FADV_WILLNEED)
    #endif
  }

  /// Calls `body` with the file's descriptor, for reads of other kinds; it is open as long as this object lives.
  public func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result { body(descriptor) }

  /// Throws `.io` if the file was written or cut off since it was opened: what was learnt of it may no longer hold.
  public func requireUnchanged() throws(HDF5Error) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw HDF5Error(errno: errno, function: "fstat", place: place)
    }
    let (size, modification) = RawFile.version(status)
    if size < self.size { throw shrunk(end: size, needed: self.size) }
    guard size == self.size, modification == self.modification else {
      throw HDF5Error(
        .io, at: place, function: "fstat", problem: "the file was changed while it was read",
        remedy: "Leave it alone while it is in use, and start again.")
    }
  }

  /// Throws `.io` unless `other` is the same file, which may have been written since.
  public func requireSame(as other: RawFile) throws(HDF5Error) {
    guard identity == other.identity else {
      throw HDF5Error(
        .io, at: place, function: "fstat", problem: "the file was replaced while it was read",
        remedy: "Leave it alone while it is in use, and start again.")
    }
  }

  /// Whether `path` leads to this file, by whatever name.
  public func isFile(at path: String) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { return false }
    return identity == [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
  }

  /// Waits until everything written to the file is on the disk. The corresponding C function is `fsync`.
  ///
  /// - Throws: `.io`, `.noSpace`. It is not to be tried again: the system may have dropped what it could not write.
  public func synchronize() throws(HDF5Error) {
    guard fsync(descriptor) == 0 else { throw HDF5Error(errno: errno, function: "fsync", place: place) }
  }

  private func shrunk(end: Int, needed: Int) -> HDF5Error {
    HDF5Error(
      .io, at: place, function: "pread", problem: "the file became shorter while it was read",
      found: "\(end) bytes", expected: "\(needed)", remedy: "Restore it and start again.")
  }

  private static func version(_ status: stat) -> (size: Int, modification: Int) {
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return (Int(status.st_size), Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec))
  }
}
