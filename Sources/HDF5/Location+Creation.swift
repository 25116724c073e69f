internal import CHDF5

extension Location where Self: ~Copyable {
  /// Creates a group, and those on the way to it that are missing. The corresponding C function is `H5Gcreate2`.
  ///
  /// - Throws: `.alreadyExists`, `.permissionDenied`, `.refused` for a link that is not hard on the way.
  @discardableResult
  public func createGroup(_ path: String) throws(HDF5Error) -> Group {
    let parent = try newParent(of: path)
    return Group(try parent.createGroup(), at: parent.place.child(parent.name), in: openFile)
  }

  /// Creates a dataset, and the groups on the way to it that are missing. The corresponding C function is
  /// `H5Dcreate2`.
  ///
  /// - Parameters:
  ///   - path: where to put it.
  ///   - shape: its dimensions, slowest first (row-major); empty for a single value.
  ///   - type: the type of its elements in the file, little-endian.
  ///   - options: layout, filters, room to grow.
  /// - Precondition: dimensions are not negative, and the options fit each other: see `DatasetOptions`.
  /// - Throws: `.alreadyExists`, `.permissionDenied`, `.mismatch` if the size overflows, `.unsupportedType`,
  ///   `.refused` for a link that is not hard on the way.
  public func createDataset(
    _ path: String, shape: [Int], type: ElementType, options: DatasetOptions = DatasetOptions()
  ) throws(HDF5Error) -> Dataset {
    let parent = try newParent(of: path)
    return try Dataset(creatingIn: parent, of: openFile, shape: shape, type: type, options: options)
  }

  /// Creates a dataset of numbers and writes them: shape `[values.count]` unless another is given.
  ///
  /// - Precondition: the shape has as many elements as there are values.
  /// - Throws: what `createDataset(_:shape:type:options:)` throws, `.noSpace`, `.io`.
  @discardableResult
  public func createDataset<Element: HDF5Element>(
    _ path: String, _ values: [Element], shape: [Int]? = nil, options: DatasetOptions = DatasetOptions()
  ) throws(HDF5Error) -> Dataset {
    let dataset = try createDataset(
      path, shape: shape ?? [values.count], type: Element.elementType, options: options)
    try dataset.write(from: values)
    return dataset
  }

  /// Creates a dataset of one text, as a fixed-length UTF-8 string, and writes it.
  ///
  /// Its shape is that of a single value, or `[1]` with a chunked layout, since only chunks can have a checksum.
  ///
  /// - Throws: what `createDataset(_:shape:type:options:)` throws, `.noSpace`, `.io`.
  @discardableResult
  public func createDataset(
    _ path: String, text: String, options: DatasetOptions = DatasetOptions()
  ) throws(HDF5Error) -> Dataset {
    var shape: [Int] = []
    if case .chunked = options.layout { shape = [1] }
    let dataset = try createDataset(
      path, shape: shape, type: .string(length: max(1, text.utf8.count)), options: options)
    try dataset.write(text: text)
    return dataset
  }

  private func newParent(of path: String) throws(HDF5Error) -> Parent {
    let names = try PathName.components(of: path, at: place)
    guard !names.isEmpty else { throw Parent.alreadyExists(at: place) }
    let parent = try parent(of: path, names, creatingGroups: true)
    guard try parent.linkType() == nil else {
      throw Parent.alreadyExists(at: parent.place.child(parent.name))
    }
    return parent
  }
}

extension Parent {
  /// Creates the group. The corresponding C function is `H5Gcreate2`.
  func createGroup() throws(HDF5Error) -> Handle {
    let (id, name, place) = (id, name, place.child(name))
    let properties = try Handle(.propertyList, "H5Pcreate", at: place) { H5Pcreate(chdf5_group_create()) }
    let list = properties.id
    try Library.call("H5Pset_obj_track_times", at: place) { H5Pset_obj_track_times(list, false) }
    return try Handle(.object, "H5Gcreate2", at: place) {
      H5Gcreate2(id, name, chdf5_default(), list, chdf5_default())
    }
  }

  static func alreadyExists(at place: Place) -> HDF5Error {
    HDF5Error(
      .alreadyExists, at: place, function: "H5Lexists", problem: "an object of this name is there already",
      remedy: "Choose another name, or delete it first.")
  }
}
