internal import CHDF5

/// How a dataset is created.
public struct DatasetOptions: Sendable, Hashable {
  /// How the elements are laid out. A chunk is cut down to the shape where the dataset cannot grow.
  public var layout: Dataset.Layout

  /// The level of compression by deflate, 0 to 9, or nil for none.
  public var deflate: Int?

  /// Whether bytes are sorted by significance before compression.
  public var shuffle: Bool

  /// Whether each chunk carries a checksum.
  public var fletcher32: Bool

  /// How far each dimension may grow, nil for without end; nil as a whole if the dataset keeps its shape.
  public var maximumShape: [Int?]?

  /// How a dataset is created: contiguous by default. Filters and growth need chunks.
  public init(
    layout: Dataset.Layout = .contiguous, deflate: Int? = nil, shuffle: Bool = false,
    fletcher32: Bool = false,
    maximumShape: [Int?]? = nil
  ) {
    self.layout = layout
    self.deflate = deflate
    self.shuffle = shuffle
    self.fletcher32 = fletcher32
    self.maximumShape = maximumShape
  }

  /// Traps if the options contradict each other or the shape: that is a bug of the caller.
  fileprivate func check(for shape: [Int]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "a dimension is negative")
    precondition(deflate.map { (0...9).contains($0) } ?? true, "deflate has the levels 0 to 9")
    if let maximumShape {
      precondition(maximumShape.count == shape.count, "the maximal shape has the shape's rank")
      precondition(
        zip(shape, maximumShape).allSatisfy { $0 <= $1 ?? .max }, "the shape is within the maximal shape")
    }
    switch layout {
    case .chunked(let chunk):
      precondition(chunk.count == shape.count && !chunk.isEmpty, "a chunk has the shape's rank, at least 1")
      precondition(chunk.allSatisfy { $0 > 0 }, "a chunk has at least one element")
    case .contiguous, .compact:
      precondition(
        deflate == nil && !shuffle && !fletcher32 && maximumShape == nil, "filters and growth need chunks")
    case .virtual, .other: preconditionFailure("virtual datasets cannot be created")
    }
  }

  /// The corresponding creation property list.
  fileprivate func makeProperties(for shape: [Int], at place: Place) throws(HDF5Error) -> Handle {
    let properties = try Handle(.propertyList, "H5Pcreate", at: place) { H5Pcreate(chdf5_dataset_create()) }
    let list = properties.id
    try Library.call("H5Pset_obj_track_times", at: place) { H5Pset_obj_track_times(list, false) }
    switch layout {
    case .chunked(let chunk):
      let dimensions = zip(chunk, shape).map { hsize_t(maximumShape == nil ? min($0, max($1, 1)) : $0) }
      try Library.call("H5Pset_chunk", at: place) { H5Pset_chunk(list, Int32(dimensions.count), dimensions) }
    case .compact: try Library.call("H5Pset_layout", at: place) { H5Pset_layout(list, H5D_COMPACT) }
    default:
      // The place in the file is settled now, for `Dataset.offset`, but not filled with zeros first.
      try Library.call("H5Pset_alloc_time", at: place) { H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY) }
      try Library.call("H5Pset_fill_time", at: place) { H5Pset_fill_time(list, H5D_FILL_TIME_NEVER) }
    }
    if shuffle { try Library.call("H5Pset_shuffle", at: place) { H5Pset_shuffle(list) } }
    if let deflate {
      try Library.call("H5Pset_deflate", at: place) { H5Pset_deflate(list, UInt32(deflate)) }
    }
    if fletcher32 { try Library.call("H5Pset_fletcher32", at: place) { H5Pset_fletcher32(list) } }
    return properties
  }
}

extension Dataset {
  /// Creates a dataset. The corresponding C function is `H5Dcreate2`.
  init(
    creatingIn parent: borrowing Parent, of openFile: OpenFile, shape: [Int], type: ElementType,
    options: DatasetOptions
  ) throws(HDF5Error) {
    options.check(for: shape)
    let (id, name, place) = (parent.id, parent.name, parent.place.child(parent.name))
    let datatype = try type.makeDatatype(at: place)
    let datatypeID = datatype.id
    guard let count = Dataspace.count(shape),
      !count.multipliedReportingOverflow(by: max(8, type.size)).overflow
    else {
      throw HDF5Error(
        .mismatch, at: place, function: "H5Dcreate2", problem: "a dataset of this shape is too large",
        found: "\(shape)")
    }
    let space = try Dataspace.make(shape, maximum: options.maximumShape, at: place)
    let spaceID = space.id
    let properties = try options.makeProperties(for: shape, at: place)
    let list = properties.id
    let handle = try Handle(.object, "H5Dcreate2", at: place) {
      H5Dcreate2(id, name, datatypeID, spaceID, chdf5_default(), list, chdf5_default())
    }
    try self.init(handle, at: place, in: openFile, allowingForeignData: true)
  }
}

extension ElementType {
  /// The bytes of one element; 16 for the references that stand for strings of any length.
  fileprivate var size: Int {
    switch self {
    case .float(let bits), .integer(let bits, _): bits / 8
    case .string(let length): length ?? 16
    case .other: 1
    }
  }
}
