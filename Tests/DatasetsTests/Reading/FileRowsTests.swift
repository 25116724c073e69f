import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Rows of a file, read where they lie")
struct FileRowsTests {
  let folder: TemporaryFolder
  let location: DatasetLocation

  init() throws {
    folder = try TemporaryFolder()
    location = DatasetLocation(file: folder.file("d.h5"))
  }

  static let rows = 1003

  /// Layouts and filters, alone and together, with chunks that fit the rows and that do not.
  static let layouts: [DatasetOptions] = [
    DatasetOptions(),
    DatasetOptions(layout: .chunked([64, 3])),
    DatasetOptions(layout: .chunked([2000, 3]), deflate: 6),
    DatasetOptions(layout: .chunked([100, 3]), deflate: 1, shuffle: true),
    DatasetOptions(layout: .chunked([1, 3]), fletcher32: true),
    DatasetOptions(layout: .chunked([333, 3]), deflate: 9, shuffle: true, fletcher32: true),
    // Chunks that have not whole rows are left to libhdf5.
    DatasetOptions(layout: .chunked([100, 2]), deflate: 1, shuffle: true),
  ]

  /// Reads rows in pieces, by both ways.
  func expectSameAsLibrary<Element: Scalar & HDF5Element>(
    _ type: Element.Type, role: TargetRole = .values, _ comment: Comment
  ) throws {
    let library = try FileRows<Element>(
      try DatasetFile(location, byLibrary: true), role: role)
    let own = try FileRows<Element>(try DatasetFile(location), role: role)
    let readers = (try own.makeReader(), try library.makeReader())
    for piece in [0..<Self.rows, 0..<1, 63..<65, 99..<101, 500..<1003, 1002..<1003, 1..<334] {
      let (a, b) = (ReadRows(own, piece.count), ReadRows(library, piece.count))
      try readers.0.read(piece, into: a.place)
      try readers.1.read(piece, into: b.place)
      #expect(a.bits == b.bits, "\(comment), rows \(piece)")
    }
  }

  @Test("are the same as libhdf5 reads, however they are stored", arguments: layouts)
  func storage(_ options: DatasetOptions) throws {
    let numbers = (0..<3 * Self.rows).map { Float($0) * 0.37 - 100 }
    try writeFile(location.file) { file in
      let x = try file.createDataset("x", shape: [Self.rows, 3], type: Float.elementType, options: options)
      try x.write(from: numbers)
      _ = try file.createDataset("y", numbers.prefix(Self.rows).map { Double($0) })
    }
    try expectSameAsLibrary(Float.self, "\(options)")
    try expectSameAsLibrary(Double.self, "\(options)")
  }

  @Test("have the memory for chunks where there are chunks", arguments: [nil, 50, 100])
  func memoryForChunks(targetsInChunk: Int?) throws {
    try writeFile(location.file) { file in
      let x = try file.createDataset(
        "x", shape: [Self.rows, 3], type: Float.elementType,
        options: DatasetOptions(layout: .chunked([100, 3]), deflate: 1))
      try x.write(from: [Float](repeating: 1, count: 3 * Self.rows))
      let chunks = targetsInChunk.map { DatasetOptions(layout: .chunked([$0]), deflate: 1) }
      let y = try file.createDataset(
        "y", shape: [Self.rows], type: Float.elementType, options: chunks ?? DatasetOptions())
      try y.write(from: [Float](repeating: 1, count: Self.rows))
    }
    let rows = try FileRows<Float>(try DatasetFile(location), role: .values)
    // A row has 12 bytes of features, and 4 of targets.
    let least = targetsInChunk.map { $0 * 16 } ?? 1200
    #expect(rows.keepingChunks(bytes: least) != nil)
    #expect(rows.keepingChunks(bytes: least - 1) == nil)
  }

  @Test("are the same as libhdf5 reads, whatever their type")
  func types() throws {
    func check<Stored: HDF5Element>(_ values: [Stored]) throws {
      let path = DatasetLocation(file: folder.file("\(Stored.self).h5"))
      try writeFile(path.file) { file in
        let repeated = (0..<3 * Self.rows).map { values[$0 % values.count] }
        let x = try file.createDataset(
          "x", shape: [Self.rows, 3], type: Stored.elementType,
          options: DatasetOptions(layout: .chunked([50, 3]), deflate: 1, shuffle: true))
        try x.write(from: repeated)
        _ = try file.createDataset("y", repeated.prefix(Self.rows).map { $0 }, shape: [Self.rows])
      }
      let test = FileRowsTests(folder, path)
      try test.expectSameAsLibrary(Float.self, "\(Stored.self)")
      try test.expectSameAsLibrary(Double.self, "\(Stored.self)")
    }
    try check([1.5, -0.0, .leastNonzeroMagnitude, .infinity, 3e38] as [Float])
    try check([1.5, 1e300, -.leastNonzeroMagnitude, 0.1, 16_777_217, 1 + 0x1p-24, 1 + 0x1.8p-24] as [Double])
    try check([Int8.min, -1, 0, Int8.max])
    try check([UInt8.max, 0, 1])
    try check([Int16.min, 5, Int16.max])
    try check([UInt16.max, 0, 7])
    try check([Int32.min, 16_777_217, Int32.max])
    try check([UInt32.max, 16_777_219, 3])
    try check([Int64.min, 9_007_199_254_740_993, Int64.max])
    try check([UInt64.max, 9_007_199_254_740_993, 1])
  }

  @Test("are classes as libhdf5 reads them")
  func labels() throws {
    try writeFile(location.file) { file in
      _ = try file.createDataset("x", [Float](repeating: 1, count: Self.rows), shape: [Self.rows, 1])
      let y = try file.createDataset(
        "y", shape: [Self.rows], type: UInt16.elementType, options: DatasetOptions(layout: .chunked([64])))
      try y.write(from: (0..<Self.rows).map { UInt16($0) })
    }
    try expectSameAsLibrary(Float.self, role: .labels, "labels")
  }

  /// Writes a file with chunks and changes the bytes of one of them.
  func damaged(_ name: String, _ options: DatasetOptions, _ change: (inout [UInt8]) -> Void) throws
    -> LockstepError?
  {
    let numbers = (0..<2 * 400).map { Float($0) }
    let location = DatasetLocation(file: folder.file(name))
    try writeFile(location.file) { file in
      let x = try file.createDataset("x", shape: [400, 2], type: Float.elementType, options: options)
      try x.write(from: numbers)
      _ = try file.createDataset("y", [Float](repeating: 0, count: 400))
    }
    try folder.change(name, change)
    do {
      let source = try FileRows<Float>(try DatasetFile(location), role: .values)
      let rows = ReadRows(source, 400)
      try source.makeReader().read(0..<400, into: rows.place)
      return nil
    } catch {
      return error
    }
  }

  @Test("say which chunk is damaged, and how")
  func damage() throws {
    // Row 250's first number, 500, in its chunk of 100 rows.
    let bytes = withUnsafeBytes(of: Float(500).bitPattern.littleEndian) { Array($0) }
    let options = DatasetOptions(layout: .chunked([100, 2]), fletcher32: true)
    let checksum = try damaged("d.h5", options) { file in
      let place = file.firstRange(of: bytes)!.lowerBound
      file[place] ^= 1
    }
    #expect(checksum?.kind == .badData && checksum?.subject == location.xName)
    #expect(
      checksum?.problem == "the chunk with rows 200 to 299 is damaged: its checksum (fletcher32) is wrong")
    let compressed = DatasetOptions(layout: .chunked([400, 2]), deflate: 6)
    let compression = try damaged("e.h5", compressed) { file in
      // zlib's first two bytes at this level.
      let place =
        file.firstRange(of: [0x78, 0x5E])?.lowerBound ?? file.firstRange(of: [0x78, 0x9C])!.lowerBound
      for index in place + 2..<place + 40 { file[index] = 0xFF }
    }
    #expect(compression?.problem == "the chunk with rows 0 to 399 is damaged: it cannot be decompressed")
  }

  @Test("say that the file was cut off or written while it was read")
  func changes() throws {
    try writeFile(location.file) { file in
      _ = try file.createDataset("x", [Float](repeating: 1, count: 200_000), shape: [100_000, 2])
      _ = try file.createDataset("y", [Float](repeating: 1, count: 100_000))
    }
    let source = try FileRows<Float>(try DatasetFile(location), role: .values)
    try source.requireUnchanged()
    let rows = ReadRows(source, 100_000)
    try folder.change("d.h5") { $0.removeLast(700_000) }
    let unread = #expect(throws: LockstepError.self) {
      try source.makeReader().read(0..<100_000, into: rows.place)
    }
    #expect(unread?.kind == .inputOutput && unread?.problem == "the file became shorter while it was read")
    let unchanged = #expect(throws: LockstepError.self) { try source.requireUnchanged() }
    #expect(unchanged?.kind == .inputOutput)
  }
}

extension FileRowsTests {
  init(_ folder: TemporaryFolder, _ location: DatasetLocation) {
    (self.folder, self.location) = (folder, location)
  }
}

/// Memory for some rows.
final class ReadRows<Element: Scalar> {
  let x: AlignedBuffer<Element>
  let values: AlignedBuffer<Element>
  let labels: AlignedBuffer<Int32>
  let place: RowPlace<Element>

  init(_ source: some RowSource<Element>, _ count: Int) {
    x = AlignedBuffer(repeating: -1, count: count * source.features)
    values = AlignedBuffer(
      repeating: -1, count: source.targets == .labels ? 0 : count * source.targets.columns)
    labels = AlignedBuffer(repeating: -1, count: source.targets == .labels ? count : 0)
    place = RowPlace(
      x: x.elements, targets: source.targets == .labels ? .labels(labels.elements) : .values(values.elements))
  }

  /// All bits.
  var bits: [UInt64] {
    (x.array + values.array).map { Double($0).bitPattern }
      + labels.array.map { UInt64(UInt32(bitPattern: $0)) }
  }
}
