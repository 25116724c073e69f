import Primitives

/// Decimal numbers in ASCII, rounded correctly, whatever the locale.
///
/// Nearly all numbers take the fast way: a product of 64-bit numbers with a known error bound, as in Lemire's "Number
/// Parsing at a Gigabyte per Second" (2021), but undecided where that method goes on. The rest go to the standard
/// library. `strtod` for all was measured at a third of the speed, and depends on the locale.
enum DecimalNumber {
  /// The number at the beginning of some bytes.
  struct Prefix {
    /// The value, a whole number of units in the last place of the precision asked for.
    var value: Double
    /// The bytes that it takes.
    var length: Int
  }

  /// Reads the longest number that `bytes` begin with, rounded to `precision`.
  ///
  /// - Returns: nil if there is no number, or if the fast way does not decide it.
  @inline(__always)
  static func prefix(_ bytes: UnsafeBufferPointer<UInt8>, _ precision: Precision) -> Prefix? {
    guard let parts = Parts(bytes), let value = parts.value(precision) else { return nil }
    return Prefix(value: value, length: parts.length)
  }

  /// The value of `bytes`, which must be a decimal number from the first to the last, rounded to `precision`.
  ///
  /// - Returns: nil if they are not; infinity if the number is too large for the precision.
  static func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ precision: Precision) -> Double? {
    guard let parts = Parts(bytes), parts.length == bytes.count else { return nil }
    if let value = parts.value(precision) { return value }
    let text = String(decoding: bytes, as: UTF8.self)
    return precision == .float32 ? Float(text).map { Double($0) } : Double(text)
  }

  /// A number cut into sign, digits and exponent.
  private struct Parts {
    var isNegative = false
    /// The digits as a whole number, if there are at most 19.
    var digits: UInt64 = 0
    /// Whether there are more than 19 digits, not counting zeros in front.
    var isLong = false
    /// The power of ten that `digits` are to be multiplied by.
    var exponent = 0
    var length = 0

    @inline(__always)
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
      var index = 0
      let end = bytes.count
      if index < end, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
        isNegative = bytes[index] == UInt8(ascii: "-")
        index += 1
      }
      let start = index
      while index < end, let digit = Self.digit(bytes[index]) {
        digits = digits &* 10 &+ UInt64(digit)
        index += 1
      }
      var count = index - start
      if index < end, bytes[index] == UInt8(ascii: ".") {
        index += 1
        let point = index
        while index < end, let digit = Self.digit(bytes[index]) {
          digits = digits &* 10 &+ UInt64(digit)
          index += 1
        }
        exponent = point - index
        count += index - point
      }
      guard count > 0 else { return nil }
      if count > 19 { isLong = Self.significantDigits(bytes, from: start, to: index) > 19 }
      if index < end, bytes[index] | 0x20 == UInt8(ascii: "e"), let power = Self.power(bytes, after: index) {
        exponent += power.value
        index = power.end
      }
      length = index
    }

    @inline(__always)
    private static func digit(_ byte: UInt8) -> UInt8? {
      let digit = byte &- UInt8(ascii: "0")
      return digit < 10 ? digit : nil
    }

    private static func significantDigits(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int)
      -> Int
    {
      let digits = bytes[start..<end].lazy.filter { $0 != UInt8(ascii: ".") }
      return digits.drop { $0 == UInt8(ascii: "0") }.count
    }

    /// The power of ten that is written after the "e" at `index`, cut off where any number is zero or infinite.
    private static func power(_ bytes: UnsafeBufferPointer<UInt8>, after index: Int) -> (
      value: Int, end: Int
    )? {
      var index = index + 1
      guard index < bytes.count else { return nil }
      let sign = bytes[index]
      if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { index += 1 }
      var value = 0
      let start = index
      while index < bytes.count, let digit = digit(bytes[index]) {
        value = min(value * 10 + Int(digit), 1_000_000_000)
        index += 1
      }
      return index > start ? (sign == UInt8(ascii: "-") ? -value : value, index) : nil
    }

    /// The value rounded to nearest, ties to even, or nil if this way does not decide it.
    @inline(__always)
    func value(_ precision: Precision) -> Double? {
      if isLong { return nil }
      if digits == 0 { return isNegative ? -0.0 : 0.0 }
      guard let power = PowerOfFive.of(exponent) else { return nil }
      let shift = digits.leadingZeroBitCount
      // The exact value is from this product up to less than one more in its upper half, power.bits being cut off.
      var (high, low) = (digits &<< UInt64(shift)).multipliedFullWidth(by: power.bits)
      var binary = 127 + exponent + power.exponent - shift
      if high >> 63 == 0 {
        high = high << 1 | low >> 63
        low <<= 1
        binary -= 1
      }
      let dropped: UInt64 = precision == .float32 ? 40 : 11
      let half: UInt64 = 1 << (dropped - 1)
      let rest = high & (half << 1 - 1)
      // Undecided: the exact value, up to two units of `high` further on, may be on either side of the half or on it.
      if rest &+ 2 >= half, rest <= half { return nil }
      if precision == .float32, binary < -125 || binary > 126 { return nil }
      let kept = (high >> dropped + (rest > half ? 1 : 0)) << (dropped - 11)
      // The leading bit of `kept` adds one to the exponent, and a carry another one.
      let bits = UInt64(bitPattern: Int64(binary + 1022)) << 52 &+ kept
      return Double(bitPattern: bits | (isNegative ? 1 << 63 : 0))
    }
  }
}

/// A power of five as bits * 2^exponent, the bits from 2^63 up, what is beyond 64 of them cut off.
private struct PowerOfFive {
  let bits: UInt64
  let exponent: Int

  private static let largest = 55

  /// From 5^-55 to 5^55: powers that 128 bits hold.
  private static let table: [PowerOfFive] = (-largest...largest).map { PowerOfFive($0) }

  /// 5^power, or nil for those beyond the table.
  @inline(__always)
  static func of(_ power: Int) -> PowerOfFive? {
    power >= -largest && power <= largest ? table[power + largest] : nil
  }

  private init(_ power: Int) {
    let five = (0..<power.magnitude).reduce(UInt128(1)) { product, _ in product * 5 }
    let width = 128 - five.leadingZeroBitCount
    if power >= 0 {
      bits = UInt64(truncatingIfNeeded: width > 64 ? five >> (width - 64) : five << (64 - width))
      exponent = width - 64
    } else {
      // 2^(width + 63) / 5^-power, which is at least 2^63 and less than 2^64.
      let numerator = UInt128(1) << 127
      let aligned = five << UInt128(128 - width)
      bits = Self.quotient(numerator, aligned)
      exponent = -(width + 63)
    }
  }

  /// The first 64 bits of 2^63 * 2^128 / (2 * aligned) by long division, `aligned` having its top bit set.
  private static func quotient(_ numerator: UInt128, _ aligned: UInt128) -> UInt64 {
    var rest = numerator
    var bits: UInt64 = 0
    // The first digit of the quotient may be 0: 2^127 is never more than `aligned`.
    for _ in 0..<64 {
      let carries = rest >> 127 == 1
      rest = rest << 1
      bits <<= 1
      if carries || rest >= aligned {
        rest = rest &- aligned
        bits |= 1
      }
    }
    return bits
  }
}
