internal import CHDF5

/// What a dataset may ask of its reader.
public struct ReadLimits: Sendable, Hashable {
  /// The largest number of dimensions.
  public var rank: Int

  /// The largest number of bytes that all elements together may have once decoded.
  public var bytes: Int

  /// The largest ratio of decoded to stored bytes. Deflate itself cannot exceed about 1,030.
  public var expansion: Int

  /// The largest number of bytes of one decoded chunk.
  public var chunkBytes: Int

  /// Whether data may be in other files, which are then for the caller to check.
  var allowsOtherFiles = false

  /// Limits for files of unknown origin. `bytes` is without limit by default: data can be read in parts, and
  /// `Dataset.readAll(as:maximumBytes:)` has a limit of its own.
  public init(rank: Int = 4, bytes: Int = .max, expansion: Int = 1_100, chunkBytes: Int = 64 << 20) {
    self.rank = rank
    self.bytes = bytes
    self.expansion = expansion
    self.chunkBytes = chunkBytes
  }
}

extension Dataset {
  /// Checks, before anything is read, that reading is safe and gives what was written: all data lie in this file,
  /// are complete, of a known type, encoded by known filters, and as large as they claim. A dataset without elements
  /// passes. Opening a dataset does this already, unless the file is trusted.
  ///
  /// - Throws: `.refused`, `.unsupportedType`, `.unsupportedFilter`, `.mismatch` (a null dataspace), `.truncated`,
  ///   `.damaged`.
  public func verify(_ limits: ReadLimits = ReadLimits()) throws(HDF5Error) {
    if !limits.allowsOtherFiles { try Dataset.verify(layout, externalPieces, virtualMappings, at: place) }
    try verifyType()
    try verifyFilters()
    let bytes = try verifyShape(limits)
    if bytes == 0 || layout == .virtual || !externalPieces.isEmpty { return }
    try verifyStorage(declared: bytes, limits)
    if case .chunked(let chunk) = layout { try verifyChunks(chunk, limits) }
  }

  /// All data are in this file. Needs nothing but the creation properties.
  static func verify(
    _ layout: Layout, _ pieces: [ExternalPiece], _ mappings: [VirtualMapping], at place: Place
  ) throws(HDF5Error) {
    let remedy = "Copy the data into one file with h5repack."
    if let piece = pieces.first {
      throw HDF5Error(
        .refused, at: place, function: "H5Pget_external_count",
        problem: "the data lie in other files (external storage), which is refused",
        found: "\(pieces.count == 1 ? "" : "\(pieces.count) pieces, the first in ")\(piece.file.escaped)",
        remedy: remedy, otherFile: piece.file)
    }
    switch layout {
    case .contiguous, .compact, .chunked: return
    case .virtual:
      let first = mappings.first
      throw HDF5Error(
        .refused, at: place, function: "H5Pget_layout",
        problem: "this is a virtual dataset, whose data can lie in other files, which is refused",
        found: first.map {
          "\(mappings.count == 1 ? "" : "\(mappings.count) parts, the first ")\($0.dataset.escaped) in \($0.file.escaped)"
        } ?? "no parts", remedy: remedy, otherFile: first?.file ?? "")
    case .other:
      throw HDF5Error(.refused, at: place, function: "H5Pget_layout", problem: "the layout is unknown")
    }
  }

  private func verifyType() throws(HDF5Error) {
    switch type {
    case .float, .integer, .string(_?): return
    case .string(nil), .other:
      throw HDF5Error(
        .unsupportedType, at: place, function: "H5Dget_type", problem: "elements of this type are not read",
        found: "\(type)", expected: "numbers or fixed-length strings",
        remedy: "Write them as float32, float64 or integers.")
    }
  }

  private func verifyFilters() throws(HDF5Error) {
    for case .other(let id, let name) in filters {
      throw HDF5Error(
        .unsupportedFilter, at: place, function: "H5Pget_filter2",
        problem: "the data are encoded by a filter that is not decoded, and plugins are disabled",
        found: "\(name.escaped), filter \(id)", expected: "deflate, shuffle or fletcher32",
        remedy: Filter.remedy(id: id))
    }
    let deflates = filters.count { if case .deflate = $0 { true } else { false } }
    guard deflates <= 1, filters.count <= 3 else {
      throw HDF5Error(
        .refused, at: place, function: "H5Pget_nfilters",
        problem: "the data are encoded more than once, which is refused because they can grow without bound",
        found: filters.map(\.description).joined(separator: ", "), expected: "each filter at most once",
        remedy: "Repack the file: h5repack -f GZIP=4 OLD NEW")
    }
  }

  /// The bytes of all elements once decoded.
  private func verifyShape(_ limits: ReadLimits) throws(HDF5Error) -> Int {
    if isNull {
      throw HDF5Error(
        .mismatch, at: place, function: "H5Sget_simple_extent_type",
        problem: "the dataset has no value (a null dataspace)")
    }
    guard shape.count <= limits.rank else {
      throw refusal(
        "there are too many dimensions", found: "\(shape.count)", expected: "at most \(limits.rank)")
    }
    let (bytes, overflow) = (Dataspace.count(shape) ?? .max).multipliedReportingOverflow(by: elementSize)
    guard !overflow, bytes <= limits.bytes else {
      throw refusal(
        "the dataset is too large", found: "\(shape) of \(type)\(overflow ? "" : ", \(bytes) bytes")",
        expected: "at most \(limits.bytes) bytes")
    }
    return bytes
  }

  /// What is stored lies within the file and can be as much as is declared.
  private func verifyStorage(declared: Int, _ limits: ReadLimits) throws(HDF5Error) {
    let stored = try storageSize
    let fileSize = try fileSize()
    if stored == 0 { throw missing(found: "nothing", expected: "\(declared) bytes") }
    if layout != .compact, stored > fileSize {
      throw HDF5Error(
        .damaged, at: place, function: "H5Dget_storage_size",
        problem: "the dataset claims more than the file has",
        found: "\(stored) bytes stored", expected: "at most \(fileSize)")
    }
    if filters.contains(where: { if case .deflate = $0 { true } else { false } }) {
      guard declared / stored <= limits.expansion else {
        throw refusal(
          "the dataset claims to expand beyond belief", found: "\(declared) bytes from \(stored)",
          expected: "at most \(limits.expansion) times as many")
      }
    } else if stored < declared {
      throw missing(found: "\(stored) bytes", expected: "\(declared) bytes")
    }
    guard layout == .contiguous else { return }
    guard let offset = try offset else { throw missing(found: "no data", expected: "\(declared) bytes") }
    let (end, overflow) = offset.addingReportingOverflow(declared)
    guard !overflow, end <= fileSize else {
      throw HDF5Error(
        .truncated, at: place, function: "H5Dget_offset",
        problem: "the data reach beyond the end of the file",
        found: "\(fileSize) bytes", expected: overflow ? nil : "\(end) bytes")
    }
  }

  /// All chunks are there: a missing one would be read as zeros. `H5Dget_space_status` cannot tell: it calls complete
  /// datasets partial if they are compressed.
  private func verifyChunks(_ chunk: [Int], _ limits: ReadLimits) throws(HDF5Error) {
    let (bytes, overflow) = (Dataspace.count(chunk) ?? .max).multipliedReportingOverflow(by: elementSize)
    guard !overflow, bytes <= limits.chunkBytes else {
      throw refusal(
        "the chunks are too large", found: overflow ? "\(chunk)" : "\(bytes) bytes",
        expected: "at most \(limits.chunkBytes) bytes",
        remedy: "Repack the file with smaller chunks: h5repack -l CHUNK=... OLD NEW")
    }
    let grid = zip(shape, chunk).map { $0 / max(1, $1) + ($0 % max(1, $1) == 0 ? 0 : 1) }
    let expected = Dataspace.count(grid) ?? .max
    let found = try chunkCount
    guard found == expected else { throw missing(found: "\(found) chunks", expected: "\(expected)") }
  }

  private func missing(found: String, expected: String) -> HDF5Error {
    HDF5Error(
      .damaged, at: place, function: "H5Dget_storage_size",
      problem: "part of the data was never written and would be read as zeros", found: found,
      expected: expected,
      remedy: "Write the file again.")
  }

  private func refusal(
    _ problem: String, found: String, expected: String, remedy: String? = nil
  ) -> HDF5Error {
    HDF5Error(
      .refused, at: place, function: "H5Dget_space", problem: problem, found: found, expected: expected,
      remedy: remedy)
  }

  /// The size of the file that the dataset is in. The corresponding C functions are `H5Iget_file_id` and
  /// `H5Fget_filesize`.
  private func fileSize() throws(HDF5Error) -> Int {
    let id = id
    let file = try Handle(.file, "H5Iget_file_id", at: place) { H5Iget_file_id(id) }
    let fileID = file.id
    var size: hsize_t = 0
    try Library.call("H5Fget_filesize", at: place) { H5Fget_filesize(fileID, &size) }
    return try Int(checking: size, at: place)
  }
}
