import Foundation
import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Conversions")
struct ConversionTests {
  let files: TextFolder
  let output: String

  init() throws {
    files = try TextFolder()
    output = files.folder.file("out.h5")
  }

  @discardableResult
  func convert(
    _ paths: [String], _ format: DatasetFormat = DatasetFormat(),
    _ change: (inout ConversionOptions) -> Void = { _ in }
  ) throws -> Conversion.Report {
    var options = ConversionOptions()
    change(&options)
    let source = try ConversionInput.open(paths, options, beside: output)
    return try Conversion(source, format: format, title: "a test", command: "command").write(to: output)
  }

  func values(_ name: String) throws -> [Double] { try File(opening: output).openDataset(name).readAll() }

  @Test(
    "write the same numbers in every layout",
    arguments: [
      DatasetFormat(), DatasetFormat(chunkRows: 7), DatasetFormat(compression: 3),
      DatasetFormat(chunkRows: 100_000, compression: 1), DatasetFormat(chunkRows: 1_000_000),
    ])
  func layouts(format: DatasetFormat) throws {
    let text = (0..<300_000).map { "\($0),\(-$0),\($0 % 7)\n" }.joined()
    let report = try convert([try files.write(text)], format) {
      $0.threads = 2
      $0.hasLabels = true
    }
    #expect(report.rows == 300_000)
    let x = try values("/x")
    let expected: [Double] = (0..<300_000).flatMap { [Double($0), -Double($0)] }
    #expect(x == expected)
    #expect(try values("/y") == (0..<300_000).map { Double($0 % 7) })
    let file = try File(opening: output)
    #expect(try file.openDataset("/y").type == .integer(bits: 32, signed: true))
    #expect(try file.openDataset("/y").shape == [300_000])
    let x2 = try file.openDataset("/x")
    #expect(x2.type == .float(bits: 32) && (x2.layout == .contiguous) == (format == DatasetFormat()))
    // The layout is what `generate` writes, and what training opens.
    #expect(try DatasetFile(DatasetLocation(file: output)).hasIntegerTargets)
  }

  @Test("keep attributes, types and values of HDF5 files")
  func repack() throws {
    let input = files.folder.file("in.h5")
    try writeFile(input) { file in
      try file.setAttribute("title", "measured")
      try file.setAttribute("source", "an instrument")
      try file.setAttribute("runs", [1, 2, 3])
      let x = try file.createDataset("/run/a", [1.5, -2, 1e300, 4], shape: [2, 2])
      try x.setAttribute("units", "m")
      try x.setAttribute("column_names", ["length", "width"])
      let y = try file.createDataset("/run/b", [Int64(1) << 40, -5], shape: [2])
      try y.setAttribute("long_name", "kind")
    }
    try convert([input]) { ($0.x, $0.y) = ("run/a", "/run/b") }
    let file = try File(opening: output)
    let x = try file.openDataset("/x")
    #expect(x.type == .float(bits: 64))
    #expect(try values("/x") == [1.5, -2, 1e300, 4])
    #expect(try x.attribute("units") == "m")
    #expect(try x.attribute("column_names") == ["length", "width"])
    let y = try file.openDataset("/y")
    #expect(y.type == .integer(bits: 64, signed: true))
    #expect(try y.readAll(as: Int64.self) == [Int64(1) << 40, -5])
    #expect(try y.attribute("long_name") == "kind")
    #expect(try file.attribute("title") == "measured")
    #expect(try file.attribute("source") == "command")
    #expect(try file.attribute("original_source") == "an instrument")
    #expect(try file.attribute("runs") == [1, 2, 3])
    #expect(try file.attribute("schema") == "lockstep-dataset")

    let error = #expect(throws: LockstepError.self) {
      try convert([input]) { ($0.x, $0.y, $0.precision) = ("run/a", "/run/b", .float32) }
    }
    #expect(error?.description.contains("/run/a: row 1, column 0 is not a finite number in float32") == true)
    #expect(error?.remedy?.contains("float64") == true)
    let report = try convert([input]) {
      ($0.x, $0.y, $0.precision, $0.skipsInvalid) = ("run/a", "/run/b", .float32, true)
    }
    #expect(report.rows == 1 && report.skipped == 1)
    #expect(try values("/x") == [1.5, -2])
    #expect(try values("/y") == [0x1p40])
  }

  @Test("do not take numbers that are not finite, nor labels that are no classes")
  func invalid() throws {
    let input = files.folder.file("in.h5")
    try writeFile(input) { file in
      try file.createDataset("/x", [1, 2, 3, .nan, 5, 6, 7, 8] as [Double], shape: [4, 2])
      try file.createDataset("/y", [0, 1, 2.5, 2] as [Double], shape: [4])
      try file.createDataset("/big", [UInt64(1), 2, 3, 1 << 63], shape: [4])
      try file.createDataset("/short", [1, 2, 3] as [Double])
      try file.createDataset("/all", [Float](repeating: .infinity, count: 4), shape: [4, 1])
    }
    func message(_ change: (inout ConversionOptions) -> Void) -> String {
      do {
        try convert([input], DatasetFormat(), change)
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      message { _ in }.contains("in.h5:/x: row 1, column 1 is not a finite number in float64 (found nan)"))
    #expect(message { ($0.x, $0.hasLabels) = ("y", true) }.contains("/y: row 2 is not a class (found 2.5"))
    #expect(message { ($0.x, $0.y) = ("y", "big") }.contains("/big: row 3 is too large for a class"))
    #expect(message { $0.y = "short" }.contains("another number of rows"))
    #expect(message { ($0.hasLabels, $0.y, $0.x) = (true, "x", "y") }.contains("classes must be a vector"))
    #expect(message { ($0.x, $0.skipsInvalid) = ("all", true) }.contains("no row is left"))
    #expect(message { $0.text.targets = ["1"] }.contains("--targets"))
    #expect(message { $0.x = "/nothing" }.contains("--x PATH"))
    #expect(files.folder.names == ["in.h5"])
    let report = try convert([input]) { ($0.skipsInvalid, $0.hasLabels) = (true, true) }
    #expect(report.rows == 2 && report.skipped == 2)
    #expect(try values("/x") == [1, 2, 7, 8])
    #expect(try values("/y") == [0, 2])
  }

  @Test("leave out attributes that cannot be written again, and say so")
  func attributes() throws {
    let input = files.folder.file("in.h5")
    try writeFile(input) { file in
      try file.setAttribute("CLASS", "DIMENSION_SCALE")
      let x = try file.createDataset("/x", [1, 2, 3], shape: [3, 1])
      try x.setAttribute("many", [Float](repeating: 1, count: 8 << 10))
      // Chunks of one column, the other way round than rows: read in bounded blocks all the same.
      _ = try file.createDataset(
        "/y", [1, 2, 3, 4, 5, 6], shape: [3, 2], options: DatasetOptions(layout: .chunked([3, 1])))
    }
    let report = try convert([input])
    #expect(report.notes == [])
    let file = try File(opening: output)
    #expect(try !file.hasAttribute("CLASS") && file.openDataset("/x").hasAttribute("many"))
    #expect(try values("/y") == [1, 2, 3, 4, 5, 6])
    #expect(!DatasetDescription.fits(.strings(Array(repeating: "abc", count: 4000))))
    #expect(!DatasetDescription.fits(.integers(Array(repeating: 1, count: 9000))))
    // Nor does a command of thousands of files keep the dataset from being written.
    let text = try files.write("1,2\n")
    let source = try ConversionInput.open([text], ConversionOptions(), beside: output)
    let long = String(repeating: "file.csv ", count: 20_000)
    _ = try Conversion(source, format: DatasetFormat(), title: long, command: long).write(to: output)
    #expect(try File(opening: output).attribute("source", as: String.self)?.hasSuffix(" ...") == true)
  }

  @Test("take two arrays of NumPy's, or one without targets")
  func arrays() throws {
    try convert([try Reference.path("fortran.npy"), try Reference.path("y.npy")]) { $0.precision = .float32 }
    #expect(try values("/x") == Reference.x && values("/y") == Reference.y)
    #expect(try File(opening: output).openDataset("/x").type == .float(bits: 32))
    try convert([try Reference.path("v3.npy")]) { $0.hasTargets = false }
    #expect(try File(opening: output).exists("/y") == false)
    for paths in [
      ["v1.npy"], ["v1.npy", "y.npy", "y.npy"], ["v1.npy", "stored.npz"], ["stored.npz", "stored.npz"],
    ] {
      let error = #expect(throws: LockstepError.self) { try convert(paths.map(Reference.path)) }
      #expect(error?.kind == .usage)
    }
  }

  @Test("tell what an input is by its first bytes")
  func kinds() throws {
    func kind(_ bytes: [UInt8]) throws -> ConversionInput {
      try ConversionInput(try files.write(bytes, to: "any"))
    }
    #expect(try kind(Array("1,2\n".utf8)) == .csv && kind([]) == .csv)
    #expect(try kind(NPYHeader.magic + [1]) == .npy)
    #expect(try kind(Array("PK\u{03}\u{04}".utf8)) == .npz)
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    #expect(try kind(signature) == .hdf5)
    #expect(try kind([UInt8](repeating: 0, count: 1024) + signature) == .hdf5)
    #expect(throws: LockstepError.self) { try kind([0, 1, 2, 3]) }
    for (path, expected) in [
      (files.folder.path, LockstepError.Kind.noInput), (files.folder.file("none"), .noInput),
      ("/dev/null", .noInput),
    ] {
      let error = #expect(throws: LockstepError.self) { try ConversionInput(path) }
      #expect(error?.kind == expected)
    }
    for (bytes, word) in [([0xff, 0xfe, 49, 0], "UTF-16"), ([0x1f, 0x8b, 8, 0], "gunzip")]
      as [([UInt8], String)]
    {
      let path = try files.write(bytes)
      let error = #expect(throws: LockstepError.self) { try convert([path]) }
      #expect(error?.description.contains(word) == true)
    }
  }

  @Test("leave nothing behind when they fail, and what was there as it was")
  func failure() throws {
    let old = try files.write("old", to: "out.h5")
    let input = try files.write("1,2\n3,x\n")
    #expect(throws: LockstepError.self) { try convert([input]) }
    #expect(throws: LockstepError.self) {
      try convert([try files.write("1,2\n")], DatasetFormat(chunkRows: 1)) { $0.text.targets = ["9"] }
    }
    #expect(files.folder.names == ["data.csv", "out.h5"])
    #expect(try String(contentsOfFile: old, encoding: .utf8) == "old")
  }
}
