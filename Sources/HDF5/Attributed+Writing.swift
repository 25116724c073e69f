internal import CHDF5

extension Attributed where Self: ~Copyable {
  /// Writes an attribute, replacing one of this name; see `setAttribute(_:_:)`.
  ///
  /// - Throws: also `.unsupportedType` for `.other`.
  public func setAttributeValue(_ name: String, _ value: AttributeValue) throws(HDF5Error) {
    switch value {
    case .string(let text): try write(name, [text], shape: [])
    case .strings(let texts): try write(name, texts, shape: [texts.count])
    case .integer(let number): try write(name, [number], shape: [])
    case .integers(let numbers): try write(name, numbers, shape: [numbers.count])
    case .unsigned(let number): try write(name, [number], shape: [])
    case .unsigneds(let numbers): try write(name, numbers, shape: [numbers.count])
    case .real(let number): try write(name, [number], shape: [])
    case .reals(let numbers): try write(name, numbers, shape: [numbers.count])
    case .other(let type):
      throw HDF5Error(
        .unsupportedType, at: place(of: name), function: "H5Acreate2",
        problem: "attributes of this type cannot be written", found: type)
    }
  }

  private func write<Number: HDF5Element>(
    _ name: String, _ numbers: [Number], shape: [Int]
  ) throws(HDF5Error) {
    let bytes = numbers.count * MemoryLayout<Number>.stride
    let attribute = try create(name, type: Number.elementType, shape: shape, bytes: bytes)
    guard !numbers.isEmpty else { return }
    let id = attribute.id
    try Library.call("H5Awrite", at: place(of: name)) { H5Awrite(id, Number.elementType.nativeID(), numbers) }
  }

  private func write(_ name: String, _ texts: [String], shape: [Int]) throws(HDF5Error) {
    guard texts.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw HDF5Error(
        .refused, at: place(of: name), function: "H5Awrite", problem: "the text contains a NUL character")
    }
    let bytes = texts.reduce(0) { $0 + $1.utf8.count + 16 }
    let attribute = try create(name, type: .string(length: nil), shape: shape, bytes: bytes)
    guard !texts.isEmpty else { return }
    let place = place(of: name)
    let datatype = try ElementType.string(length: nil).makeDatatype(at: place)
    let (id, datatypeID) = (attribute.id, datatype.id)
    // All texts in one buffer, each with its NUL, and the pointers to them.
    let characters = texts.flatMap { $0.utf8CString }
    try Library.call("H5Awrite", at: place) {
      characters.withUnsafeBufferPointer { characters in
        var pointers: [UnsafePointer<CChar>?] = []
        var start = 0
        for text in texts {
          pointers.append(characters.baseAddress.map { $0 + start })
          start += text.utf8.count + 1
        }
        return H5Awrite(id, datatypeID, pointers)
      }
    }
  }

  private func create(
    _ name: String, type: ElementType, shape: [Int], bytes: Int
  ) throws(HDF5Error) -> Handle {
    let place = place(of: name)
    guard bytes <= AttributeLimits.bytes, !name.utf8.contains(0) else {
      throw HDF5Error(
        .refused, at: place, function: "H5Acreate2",
        problem: bytes > AttributeLimits.bytes
          ? "the attribute is too large" : "the name contains a NUL character",
        found: "\(bytes) bytes", expected: "at most \(AttributeLimits.bytes)", remedy: "Use a dataset.")
    }
    try removeAttribute(name)
    let datatype = try type.makeDatatype(at: place)
    let space = try Dataspace.make(shape, at: place)
    let (id, datatypeID, spaceID) = (id, datatype.id, space.id)
    return try Handle(.attribute, "H5Acreate2", at: place) {
      H5Acreate2(id, name, datatypeID, spaceID, chdf5_default(), chdf5_default())
    }
  }
}
