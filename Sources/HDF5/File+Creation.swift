internal import CHDF5

extension File {
  /// The versions of the file format that may be written.
  public enum Format: Sendable, Hashable {
    /// The oldest that can express each object: what libhdf5 and h5py write by default, and every program reads.
    case earliest
    /// As of HDF5 1.8 or later: checksums over the file's structure. Readable by everything since 2008.
    case v18
    /// As of HDF5 1.10 exactly: checksums everywhere but in contiguous data. With chunks and Fletcher checksums, no
    /// flipped bit stays unnoticed.
    case v110
  }

  /// How a file is created.
  public struct CreationOptions: Sendable, Hashable {
    /// Whether a file that is there already is replaced; otherwise that is an error.
    public var overwrite: Bool

    /// The versions of the file format that may be written.
    public var format: Format

    /// Bytes to leave free for the user at the beginning of the file: 0, or a power of two of at least 512.
    public var userBlockSize: Int

    /// Whether objects carry the time of their creation; without, equal contents give equal files.
    public var recordsObjectTimes: Bool

    /// How a file is created.
    public init(
      overwrite: Bool = false, format: Format = .v18, userBlockSize: Int = 0, recordsObjectTimes: Bool = false
    ) {
      self.overwrite = overwrite
      self.format = format
      self.userBlockSize = userBlockSize
      self.recordsObjectTimes = recordsObjectTimes
    }
  }

  /// Creates a file and opens it for updating. The corresponding C function is `H5Fcreate`.
  ///
  /// - Precondition: the size of the user block is 0, or a power of two of at least 512.
  /// - Throws: `.alreadyExists`, `.notFound` (the folder), `.permissionDenied`, `.notRegularFile`, `.inUse`, `.io`.
  public init(creating path: String, options: CreationOptions = CreationOptions()) throws(HDF5Error) {
    let userBlock = options.userBlockSize
    precondition(
      userBlock == 0 || userBlock >= 512 && userBlock.nonzeroBitCount == 1,
      "a user block has 0 bytes, or a power of two of at least 512")
    let place = Place(file: path)
    try RegularFile.requireCreatable(at: place)
    let access = try File.accessProperties(at: place)
    let accessList = access.id
    let (low, high) = options.format.bounds
    try Library.call("H5Pset_libver_bounds", at: place) { H5Pset_libver_bounds(accessList, low, high) }
    let creation = try Handle(.propertyList, "H5Pcreate", at: place) { H5Pcreate(chdf5_file_create()) }
    let creationList = creation.id
    try Library.call("H5Pset_userblock", at: place) { H5Pset_userblock(creationList, hsize_t(userBlock)) }
    let times = options.recordsObjectTimes
    try Library.call("H5Pset_obj_track_times", at: place) { H5Pset_obj_track_times(creationList, times) }
    let file = try File.patiently { () throws(HDF5Error) in
      try OpenFile("H5Fcreate", at: place) {
        H5Fcreate(
          path, options.overwrite ? chdf5_acc_trunc() : chdf5_acc_excl(), creationList, accessList)
      }
    }
    self.init(created: file, path: path)
  }
}

extension File.Format {
  fileprivate var bounds: (low: H5F_libver_t, high: H5F_libver_t) {
    switch self {
    case .earliest: (H5F_LIBVER_EARLIEST, H5F_LIBVER_V110)
    case .v18: (H5F_LIBVER_V18, H5F_LIBVER_V110)
    case .v110: (H5F_LIBVER_V110, H5F_LIBVER_V110)
    }
  }
}
