internal import CHDF5

extension Dataset {
  /// Writes a box of elements, converting them. The corresponding C function is `H5Dwrite`.
  ///
  /// Numbers convert as `ElementType.converts(to:)` says.
  ///
  /// - Precondition: `buffer` has exactly as many elements as the selection.
  /// - Throws: `.mismatch` if the selection is not within the shape or the type does not convert;
  ///   `.permissionDenied` if the file was opened for reading, `.noSpace`, `.io`. What does not fit on the disk may be
  ///   noticed as late as by `File.close()`.
  public func write<Element: HDF5Element>(
    _ selection: Hyperslab = .all, from buffer: UnsafeBufferPointer<Element>
  ) throws(HDF5Error) {
    try requireConversion(from: Element.elementType, to: type, function: "H5Dwrite")
    let (box, count) = try selection.resolved(in: shape, at: place)
    precondition(buffer.count == count, "the buffer has \(buffer.count) elements, the selection \(count)")
    guard let address = buffer.baseAddress, count > 0 else { return }
    let spaces = try Spaces(of: self, selecting: box)
    let (id, fileSpace, memorySpace) = (id, spaces.fileID, spaces.memoryID)
    try Library.call("H5Dwrite", at: place) {
      H5Dwrite(id, Element.elementType.nativeID(), memorySpace, fileSpace, chdf5_default(), address)
    }
  }

  /// Writes a box of elements from a span; see `write(_:from:)` for buffers.
  public func write<Element: HDF5Element>(
    _ selection: Hyperslab = .all, from span: Span<Element>
  ) throws(HDF5Error) {
    try span.withUnsafeBufferPointer { buffer throws(HDF5Error) in try write(selection, from: buffer) }
  }

  /// Writes a box of elements from an array; see `write(_:from:)` for buffers.
  public func write<Element: HDF5Element>(
    _ selection: Hyperslab = .all, from values: [Element]
  ) throws(HDF5Error) {
    try write(selection, from: values.span)
  }

  /// Writes a text into a dataset of one fixed-length string. The corresponding C function is `H5Dwrite`.
  ///
  /// - Throws: `.mismatch` if it is not one such string or the text is too long, `.permissionDenied`, `.noSpace`, `.io`.
  public func write(text: String) throws(HDF5Error) {
    var bytes = Array(text.utf8)
    guard case .string(let length?) = type, count == 1, bytes.count <= length, !isNull else {
      throw HDF5Error(
        .mismatch, at: place, function: "H5Dwrite", problem: "the text does not fit here",
        found: "\(bytes.count) bytes", expected: "one text, have shape \(shape) of \(type)")
    }
    bytes += repeatElement(0, count: length - bytes.count)
    let id = id
    let datatype = try Handle(.datatype, "H5Dget_type", at: place) { H5Dget_type(id) }
    let datatypeID = datatype.id
    try Library.call("H5Dwrite", at: place) {
      H5Dwrite(id, datatypeID, chdf5_space_all(), chdf5_space_all(), chdf5_default(), bytes)
    }
  }
}
