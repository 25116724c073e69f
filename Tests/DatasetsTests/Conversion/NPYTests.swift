import Foundation
import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

/// The files that `Reference/make_reference.py` wrote.
enum Reference {
  static let x: [Double] = (0..<12).map { Double($0) / 8 - 0.5 }
  static let y: [Double] = [2, 0, 1, 0]

  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourceURL).appendingPathComponent("Reference/\(name)").path
  }
}

@Suite("NumPy's arrays")
struct NPYTests {
  let files: TextFolder

  init() throws { files = try TextFolder() }

  /// The array in a file of this header and these data.
  func array(header: String, data: [UInt8], version: UInt8 = 1) throws -> NPYArray {
    let length = header.utf8.count
    let lengthBytes = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return try array(NPYHeader.magic + [version, 0] + lengthBytes + Array(header.utf8) + data)
  }

  func array(_ bytes: [UInt8]) throws -> NPYArray {
    let path = try files.write(bytes, to: "a.npy")
    return try NPYArray(ByteRange(try InputFile(path)), name: "a.npy")
  }

  func values(_ array: NPYArray, _ rows: Range<Int>? = nil) throws -> [Double] {
    let rows = rows ?? 0..<array.rows
    let buffer = AlignedBuffer<Double>(repeating: -99, count: rows.count * array.width)
    try array.read(rows, into: buffer.elements)
    return buffer.array
  }

  @Test("are read in all versions and both orders", arguments: ["v1", "v2", "v3", "fortran"])
  func reference(name: String) throws {
    let array = try NPYArray(ByteRange(try InputFile(try Reference.path("\(name).npy"))), name: name)
    #expect(array.rows == 4 && array.width == 3 && array.type == .float(bits: 64))
    #expect(array.header.isFortran == (name == "fortran"))
    #expect(try values(array) == Reference.x)
    #expect(try values(array, 1..<3) == Array(Reference.x[3..<9]))
  }

  @Test("have numbers of many kinds")
  func kinds() throws {
    func check(_ descriptor: String, _ data: [UInt8], _ expected: [Double]) throws {
      let header = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(expected.count),), }\n"
      #expect(try values(array(header: header, data: data)) == expected, "\(descriptor)")
    }
    try check("|b1", [0, 1], [0, 1])
    try check("|i1", [0xff, 2], [-1, 2])
    try check("|u1", [0xff, 2], [255, 2])
    try check("<i2", [0xff, 0xff, 0, 1], [-1, 256])
    try check(">i2", [0xff, 0xff, 0, 1], [-1, 1])
    try check("=u2", [0xff, 0xff], [65535])
    try check(">u4", [0xff, 0xff, 0xff, 0xff], [4_294_967_295])
    try check("<i4", [0, 0, 0, 0x80], [-2_147_483_648])
    try check("<i8", [0, 0, 0, 0, 0, 0, 0, 0x80], [-0x1p63])
    try check(">u8", [0xff, 0, 0, 0, 0, 0, 0, 0], [0xffp56])
    try check("<f2", [0, 0x3c, 0, 0xc0, 1, 0, 0xff, 0x7b, 0, 4], [1, -2, 0x1p-24, 65504, 0x1p-14])
    try check(">f4", [0x3f, 0x80, 0, 0], [1])
    try check("<f8", [0, 0, 0, 0, 0, 0, 0xf8, 0xbf], [-1.5])
    #expect(
      NPYArray.half(0x7c00) == .infinity && NPYArray.half(0xfc00) == -.infinity && NPYArray.half(0x7e00).isNaN
    )
  }

  @Test("of more dimensions have a row for each index of the first")
  func dimensions() throws {
    let cube = try array(
      header: "{'shape': (2, 2, 2), \"fortran_order\": False, 'descr': '|u1'}", data: Array(0..<8), version: 3
    )
    #expect(cube.rows == 2 && cube.width == 4)
    #expect(try values(cube, 1..<2) == [4, 5, 6, 7])
    let vector = try array(header: "{'descr':'|u1','fortran_order':True,'shape':(3L,)}", data: [1, 2, 3])
    #expect(vector.width == 1 && vector.rows == 3)
    #expect(try values(vector) == [1, 2, 3])
  }

  @Test(
    "with a damaged or hostile header are refused",
    arguments: [
      "", "{", "{}", "{'descr': '<f8'}", "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)} x",
      "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': 3}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (3)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1e9,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (__import__('os').system('true'),)}",
      "__import__('os').system('true')", "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}",
      "{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846976, 0)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': ()}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3)}",
      "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1, 3)}",
      "{'descr': '<f8\\', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<U6', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<c8', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<f16', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}",
      "{'descr': True, 'fortran_order': False, 'shape': (3,)}",
      "\0\0\0\0", "{'descr': '<f8', 'fortran_order': False, 'shape': (,)}", "{,}", "{'descr'}", "{'descr': (",
      "{\"descr': '<f8'}",
    ])
  func hostile(header: String) throws {
    for version: UInt8 in [1, 2, 3] {
      let error = #expect(throws: LockstepError.self) {
        try array(header: header, data: [UInt8](repeating: 0, count: 24), version: version)
      }
      #expect(error?.kind == .badData && error?.subject == "a.npy" && error?.remedy != nil)
    }
  }

  @Test("cut off anywhere or changed anywhere do not end the program")
  func damage() throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: try Reference.path("fortran.npy"))))
    for count in 0..<whole.count {
      #expect(throws: LockstepError.self, "\(count) bytes") { try array(Array(whole.prefix(count))) }
    }
    #expect(throws: LockstepError.self) { try array(whole + [0]) }
    for position in 0..<128 {
      for bit in 0..<8 {
        var bytes = whole
        bytes[position] ^= 1 << bit
        if let array = try? array(bytes) { _ = try values(array) }
      }
    }
    for version in [0, 4, 255] as [UInt8] {
      var bytes = whole
      bytes[6] = version
      #expect(throws: LockstepError.self) { try array(bytes) }
    }
    // A length of four gigabytes.
    #expect(throws: LockstepError.self) { try array(NPYHeader.magic + [2, 0, 255, 255, 255, 255] + whole) }
  }
}

@Suite("Archives of NumPy's arrays")
struct NPZTests {
  let files: TextFolder

  init() throws { files = try TextFolder() }

  func rows(_ path: String, _ change: (inout ConversionOptions) -> Void = { _ in }) throws -> Gathered {
    try Gathered(try ConversionInput.open([path], options(change), beside: files.folder.file("out.h5")))
  }

  @Test("are read, stored or deflated")
  func reference() throws {
    let stored = try rows(try Reference.path("stored.npz"))
    #expect(stored.x == Reference.x && stored.y == Reference.y)
    let deflated = try rows(try Reference.path("deflated.npz"))
    #expect(deflated.x == Reference.x && deflated.y == Reference.y)
    let named = try rows(try Reference.path("deflated.npz")) {
      ($0.x, $0.y) = ("other", "Y")
    }
    #expect(named == deflated)
    #expect(files.folder.names == [])
  }

  @Test("tell what they have")
  func missing() throws {
    let path = try Reference.path("deflated.npz")
    let error = #expect(throws: LockstepError.self) { try rows(path) { $0.x = "z" } }
    #expect(
      error?.description.contains("found x, Y, other") == true && error?.remedy?.contains("--x") == true)
  }

  @Test(
    "cut off anywhere or changed anywhere are refused, or read as they were",
    arguments: ["stored", "deflated"])
  func damage(name: String) throws {
    let original = try Reference.path("\(name).npz")
    let expected = try rows(original)
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: original)))
    for count in 4..<whole.count {
      let path = try files.write(Array(whole.prefix(count)), to: "a.npz")
      let error = #expect(throws: LockstepError.self, "\(count) bytes") { try rows(path) }
      #expect(error?.kind == .badData)
    }
    for position in 4..<whole.count {
      for change: UInt8 in [1, 0x80, 0xff] {
        var bytes = whole
        bytes[position] ^= change
        let path = try files.write(bytes, to: "a.npz")
        // The checksums cover the data; elsewhere are dates and the like.
        do { #expect(try rows(path) == expected, "byte \(position)") } catch is LockstepError {}
      }
    }
    #expect(files.folder.names == ["a.npz"])
  }

  @Test("that claim too much are refused before they are unpacked")
  func claims() throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: try Reference.path("deflated.npz"))))
    let entry = try #require((0..<whole.count - 4).first { Array(whole[$0..<$0 + 4]) == [0x50, 0x4b, 1, 2] })
    var bytes = whole
    bytes.replaceSubrange(entry + 24..<entry + 28, with: [0, 0, 0, 0x70])
    let path = try files.write(bytes, to: "a.npz")
    let error = #expect(throws: LockstepError.self) { try rows(path) }
    #expect(error?.problem.contains("damaged") == true)
    bytes = whole
    bytes[entry + 8] |= 1
    let encrypted = try files.write(bytes, to: "b.npz")
    #expect(throws: LockstepError.self) { try rows(encrypted) }
  }
}
