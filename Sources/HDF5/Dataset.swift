internal import CHDF5

/// An open dataset: an array of numbers (or one text) in a file, row-major.
///
/// Sendable: what is stored changes only by `resize(to:)`, which needs exclusive access, and every call is made under
/// the library's lock.
public struct Dataset: ~Copyable, Attributed, Sendable {
  /// The identifier that libhdf5 knows the dataset by, for C functions that this module does not wrap.
  public var id: Int64 { handle.id }

  /// The file and the dataset's path in it.
  public let place: Place

  /// The dataset's path within the file.
  public var path: String { place.object }

  /// The dimensions, slowest first; empty for a single value.
  public private(set) var shape: [Int]

  /// The type of the elements in the file.
  public let type: ElementType

  /// The order of the bytes of each number, or nil for what are not numbers.
  public let byteOrder: ByteOrder?

  /// How the elements are laid out in the file.
  public let layout: Layout

  /// What the chunks went through on their way into the file, in that order.
  public let filters: [Filter]

  /// Where its elements are if it has external storage: pieces of other files, one after the other; else none.
  public let externalPieces: [ExternalPiece]

  /// Where its elements are if it is virtual: in other datasets, mostly of other files; else none.
  public let virtualMappings: [VirtualMapping]

  /// Whether it was created to have no value at all (a null dataspace), not even none of an array.
  let isNull: Bool

  /// The bytes of one element in the file.
  let elementSize: Int

  /// What keeps the file open.
  private let openFile: OpenFile

  private let handle: Handle

  /// The number of elements; 0 also if it overflows, which `verify(_:)` refuses.
  public var count: Int { Dataspace.count(shape) ?? 0 }

  /// How the elements of a dataset are laid out in the file.
  public enum Layout: Sendable, Hashable {
    /// In one piece: fastest to read in any order.
    case contiguous
    /// Within the dataset's header: for a few bytes.
    case compact
    /// In pieces of the given shape, which can be filtered and added later.
    case chunked([Int])
    /// In other datasets, often in other files.
    case virtual
    /// Unknown to this module.
    case other
  }

  /// Takes over an open dataset, looks at it, and verifies it if limits are given.
  static func open(
    _ handle: consuming Handle, at place: Place, in openFile: OpenFile, checking limits: ReadLimits?
  ) throws(HDF5Error) -> Dataset {
    let dataset = try Dataset(
      handle, at: place, in: openFile, allowingForeignData: limits?.allowsOtherFiles ?? true)
    if let limits { try dataset.verify(limits) }
    return dataset
  }

  /// Takes over an open dataset and looks at it.
  ///
  /// The order matters: asking a virtual dataset for its shape can open other files, so the layout is checked first.
  init(_ handle: consuming Handle, at place: Place, in openFile: OpenFile, allowingForeignData: Bool)
    throws(HDF5Error)
  {
    let id = handle.id
    let properties = try Handle(.propertyList, "H5Dget_create_plist", at: place) { H5Dget_create_plist(id) }
    let list = properties.id
    let layout = try Layout(of: list, at: place)
    let filters = try Filter.list(of: list, at: place)
    let pieces = try ExternalPiece.list(of: list, at: place)
    let mappings = layout == .virtual ? try VirtualMapping.list(of: list, at: place) : []
    if !allowingForeignData { try Dataset.verify(layout, pieces, mappings, at: place) }
    let datatype = try Handle(.datatype, "H5Dget_type", at: place) { H5Dget_type(id) }
    let (type, byteOrder) = try ElementType.describe(datatype.id, at: place)
    let size = try ElementType.size(of: datatype.id, at: place)
    let mapped = try VirtualMapping.shape(of: list, layout, at: place)
    let shape = if let mapped { mapped } else { try Dataset.shape(of: id, at: place) }
    self.shape = shape ?? [0]
    self.isNull = shape == nil
    self.type = type
    self.byteOrder = byteOrder
    self.elementSize = size
    self.layout = layout
    self.filters = filters
    self.externalPieces = pieces
    self.virtualMappings = mappings
    self.place = place
    self.openFile = openFile
    self.handle = handle
  }

  /// The bytes that the elements take in the file: less than they have if compressed, 0 if nothing was written. The
  /// corresponding C function is `H5Dget_storage_size`.
  public var storageSize: Int {
    get throws(HDF5Error) {
      let id = id
      var size: hsize_t = 0
      try Library.call("H5Dget_storage_size", at: place) {
        size = H5Dget_storage_size(id)
        return 0
      }
      return try Int(checking: size, at: place)
    }
  }

  /// Where the elements begin in the file, user block included, if they are contiguous and allocated. The
  /// corresponding C function is `H5Dget_offset`.
  ///
  /// With this, the elements can be read by `pread` from any thread, without libhdf5.
  public var offset: Int? {
    get throws(HDF5Error) {
      guard layout == .contiguous, externalPieces.isEmpty else { return nil }
      let id = id
      var offset = chdf5_undefined_address()
      try Library.call("H5Dget_offset", at: place) {
        offset = H5Dget_offset(id)
        return 0
      }
      return offset == chdf5_undefined_address() ? nil : try Int(checking: hsize_t(offset), at: place)
    }
  }

  /// The number of chunks that are stored; 0 for other layouts. The corresponding C function is `H5Dget_num_chunks`.
  public var chunkCount: Int {
    get throws(HDF5Error) {
      guard case .chunked = layout else { return 0 }
      // A real dataspace is passed: libhdf5 1.10.8 fails with H5S_ALL.
      let space = try makeDataspace()
      let (id, spaceID) = (id, space.id)
      var count: hsize_t = 0
      try Library.call("H5Dget_num_chunks", at: place) { H5Dget_num_chunks(id, spaceID, &count) }
      return try Int(checking: count, at: place)
    }
  }

  /// Changes the dimensions, within the maximal shape that the dataset was created with. The corresponding C function
  /// is `H5Dset_extent`. New elements are 0; elements outside the new shape are lost.
  ///
  /// - Precondition: the rank stays and no dimension is negative.
  /// - Throws: `.library` if the dataset cannot grow so far, `.permissionDenied`.
  public mutating func resize(to newShape: [Int]) throws(HDF5Error) {
    precondition(newShape.count == shape.count && newShape.allSatisfy { $0 >= 0 }, "resizing keeps the rank")
    let id = id
    let dimensions = newShape.map { hsize_t($0) }
    try Library.call("H5Dset_extent", at: place) { H5Dset_extent(id, dimensions) }
    shape = newShape
  }

  /// A new copy of the dataset's dataspace. The corresponding C function is `H5Dget_space`.
  func makeDataspace() throws(HDF5Error) -> Handle {
    let id = id
    return try Handle(.dataspace, "H5Dget_space", at: place) { H5Dget_space(id) }
  }

  private static func shape(of id: Int64, at place: Place) throws(HDF5Error) -> [Int]? {
    let space = try Handle(.dataspace, "H5Dget_space", at: place) { H5Dget_space(id) }
    return try Dataspace.shape(of: space.id, at: place)
  }
}

extension Dataset.Layout: CustomStringConvertible {
  /// `contiguous`, `chunks of 1024 x 784` and so on.
  public var description: String {
    switch self {
    case .contiguous: "contiguous"
    case .compact: "compact"
    case .chunked(let chunk): "chunks of \(chunk.map(String.init).joined(separator: " x "))"
    case .virtual: "virtual"
    case .other: "unknown layout"
    }
  }

  /// The layout in a creation property list. The corresponding C functions are `H5Pget_layout` and `H5Pget_chunk`.
  init(of list: Int64, at place: Place) throws(HDF5Error) {
    switch try Library.call("H5Pget_layout", at: place, { H5Pget_layout(list).rawValue }) {
    case H5D_CONTIGUOUS.rawValue: self = .contiguous
    case H5D_COMPACT.rawValue: self = .compact
    case H5D_VIRTUAL.rawValue: self = .virtual
    case H5D_CHUNKED.rawValue:
      var dimensions = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK) + 1)
      let rank = try Library.call("H5Pget_chunk", at: place) {
        H5Pget_chunk(list, Int32(dimensions.count), &dimensions)
      }
      var chunk: [Int] = []
      for dimension in dimensions.prefix(Int(rank)) { chunk.append(try Int(checking: dimension, at: place)) }
      self = .chunked(chunk)
    default: self = .other
    }
  }
}
