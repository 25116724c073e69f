internal import CHDF5

extension Attributed where Self: ~Copyable {
  /// The value of an attribute of whatever type, or nil if there is none of this name. The corresponding C functions
  /// are `H5Aopen` and `H5Aread`.
  ///
  /// - Throws: `.refused` if it has more than 64 KiB, `.damaged`.
  public func attributeValue(_ name: String) throws(HDF5Error) -> AttributeValue? {
    guard try hasAttribute(name) else { return nil }
    let (id, place) = (id, place(of: name))
    let handle = try Handle(.attribute, "H5Aopen", at: place) { H5Aopen(id, name, chdf5_default()) }
    return try StoredAttribute(handle, at: place).value()
  }
}

/// An open attribute, its type and its shape.
private struct StoredAttribute: ~Copyable {
  private let handle: Handle
  private let datatype: Handle
  private let space: Handle
  private let type: ElementType
  private let place: Place

  /// The number of values, or nil for none at all.
  private let count: Int?
  private let isArray: Bool

  init(_ handle: consuming Handle, at place: Place) throws(HDF5Error) {
    let id = handle.id
    var bytes: hsize_t = 0
    try Library.call("H5Aget_storage_size", at: place) {
      bytes = H5Aget_storage_size(id)
      return 0
    }
    guard bytes <= AttributeLimits.bytes else {
      throw StoredAttribute.tooLarge(Int(clamping: bytes), at: place)
    }
    let datatype = try Handle(.datatype, "H5Aget_type", at: place) { H5Aget_type(id) }
    let space = try Handle(.dataspace, "H5Aget_space", at: place) { H5Aget_space(id) }
    let (type, _) = try ElementType.describe(datatype.id, at: place)
    let shape = try Dataspace.shape(of: space.id, at: place)
    let count = shape.map { Dataspace.count($0) ?? .max }
    if let count, count > AttributeLimits.bytes { throw StoredAttribute.tooLarge(count, at: place) }
    self.handle = handle
    self.datatype = datatype
    self.space = space
    self.type = type
    self.place = place
    self.count = count
    self.isArray = shape.map { !$0.isEmpty } ?? false
  }

  /// The value, converted to the widest type of its kind.
  func value() throws(HDF5Error) -> AttributeValue {
    guard let count else { return .other("no value") }
    switch type {
    case .string:
      let strings = try strings(count)
      return isArray ? .strings(strings) : .string(strings.first ?? "")
    case .integer(bits: 64, signed: false):
      let values = try numbers(count, zero: UInt64(0))
      return isArray ? .unsigneds(values) : .unsigned(values.first ?? 0)
    case .integer:
      let values = try numbers(count, zero: Int64(0))
      return isArray ? .integers(values) : .integer(values.first ?? 0)
    case .float:
      let values = try numbers(count, zero: Double(0))
      return isArray ? .reals(values) : .real(values.first ?? 0)
    case .other(let name): return .other(name)
    }
  }

  private func numbers<Number: HDF5Element>(_ count: Int, zero: Number) throws(HDF5Error) -> [Number] {
    var values = [Number](repeating: zero, count: count)
    guard count > 0 else { return values }
    let id = handle.id
    try Library.call("H5Aread", at: place) { H5Aread(id, Number.elementType.nativeID(), &values) }
    return values
  }

  private func strings(_ count: Int) throws(HDF5Error) -> [String] {
    guard count > 0 else { return [] }
    let (id, datatypeID) = (handle.id, datatype.id)
    guard case .string(let length?) = type else { return try variableStrings(count) }
    guard count * min(length, AttributeLimits.bytes + 1) <= AttributeLimits.bytes else {
      throw StoredAttribute.tooLarge(length, at: place)
    }
    var bytes = [UInt8](repeating: 0, count: count * length)
    try Library.call("H5Aread", at: place) { H5Aread(id, datatypeID, &bytes) }
    var strings: [String] = []
    for index in 0..<count {
      let field = bytes[index * length..<(index + 1) * length]
      strings.append(try FixedString.decode(field, datatype: datatypeID, at: place))
    }
    return strings
  }

  /// libhdf5 allocates each string; they go back to it in any case. The corresponding C function is
  /// `H5Dvlen_reclaim`.
  private func variableStrings(_ count: Int) throws(HDF5Error) -> [String] {
    let (id, datatypeID, spaceID) = (handle.id, datatype.id, space.id)
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    try Library.call("H5Aread", at: place) { H5Aread(id, datatypeID, &pointers) }
    let strings = pointers.map { $0.map { String(cString: $0) } ?? "" }
    try Library.call("H5Dvlen_reclaim", at: place) {
      H5Dvlen_reclaim(datatypeID, spaceID, chdf5_default(), &pointers)
    }
    let bytes = strings.reduce(0) { $0 + $1.utf8.count }
    guard bytes <= AttributeLimits.bytes else { throw StoredAttribute.tooLarge(bytes, at: place) }
    return strings
  }

  static func tooLarge(_ bytes: Int, at place: Place) -> HDF5Error {
    HDF5Error(
      .refused, at: place, function: "H5Aget_storage_size", problem: "the attribute is too large",
      found: "\(bytes) bytes", expected: "at most \(AttributeLimits.bytes)")
  }
}
