internal import CHDF5

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension Dataset {
  /// Reads a box of elements into memory, converting them. The corresponding C function is `H5Dread`.
  ///
  /// Numbers convert as `ElementType.converts(to:)` says.
  ///
  /// - Precondition: `buffer` has exactly as many elements as the selection.
  /// - Throws: `.mismatch` if the selection is not within the shape or the type does not convert; `.damaged`,
  ///   `.unsupportedFilter`, `.io`. The buffer's contents are unspecified then.
  public func read<Element: HDF5Element>(
    _ selection: Hyperslab = .all, into buffer: UnsafeMutableBufferPointer<Element>
  ) throws(HDF5Error) {
    try requireConversion(from: type, to: Element.elementType, function: "H5Dread")
    let (box, count) = try selection.resolved(in: shape, at: place)
    precondition(buffer.count == count, "the buffer has \(buffer.count) elements, the selection \(count)")
    guard let address = buffer.baseAddress, count > 0 else { return }
    let spaces = try Spaces(of: self, selecting: box)
    let (id, fileSpace, memorySpace) = (id, spaces.fileID, spaces.memoryID)
    try Library.call("H5Dread", at: place) {
      H5Dread(id, Element.elementType.nativeID(), memorySpace, fileSpace, chdf5_default(), address)
    }
  }

  /// Reads a box of elements into a span; see `read(_:into:)` for buffers.
  public func read<Element: HDF5Element>(
    _ selection: Hyperslab = .all, into span: inout MutableSpan<Element>
  ) throws(HDF5Error) {
    try span.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in try read(selection, into: buffer) }
  }

  /// Reads all elements, row-major. The corresponding C function is `H5Dread`.
  ///
  /// - Parameter maximumBytes: what the result may take in memory; by default 80 % of the machine's memory.
  /// - Throws: `.outOfMemory` beyond that, before anything is allocated, and what `read(_:into:)` throws.
  public func readAll<Element: HDF5Element>(
    as _: Element.Type = Element.self, maximumBytes: Int = Library.memoryLimit
  ) throws(HDF5Error) -> [Element] {
    let count = try Hyperslab.all.resolved(in: shape, at: place).count
    try requireMemory(count, of: MemoryLayout<Element>.stride, maximumBytes: maximumBytes)
    var failure: HDF5Error?
    let values = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(HDF5Error) {
        try read(into: UnsafeMutableBufferPointer(rebasing: buffer.prefix(count)))
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  /// Reads a text: the only element of a dataset of fixed-length strings. The corresponding C function is `H5Dread`.
  ///
  /// Broken UTF-8 is repaired. `maximumBytes` is 64 MiB by default.
  ///
  /// - Throws: `.mismatch` if it is not one such string, `.outOfMemory` if it is too long, `.damaged`, `.io`.
  public func readText(maximumBytes: Int = 64 << 20) throws(HDF5Error) -> String {
    guard case .string(let length?) = type, count == 1, !isNull else {
      throw HDF5Error(
        .mismatch, at: place, function: "H5Dread", problem: "this is not one fixed-length text",
        found: "shape \(shape) of \(type)", expected: "a single string")
    }
    try requireMemory(length, of: 1, maximumBytes: maximumBytes)
    let id = id
    // Read as the type that is stored: there is nothing to convert.
    let datatype = try Handle(.datatype, "H5Dget_type", at: place) { H5Dget_type(id) }
    let datatypeID = datatype.id
    var bytes = [UInt8](repeating: 0, count: length)
    try Library.call("H5Dread", at: place) {
      H5Dread(id, datatypeID, chdf5_space_all(), chdf5_space_all(), chdf5_default(), &bytes)
    }
    return try FixedString.decode(bytes, datatype: datatypeID, at: place)
  }

  private func requireMemory(_ count: Int, of size: Int, maximumBytes: Int) throws(HDF5Error) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    guard overflow || bytes > maximumBytes else { return }
    throw HDF5Error(
      .outOfMemory, at: place, function: "H5Dread", problem: "the dataset does not fit into memory",
      found: overflow ? "shape \(shape)" : "\(bytes) bytes", expected: "at most \(maximumBytes) bytes",
      remedy: "Read it in parts.")
  }

  func requireConversion(
    from source: ElementType, to destination: ElementType, function: String
  ) throws(HDF5Error) {
    guard !source.converts(to: destination) else { return }
    throw HDF5Error(
      .mismatch, at: place, function: function, problem: "elements of this type do not convert without loss",
      found: "\(source)", expected: "what fits into \(destination)")
  }
}

/// The dataspaces of one transfer: the box in the file, and a compact array of the same shape in memory.
///
/// They have equal ranks: libhdf5 copies element by element between chunks and memory of another rank.
struct Spaces: ~Copyable {
  let fileID: Int64
  let memoryID: Int64

  // These keep the identifiers open.
  private let file: Handle?
  private let memory: Handle?

  init(of dataset: borrowing Dataset, selecting box: Hyperslab.Box?) throws(HDF5Error) {
    guard let box, !box.count.isEmpty else {
      fileID = chdf5_space_all()
      memoryID = chdf5_space_all()
      file = nil
      memory = nil
      return
    }
    let space = try dataset.makeDataspace()
    let id = space.id
    let (offset, count) = (box.offset.map { hsize_t($0) }, box.count.map { hsize_t($0) })
    try Library.call("H5Sselect_hyperslab", at: dataset.place) {
      H5Sselect_hyperslab(id, H5S_SELECT_SET, offset, nil, count, nil)
    }
    let memorySpace = try Dataspace.make(box.count, at: dataset.place)
    fileID = id
    memoryID = memorySpace.id
    file = consume space
    memory = consume memorySpace
  }
}

extension Library {
  /// What this module allocates at once by default: 80 % of the machine's memory, in bytes.
  public static var memoryLimit: Int {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    guard pages > 0, size > 0 else { return 1 << 32 }
    return pages / 5 * 4 * size
  }
}
