internal import CHDF5

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// An open HDF5 file; it is also its own root group.
///
/// It stays open until it and every group and dataset opened through it are gone. `close()` closes it at once, with
/// all of these: they throw from then on.
///
/// Sendable: the stored properties never change, and every call is made under the library's lock.
public struct File: ~Copyable, Location, Sendable {
  /// What a file is opened for.
  public enum Access: Sendable, Hashable {
    /// Nothing is written, and the file is not locked: other programs may read it too, and file systems without
    /// locks do.
    case reading
    /// Reading and writing. libhdf5 locks the file unless `HDF5_USE_FILE_LOCKING=FALSE`.
    case updating
  }

  /// The identifier that libhdf5 knows the file by, for C functions that this module does not wrap.
  public var id: Int64 { openFile.id }

  /// The root group's place.
  public let place: Place

  /// The path that the file was opened with.
  public var path: String { place.file }

  /// What keeps the file open.
  public let openFile: OpenFile

  /// Opens a file. The corresponding C function is `H5Fopen`.
  ///
  /// - Throws: `.notFound`, `.permissionDenied`, `.notRegularFile`, `.notHDF5`, `.truncated`, `.notClosedByWriter`,
  ///   `.damaged`, `.inUse`.
  public init(opening path: String, for access: Access = .reading) throws(HDF5Error) {
    let seen = try RegularFile(at: Place(file: path), writable: access == .updating)
    openFile =
      switch access {
      case .reading: try File.open(seen, at: Place(file: path), for: access)
      case .updating:
        try File.patiently { () throws(HDF5Error) in try File.open(seen, at: Place(file: path), for: access) }
      }
    place = Place(file: path, object: "/")
  }

  /// A lock outlives the file's being closed for a moment if another thread starts a process at that time, which has the
  /// descriptor until it runs its own program: for a fifth of a second, who wants to write tries again.
  static func patiently(_ open: () throws(HDF5Error) -> OpenFile) throws(HDF5Error) -> OpenFile {
    for _ in 0..<10 {
      do throws(HDF5Error) {
        return try open()
      } catch {
        guard error.kind == .inUse else { throw error }
        usleep(20_000)
      }
    }
    return try open()
  }

  private static func open(
    _ seen: RegularFile, at place: Place, for access: Access
  ) throws(HDF5Error) -> OpenFile {
    let properties = try accessProperties(at: place)
    let list = properties.id
    if access == .reading {
      try Library.call("H5Pset_file_locking", at: place) { H5Pset_file_locking(list, false, true) }
    }
    do throws(HDF5Error) {
      let file = try OpenFile("H5Fopen", at: place) {
        H5Fopen(place.file, access == .reading ? chdf5_acc_rdonly() : chdf5_acc_rdwr(), list)
      }
      try requireIdentity(of: file.id, with: seen, at: place)
      return file
    } catch {
      throw error.refined(head: seen.head, size: seen.size)
    }
  }

  /// Takes over a file that was just created; see `init(creating:_:)`.
  init(created file: OpenFile, path: String) {
    self.openFile = file
    self.place = Place(file: path, object: "/")
  }

  /// The size of the file in bytes, user block included. The corresponding C function is `H5Fget_filesize`.
  public var size: Int {
    get throws(HDF5Error) {
      let id = id
      var size: hsize_t = 0
      try Library.call("H5Fget_filesize", at: Place(file: path)) { H5Fget_filesize(id, &size) }
      return try Int(checking: size, at: place)
    }
  }

  /// Hands everything written so far to the operating system, which has not put it on the disk yet: libhdf5 never
  /// calls `fsync`. The corresponding C function is `H5Fflush`.
  ///
  /// - Throws: `.noSpace`, `.io`.
  public func flush() throws(HDF5Error) {
    let id = id
    try Library.call("H5Fflush", at: Place(file: path)) { H5Fflush(id, H5F_SCOPE_LOCAL) }
  }

  /// The bytes that the file would consist of on the disk, without the user block. The corresponding C function is
  /// `H5Fget_file_image`.
  ///
  /// libhdf5 1.10 gives an image that it cannot open itself for some formats: use this with `Format.earliest`
  /// alone.
  public func image() throws(HDF5Error) -> [UInt8] {
    try flush()
    let (id, place) = (id, Place(file: path))
    let size = try Library.call("H5Fget_file_image", at: place) { H5Fget_file_image(id, nil, 0) }
    var image = [UInt8](repeating: 0, count: Int(size))
    try Library.call("H5Fget_file_image", at: place) { H5Fget_file_image(id, &image, image.count) }
    return image
  }

  /// The number of identifiers that are open in the file, its own included. The corresponding C function is
  /// `H5Fget_obj_count`.
  public var openHandleCount: Int {
    get throws(HDF5Error) {
      let id = id
      return Int(
        try Library.call("H5Fget_obj_count", at: Place(file: path)) {
          H5Fget_obj_count(
            id, UInt32(H5F_OBJ_FILE | H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR | H5F_OBJ_DATATYPE))
        })
    }
  }

  /// Closes the file, and with it every handle opened through it. The corresponding C function is `H5Fclose`.
  ///
  /// Dropping the file closes it too, but nobody learns of a failure then: close what you wrote.
  ///
  /// - Throws: `.noSpace`, `.io`. The file's contents are unusable then, and it counts as closed.
  public consuming func close() throws(HDF5Error) {
    let place = Place(file: path)
    try openFile.close(at: place)
  }

  /// How libhdf5 accesses files: by plain system calls, and closing all handles with the file.
  static func accessProperties(at place: Place) throws(HDF5Error) -> Handle {
    let properties = try Handle(.propertyList, "H5Pcreate", at: place) { H5Pcreate(chdf5_file_access()) }
    let list = properties.id
    try Library.call("H5Pset_fapl_sec2", at: place) { H5Pset_fapl_sec2(list) }
    try Library.call("H5Pset_fclose_degree", at: place) { H5Pset_fclose_degree(list, H5F_CLOSE_STRONG) }
    return properties
  }

  /// Throws if the path came to name another file between the look at it and its opening. The corresponding C
  /// function is `H5Fget_vfd_handle`.
  private static func requireIdentity(
    of id: Int64, with seen: RegularFile, at place: Place
  ) throws(HDF5Error) {
    var pointer: UnsafeMutableRawPointer?
    try Library.call("H5Fget_vfd_handle", at: place) { H5Fget_vfd_handle(id, chdf5_default(), &pointer) }
    guard let descriptor = pointer?.load(as: Int32.self), seen.isSame(as: descriptor) else {
      throw HDF5Error(
        .io, at: place, function: "H5Fopen", problem: "the file was replaced while it was opened",
        remedy: "Try again.")
    }
  }
}

extension Int {
  /// A size of libhdf5's as an `Int`; throws `.damaged` for one that no file can have.
  init(checking size: hsize_t, at place: Place) throws(HDF5Error) {
    guard let value = Int(exactly: size) else {
      throw HDF5Error(
        .damaged, at: place, function: "", problem: "a size in the file is impossible", found: "\(size)")
    }
    self = value
  }
}
