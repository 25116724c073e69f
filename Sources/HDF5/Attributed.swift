internal import CHDF5

/// Something that carries attributes, small named values: a file (its root group), a group or a dataset.
public protocol Attributed: ~Copyable {
  /// The identifier that libhdf5 knows the object by.
  var id: Int64 { get }

  /// The file and the object's path in it.
  var place: Place { get }
}

extension Attributed where Self: ~Copyable {
  /// Whether there is an attribute of this name. The corresponding C function is `H5Aexists`.
  public func hasAttribute(_ name: String) throws(HDF5Error) -> Bool {
    let (id, place) = (id, place(of: name))
    guard !name.utf8.contains(0) else { return false }
    return try Library.call("H5Aexists", at: place) { H5Aexists(id, name) } > 0
  }

  /// The names of all attributes, in ascending order. The corresponding C function is `H5Aiterate2`.
  ///
  /// - Throws: `.refused` if there are more than 1,000.
  public func attributeNames() throws(HDF5Error) -> [String] {
    let id = id
    var count: hsize_t = 0
    try Library.call("H5Oget_info2", at: place) { chdf5_attribute_count(id, &count) }
    guard count <= AttributeLimits.count else {
      throw HDF5Error(
        .refused, at: place, function: "H5Aiterate2", problem: "there are too many attributes",
        found: "\(count)",
        expected: "at most \(AttributeLimits.count)")
    }
    var names: [String] = []
    try Library.call("H5Aiterate2", at: place) {
      withUnsafeMutablePointer(to: &names) { pointer in
        H5Aiterate2(
          id, H5_INDEX_NAME, H5_ITER_INC, nil,
          { _, name, _, context in
            guard let name, let context else { return 0 }
            let names = context.assumingMemoryBound(to: [String].self)
            // The count in the header may lie about what is there.
            guard names.pointee.count < AttributeLimits.count else { return 1 }
            names.pointee.append(String(cString: name))
            return 0
          }, pointer)
      }
    }
    return names
  }

  /// All attributes by name, for files of unknown schema.
  ///
  /// - Throws: `.refused` if there are more than 1,000, `.damaged`.
  public func attributes() throws(HDF5Error) -> [String: AttributeValue] {
    var values: [String: AttributeValue] = [:]
    for name in try attributeNames() { values[name] = try attributeValue(name) }
    return values
  }

  /// The value of an attribute, or nil if there is none of this name.
  ///
  /// - Throws: `.mismatch` if it is of another type or does not fit; `.damaged`.
  public func attribute<Value: AttributeConvertible>(
    _ name: String, as _: Value.Type = Value.self
  ) throws(HDF5Error) -> Value? {
    guard let found = try attributeValue(name) else { return nil }
    if let value = Value(attributeValue: found) { return value }
    throw HDF5Error(
      .mismatch, at: place(of: name), function: "H5Aread",
      problem: "the attribute is not of the type asked for",
      found: String(describing: found).escaped, expected: "\(Value.self)")
  }

  /// Writes an attribute, replacing one of this name. The corresponding C functions are `H5Acreate2` and `H5Awrite`.
  ///
  /// Texts are stored as variable-length UTF-8, which h5py reads as `str`.
  ///
  /// - Throws: `.refused` if the value has more than 64 KiB, or the name or a text contains a NUL character;
  ///   `.permissionDenied`.
  public func setAttribute(_ name: String, _ value: some AttributeConvertible) throws(HDF5Error) {
    try setAttributeValue(name, value.attributeValue)
  }

  /// Removes an attribute; it is fine if there is none. The corresponding C function is `H5Adelete`.
  ///
  /// - Throws: `.permissionDenied`.
  public func removeAttribute(_ name: String) throws(HDF5Error) {
    guard try hasAttribute(name) else { return }
    let (id, place) = (id, place(of: name))
    try Library.call("H5Adelete", at: place) { H5Adelete(id, name) }
  }

  /// An attribute's place: `OBJECT@NAME`.
  func place(of name: String) -> Place { Place(file: place.file, object: "\(place.object)@\(name)") }
}

/// What an attribute may ask of its reader.
enum AttributeLimits {
  /// The number of attributes of one object.
  static let count = 1_000

  /// The bytes of one attribute, texts included.
  static let bytes = 64 << 10
}
