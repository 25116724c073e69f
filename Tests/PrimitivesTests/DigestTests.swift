import Testing

@testable import Primitives

@Suite struct DigestTests {
  /// From the Python package xxhash 3 (`xxh3_128_hexdigest`), of the bytes of ``pattern(_:)``. The lengths stand around
  /// the borders between the algorithm's cases: 3, 8, 16, 128 and 240 bytes, stripes of 64 and blocks of 1024.
  static let known: [(count: Int, digest: String)] = [
    (0, "99aa06d3014798d86001c324468d497f"),
    (1, "e1325e21416bcdb2929e358d27ae3ee2"),
    (3, "2a2f90e6677abbcf69d11cf0727f7492"),
    (4, "e8de199fa833c5b083fa3af07560d17e"),
    (8, "69365b70928700da7ea537e6ceabdfe5"),
    (9, "a9cfb86af9ddd56b94cd5446e8ea6630"),
    (16, "ae9c60f7b458f1c09bad3654ccc79b32"),
    (17, "c782facd2a28825659c6366da390271a"),
    (128, "63edeac52a4a0206af2022c629e3f79f"),
    (129, "279c8513b57978c2208eb05f948d4789"),
    (240, "a2ea2c11b7ab15d7521876ba087d0415"),
    (241, "ef12514764dbc9e88207a8685a41166e"),
    (1000, "affad582dc49a3c2e9c06c4d5aff1a99"),
    (1024, "c2c5f91c3d9bd3c6cb7edddf7d56c6f7"),
    (1025, "497183e07740248fd8303d50b2513201"),
    (5000, "22bba63d5429fb3593adb13a2d6e381e"),
    (100_000, "c56b8bce141a71ef3665b7e2d941340c"),
  ]

  @Test(arguments: known) func digestsAreThoseOfXXH3(count: Int, digest: String) {
    #expect(Self.pattern(count).withUnsafeBytes { Digest(of: $0) }.description == digest)
  }

  @Test func aTextHasItsDigest() {
    let digest = Array("Lockstep".utf8).withUnsafeBytes { Digest(of: $0) }
    #expect(digest.description == "a220a90f705897e4fa730c9510c90e5d")
  }

  @Test func numbersAreDigestedAsTheirBytes() {
    let values: [Float] = [1, -0.0, .infinity]
    let bytes: [UInt8] = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x80, 0, 0, 0x80, 0x7f]
    let digest = values.withUnsafeBufferPointer { Digest(of: $0) }
    #expect(digest == bytes.withUnsafeBytes { Digest(of: $0) })
  }

  @Test(arguments: [[0], [1], [5000], [64, 1], [255, 257, 3], [1024, 1, 0, 2000], [4999]])
  func piecesHaveTheDigestOfTheWhole(sizes: [Int]) {
    let whole = Self.pattern(5000)
    var digester = Digester()
    var start = 0
    for size in sizes + [whole.count - sizes.reduce(0, +)] {
      whole[start..<start + size].withUnsafeBytes { digester.update($0) }
      start += size
    }
    let digest = digester.digest
    #expect(digest.description == "22bba63d5429fb3593adb13a2d6e381e")
  }

  @Test func aDigesterMayBeAskedInBetween() {
    var digester = Digester()
    let empty = digester.digest
    #expect(empty.description == "99aa06d3014798d86001c324468d497f")
    Self.pattern(17).withUnsafeBytes { digester.update($0) }
    let first = digester.digest
    #expect(first.description == "c782facd2a28825659c6366da390271a")
    Self.pattern(128)[17...].withUnsafeBytes { digester.update($0) }
    let second = digester.digest
    #expect(second.description == "63edeac52a4a0206af2022c629e3f79f")
  }

  @Test func aDigestIsReadBackFromItsText() throws {
    for (_, text) in Self.known { #expect(try #require(Digest(text)).description == text) }
    let digest = Digest(high: 1, low: 0xabc)
    #expect(digest.description == "00000000000000010000000000000abc")
    #expect(Digest("00000000000000010000000000000ABC") == digest)
  }

  @Test(arguments: [
    "", "0", String(repeating: "0", count: 31), String(repeating: "0", count: 33),
    "g0000000000000000000000000000000", "+0000000000000010000000000000abc",
    "0000000000000001-000000000000000", " 0000000000000000000000000000000",
    String(repeating: "\u{e9}", count: 16),
  ]) func whatIsNotADigestIsRefused(text: String) {
    #expect(Digest(text) == nil)
  }

  @Test func theLibraryTellsItsVersion() {
    #expect(Digest.libraryVersion.split(separator: ".").compactMap { Int($0) }.count == 3)
  }

  private static func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256 * 13 + 5) }
  }
}
