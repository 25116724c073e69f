import Primitives
import Testing

@testable import Datasets

@Suite("Decimal numbers")
struct DecimalNumberTests {
  /// What `parse` makes of a text, as bits, so that zeros differ by sign.
  func parse(_ text: String, _ precision: Precision = .float64) -> Double? {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { DecimalNumber.parse($0, precision) }
  }

  func expectRounded(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      parse(text)?.bitPattern == Double(text)?.bitPattern, "\(text)", sourceLocation: sourceLocation)
    #expect(
      parse(text, .float32)?.bitPattern == Float(text).map { Double($0).bitPattern }, "\(text) as float32",
      sourceLocation: sourceLocation)
  }

  @Test(
    "are rounded correctly where that is hard",
    arguments: [
      "0", "-0", "+0.0", "0e999999999999", "1", "-1", "0.1", ".5", "5.", "1e0", "1E+5", "1e-5", "123456789",
      "9007199254740993", "9007199254740992.5", "9007199254740993.0000000000000000000000000000001",
      "18446744073709551615", "18446744073709551616", "9223372036854775807", "1e22", "1e23", "8.5e22",
      "1.7976931348623157e308", "1.7976931348623158e308", "1.797693134862315807e308", "1.8e308", "1e309",
      "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400",
      "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308",
      "0.500000000000000166533453693773481063544750213623046875",
      "3.518437208883201171875e13", "62.5364939768271845828", "8.10109172351e-10",
      "1.50000000000000011102230246251565",
      "16777216", "16777217", "16777217.0000001", "16777219", "1.00000005960464477539062",
      "1.00000005960464477539063", "1.000000059604644775390625", "3.4028234663852886e38",
      "3.4028235677973366e38",
      "3.4028235677973362e38", "1.401298464324817e-45", "7.006492321624085e-46", "7.006492321624086e-46",
      "1.1754943508222875e-38", "1.1754942807573643e-38", "00000000000000000000000000001.5",
      "0.00000000000000000000000000000000000000000000000000000001", "1.0000000000000000000000000000000000",
      "12345678901234567890", "1234567890123456789012345678901234567890e-20", "7.2057594037927933e16",
    ])
  func awkward(_ text: String) {
    expectRounded(text)
    expectRounded("-" + text.drop { $0 == "-" || $0 == "+" })
  }

  @Test("are rounded correctly at random")
  func random() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<30_000 {
      let bits = generator.next()
      let digits = String(bits >> (bits & 63))
      let point = Int.random(in: 0...digits.count, using: &generator)
      var text = digits.prefix(point) + "." + digits.dropFirst(point)
      if Bool.random(using: &generator) { text += "e\(Int.random(in: -60...60, using: &generator))" }
      expectRounded(String(text))
      let value = Double(bitPattern: generator.next())
      if value.isFinite { expectRounded("\(value)") }
      let single = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
      if single.isFinite { expectRounded("\(single)") }
    }
  }

  @Test("between two floats are rounded once, not by way of a double")
  func halves() {
    for _ in 0..<20_000 {
      let low = Float(bitPattern: UInt32.random(in: 0x0080_0000..<0x7f00_0000))
      let half = (Double(low) + Double(low.nextUp)) / 2
      for text in ["\(half)", "\(half.nextUp)", "\(half.nextDown)"] { expectRounded(text) }
      // A little beyond the half, by less than a double can tell.
      if low > 1e-5, low < 1e15 {
        let digits = "\(half)"
        if digits.contains("."), !digits.contains("e") { expectRounded(digits + "00000000000000000001") }
      }
    }
  }

  @Test(
    "are nothing else",
    arguments: [
      "", ".", "-", "+", "e5", "1e", "1e+", "1.2.3", "0x10", "1_000", "1,5", "inf", "nan", "NaN", "infinity",
      " 1",
      "1 ", "--1", "+-1", "1f", "1d5", "١", "1\0", "\0", "1e5.5", "- 1",
    ])
  func others(_ text: String) {
    #expect(parse(text) == nil)
  }
}
