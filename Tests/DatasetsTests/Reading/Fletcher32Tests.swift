import Testing

@testable import Datasets

@Suite("The checksum fletcher32")
struct Fletcher32Tests {
  /// The definition: a sum of words, and a sum of these sums, modulo 65535 by end-around carry.
  func plain(_ bytes: [UInt8]) -> UInt32 {
    func fold(_ sum: UInt32) -> UInt32 { (sum & 0xFFFF) + (sum >> 16) }
    var (first, second): (UInt32, UInt32) = (0, 0)
    for index in stride(from: 0, to: bytes.count, by: 2) {
      let low = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
      first = fold(fold(first + (UInt32(bytes[index]) << 8 | low)))
      second = fold(fold(second + first))
    }
    return second << 16 | first
  }

  func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { Fletcher32.checksum($0) } }

  @Test(
    "is what its definition says",
    arguments: [0, 1, 2, 3, 31, 32, 33, 63, 64, 8191, 8192, 8193, 20_001, 100_000])
  func definition(count: Int) {
    for seed in 0..<3 as Range<UInt64> {
      var state = seed &+ 1
      let bytes = (0..<count).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return UInt8(state >> 56)
      }
      #expect(checksum(bytes) == plain(bytes))
    }
    for byte in [0, 0xFF] as [UInt8] {
      let bytes = [UInt8](repeating: byte, count: count)
      #expect(checksum(bytes) == plain(bytes))
    }
  }

  @Test("tells one changed bit, and takes the order of bytes of old files")
  func damage() {
    var bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let sum = checksum(bytes)
    let stored = (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    func isIntact(_ sum: [UInt8]) -> Bool { (bytes + sum).withUnsafeBytes { Fletcher32.isIntact($0) } }
    #expect(isIntact(stored))
    #expect(isIntact([stored[1], stored[0], stored[3], stored[2]]))
    bytes[500] ^= 16
    #expect(!isIntact(stored))
    #expect(!isIntact([]))
  }
}
