import Dispatch
import Synchronization
import Testing

@testable import HDF5

@Suite struct DatasetTests {
  let folder = Folder()

  func makeFile(_ format: File.Format = .v18) throws -> File {
    try File(creating: folder.file("a.h5"), options: File.CreationOptions(overwrite: true, format: format))
  }

  func roundTrip<Element: HDF5Element & Equatable>(_ values: [Element], in file: borrowing File) throws {
    let name = "\(Element.self)"
    let type = try file.createDataset(name, values).type
    #expect(type == Element.elementType)
    let dataset = try file.openDataset(name)
    #expect(dataset.type == type)
    #expect(dataset.byteOrder == .littleEndian)
    #expect(try dataset.readAll(as: Element.self) == values)
  }

  func roundTrip<Element: HDF5Element & FixedWidthInteger>(limitsOf _: Element.Type, in file: borrowing File)
    throws
  {
    try roundTrip([Element.min, 0, 1, Element.max], in: file)
  }

  @Test func everyElementTypeSurvives() throws {
    let file = try makeFile()
    try roundTrip([0, -1.5, Float.greatestFiniteMagnitude, .infinity, .leastNonzeroMagnitude], in: file)
    try roundTrip([0, -1.5, Double.greatestFiniteMagnitude, -.infinity, .leastNonzeroMagnitude], in: file)
    try roundTrip(limitsOf: Int8.self, in: file)
    try roundTrip(limitsOf: Int16.self, in: file)
    try roundTrip(limitsOf: Int32.self, in: file)
    try roundTrip(limitsOf: Int64.self, in: file)
    try roundTrip(limitsOf: Int.self, in: file)
    try roundTrip(limitsOf: UInt8.self, in: file)
    try roundTrip(limitsOf: UInt16.self, in: file)
    try roundTrip(limitsOf: UInt32.self, in: file)
    try roundTrip(limitsOf: UInt64.self, in: file)
    try roundTrip(limitsOf: UInt.self, in: file)
  }

  @Test func halfPrecisionConverts() throws {
    let file = try makeFile()
    let dataset = try file.createDataset("h", shape: [3], type: .float(bits: 16))
    try dataset.write(from: [1.5, -2, 65504] as [Float])
    #expect(try file.openDataset("h").type == .float(bits: 16))
    #expect(try file.openDataset("h").storageSize == 6)
    #expect(try file.openDataset("h").readAll(as: Double.self) == [1.5, -2, 65504])
  }

  @Test func numbersConvertWithoutLossOrAreRefused() throws {
    let file = try makeFile()
    try file.createDataset("double", [1.5, 2.5])
    try file.createDataset("int", [Int32(-1), 2])
    #expect(try file.openDataset("double").readAll(as: Float.self) == [1.5, 2.5])
    #expect(try file.openDataset("int").readAll(as: Float.self) == [-1, 2])
    #expect(try file.openDataset("int").readAll(as: Int64.self) == [-1, 2])
    let failure = error { () throws(HDF5Error) in _ = try file.openDataset("double").readAll(as: Int.self) }
    #expect(failure?.kind == .mismatch)
    #expect(failure?.found == "float64")
    func requireMismatch(_ body: () throws(HDF5Error) -> Void) { #expect(error(body)?.kind == .mismatch) }
    requireMismatch { () throws(HDF5Error) in _ = try file.openDataset("int").readAll(as: UInt64.self) }
    requireMismatch { () throws(HDF5Error) in _ = try file.openDataset("int").readAll(as: Int16.self) }
    requireMismatch { () throws(HDF5Error) in try file.openDataset("int").write(from: [Int64(1), 2]) }
    requireMismatch { () throws(HDF5Error) in try file.openDataset("int").write(from: [1.0, 2]) }
  }

  static let optionsOfNote: [DatasetOptions] = [
    DatasetOptions(), DatasetOptions(layout: .compact), DatasetOptions(layout: .chunked([])),
    DatasetOptions(layout: .chunked([]), deflate: 4), DatasetOptions(layout: .chunked([]), fletcher32: true),
    DatasetOptions(layout: .chunked([]), deflate: 9, shuffle: true, fletcher32: true),
  ]

  @Test(arguments: [File.Format.earliest, .v18, .v110], optionsOfNote)
  func everyRankSurvivesInEveryLayout(format: File.Format, options: DatasetOptions) throws {
    let file = try makeFile(format)
    for shape in [[], [7], [5, 3], [2, 3, 4], [3, 1, 2, 2]] {
      var options = options
      if case .chunked = options.layout {
        if shape.isEmpty { continue }
        options.layout = .chunked(shape.map { max(1, $0 - 2) })
      }
      let count = shape.reduce(1, *)
      let values = (0..<count).map { Float($0) }
      try file.createDataset("r\(shape.count)", values, shape: shape, options: options)
      let dataset = try file.openDataset("r\(shape.count)")
      #expect(dataset.shape == shape)
      #expect(dataset.count == count)
      #expect(dataset.layout == options.layout)
      #expect(
        dataset.filters.count == (options.deflate != nil ? 1 : 0) + (options.shuffle ? 1 : 0)
          + (options.fletcher32 ? 1 : 0))
      #expect(try dataset.readAll() == values)
      #expect(try (dataset.offset != nil) == (options.layout == .contiguous))
    }
    let path = file.path
    try file.close()
    let again = try File(opening: path)
    #expect(try again.openDataset("r2").readAll() == (0..<15).map { Float($0) })
  }

  @Test func filtersAreTold() throws {
    let file = try makeFile()
    let options = DatasetOptions(layout: .chunked([4]), deflate: 6, shuffle: true, fletcher32: true)
    let dataset = try file.createDataset("x", [Double](repeating: 1, count: 10), options: options)
    #expect(dataset.filters == [.shuffle, .deflate(level: 6), .fletcher32])
    #expect(try dataset.chunkCount == 3)
    #expect(dataset.filters.map(\.description) == ["shuffle", "deflate level 6", "fletcher32"])
  }

  @Test(arguments: [Dataset.Layout.contiguous, .chunked([2, 2])])
  func boxesAreReadAndWritten(layout: Dataset.Layout) throws {
    let file = try makeFile()
    let options = DatasetOptions(layout: layout)
    let dataset = try file.createDataset("x", (0..<12).map { Int32($0) }, shape: [4, 3], options: options)
    var box = [Int32](repeating: 0, count: 4)
    var span = box.mutableSpan
    try dataset.read(Hyperslab(offset: [1, 1], count: [2, 2]), into: &span)
    #expect(box == [4, 5, 7, 8])
    try box.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in
      try dataset.read(Hyperslab(offset: [0, 2], count: [4, 1]), into: buffer)
    }
    #expect(box == [2, 5, 8, 11])
    try dataset.write(.rows(2..<3), from: [100, 101, 102] as [Int32])
    #expect(try dataset.readAll() == [0, 1, 2, 3, 4, 5, 100, 101, 102, 9, 10, 11] as [Int32])
    try dataset.write(.rows(4..<4), from: [Int32]())
  }

  @Test func aBoxOutsideTheShapeIsAnError() throws {
    let file = try makeFile()
    let dataset = try file.createDataset("x", (0..<12).map { Int32($0) }, shape: [4, 3])
    for box in [
      Hyperslab.rows(3..<5), Hyperslab(offset: [0], count: [1]), Hyperslab(offset: [0, 2], count: [1, 2]),
      Hyperslab(offset: [.max, 0], count: [1, 1]), Hyperslab(offset: [0, 0], count: [.max, .max]),
    ] {
      let failure = error { () throws(HDF5Error) in try dataset.write(box, from: [Int32(0)]) }
      #expect(failure?.kind == .mismatch)
      #expect(failure?.expected == "something within [4, 3]")
    }
  }

  @Test func aBufferOfTheWrongSizeIsABug() async {
    await #expect(processExitsWith: .failure) {
      let folder = Folder()
      let file = try File(creating: folder.file("a.h5"))
      try file.createDataset("x", [1.0, 2]).write(.rows(0..<1), from: [1.0, 2])
    }
  }

  @Test func datasetsWithoutRowsAreSound() throws {
    let file = try makeFile()
    for (name, layout) in [("a", Dataset.Layout.contiguous), ("b", .chunked([8, 3])), ("c", .compact)] {
      try file.createDataset(name, [Double](), shape: [0, 3], options: DatasetOptions(layout: layout))
      let dataset = try file.openDataset(name)
      #expect(dataset.shape == [0, 3])
      #expect(dataset.count == 0)
      #expect(try dataset.readAll(as: Double.self) == [])
      try dataset.verify()
    }
  }

  @Test func datasetsGrow() throws {
    let file = try makeFile(.v110)
    let options = DatasetOptions(layout: .chunked([4]), fletcher32: true, maximumShape: [nil])
    var dataset = try file.createDataset("loss", [Double](), options: options)
    for step in 0..<10 {
      try dataset.resize(to: [step + 1])
      try dataset.write(.rows(step..<step + 1), from: [Double(step)])
    }
    #expect(try file.openDataset("loss").readAll() == (0..<10).map(Double.init))
    var fixed = try file.createDataset("fixed", [1.0])
    let failure = error { () throws(HDF5Error) in try fixed.resize(to: [2]) }
    #expect(failure?.function == "H5Dset_extent")
  }

  @Test func textsSurvive() throws {
    let file = try makeFile(.v110)
    let long = String(repeating: "{\"größe\": 1}\n", count: 200_000)
    for (name, text) in [("empty", ""), ("short", "ä"), ("long", long)] {
      try file.createDataset(name, text: text)
      let dataset = try file.openDataset(name)
      #expect(dataset.shape == [])
      #expect(dataset.type == .string(length: max(1, text.utf8.count)))
      #expect(try dataset.readText() == text)
    }
    let options = DatasetOptions(layout: .chunked([1]), fletcher32: true)
    #expect(try file.createDataset("checked", text: "ä", options: options).readText() == "ä")
    try file.createDataset("x", [1.0])
    #expect(error { () throws(HDF5Error) in _ = try file.openDataset("x").readText() }?.kind == .mismatch)
    let failure = error { () throws(HDF5Error) in _ = try file.openDataset("long").readText(maximumBytes: 10)
    }
    #expect(failure?.kind == .outOfMemory)
    #expect(
      error { () throws(HDF5Error) in try file.openDataset("short").write(text: "abc") }?.kind == .mismatch)
  }

  @Test func impossibleSizesAreRefused() throws {
    let file = try makeFile()
    for shape in [[Int.max], [1 << 40, 1 << 40]] {
      let failure = error { () throws(HDF5Error) in
        _ = try file.createDataset("x", shape: shape, type: .float(bits: 64))
      }
      #expect(failure?.kind == .mismatch)
    }
    let dataset = try file.createDataset("y", [1.0, 2])
    let failure = error { () throws(HDF5Error) in _ = try dataset.readAll(as: Double.self, maximumBytes: 15) }
    #expect(failure?.kind == .outOfMemory)
    #expect(failure?.found == "16 bytes")
  }

  @Test func flippedBitsInCheckedChunksAreNoticed() throws {
    let path = folder.file("c.h5")
    let file = try File(creating: path, options: File.CreationOptions(format: .v110))
    let values = (0..<64).map { Double($0) + 0.5 }
    try file.createDataset("x", values, options: DatasetOptions(layout: .chunked([64]), fletcher32: true))
    try file.close()
    let whole = bytes(of: path)
    let needle = values.withUnsafeBytes { Array($0) }
    let start = try #require(whole.firstRange(of: needle)?.lowerBound)
    for offset in stride(from: 0, to: needle.count + 4, by: 5) {
      var damaged = whole
      damaged[start + offset] ^= 1 << UInt8(offset % 8)
      guard case .failure(let failure) = readX(folder.file("d.h5", damaged)) else {
        Issue.record("a flipped bit at \(offset) was read")
        continue
      }
      #expect(failure.kind == .damaged)
      #expect(failure.problem.contains("checksum"))
      #expect(failure.object == "/x")
    }
  }

  @Test func noFlippedBitGivesOtherValues() throws {
    let path = folder.file("c.h5")
    let file = try File(creating: path, options: File.CreationOptions(format: .v110))
    let values = (0..<16).map { Double($0) + 0.5 }
    try file.createDataset("x", values, options: DatasetOptions(layout: .chunked([8]), fletcher32: true))
    try file.close()
    let whole = bytes(of: path)
    for offset in whole.indices {
      var damaged = whole
      damaged[offset] ^= 1 << UInt8(offset % 8)
      if case .success(let found) = readX(folder.file("d.h5", damaged)) {
        #expect(found == values, "\(offset)")
      }
    }
  }

  @Test func manyThreadsRead() throws {
    let file = try makeFile()
    let values = (0..<10_000).map { Float($0) }
    let options = DatasetOptions(layout: .chunked([100]), deflate: 1)
    try file.createDataset("x", values, options: options)
    let path = file.path
    try file.close()
    // The dataset keeps the file open.
    let dataset = try File(opening: path).openDataset("x")
    let wrong = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for round in 0..<20 {
        let start = (thread * 1000 + round * 37) % 9_000
        var part = [Float](repeating: -1, count: 500)
        var span = part.mutableSpan
        let failure = error { () throws(HDF5Error) in
          try dataset.read(.rows(start..<start + 500), into: &span)
          // Errors of other threads stay with those.
          _ = try? File(opening: "/nonexistent/\(thread)")
          try File(opening: path).openDataset("x").read(.rows(start..<start + 500), into: &span)
        }
        if failure != nil || part != Array(values[start..<start + 500]) { wrong.add(1, ordering: .relaxed) }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }
}
