#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Numbers as people read them.
enum Format {
  /// Six significant digits, as "0.00123457", "12.3457" or "1.23457e-09".
  static func number(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    let magnitude = abs(value)
    if magnitude >= 1e-4, magnitude < 1e6 {
      var digits = 5
      var bound = 1.0
      while bound * 10 <= magnitude {
        bound *= 10
        digits -= 1
      }
      while bound > magnitude {
        bound /= 10
        digits += 1
      }
      return decimal(value, places: max(0, digits))
    }
    var exponent = 0
    var mantissa = value
    while abs(mantissa) >= 10 {
      mantissa /= 10
      exponent += 1
    }
    while abs(mantissa) < 1 {
      mantissa *= 10
      exponent -= 1
    }
    return
      "\(decimal(mantissa, places: 5))e\(exponent < 0 ? "-" : "+")\(abs(exponent) < 10 ? "0" : "")\(abs(exponent))"
  }

  /// `value` rounded to `places` decimals.
  static func decimal(_ value: Double, places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    guard abs(value) * scale < 1e15 else { return number(value) }
    let scaled = (abs(value) * scale).rounded()
    let whole = (scaled / scale).rounded(.down)
    let fraction = String(Int(scaled - whole * scale))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if places == 0 { return "\(sign)\(Int(whole))" }
    return "\(sign)\(Int(whole)).\(String(repeating: "0", count: max(0, places - fraction.count)))\(fraction)"
  }

  /// Three significant digits, or all those before the point, without an exponent: "0.0123", "1.23", "12.3", "1234".
  static func threeDigits(_ value: Double) -> String {
    var places = 2
    // What rounds to the next power of ten counts as that.
    var bound = 9.995
    while places > 0, abs(value) >= bound {
      places -= 1
      bound *= 10
    }
    bound = 0.9995
    while places < 8, value != 0, abs(value) < bound {
      places += 1
      bound /= 10
    }
    return decimal(value, places: places)
  }

  /// A whole number in groups of three: "100,000".
  static func count(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// A number of things: "1 epoch", "2,000 epochs".
  static func count(_ value: Int, _ thing: String) -> String {
    "\(count(value)) \(thing)\(value == 1 ? "" : "s")"
  }

  /// A rate or size in thousands, millions and so on: "2.1 M".
  static func short(_ value: Double) -> String {
    var value = value
    for unit in ["", "k", "M", "G"] {
      if abs(value) < 999.5 || unit == "G" {
        return decimal(value, places: abs(value) < 10 && !unit.isEmpty ? 1 : 0)
          + (unit.isEmpty ? "" : " \(unit)")
      }
      value /= 1000
    }
    return decimal(value, places: 0)
  }

  /// A duration: "0.35 s", "12 s", "3:07", "2:03:07".
  static func duration(_ seconds: Double) -> String {
    if seconds < 10 { return "\(decimal(seconds, places: 2)) s" }
    if seconds < 100 { return "\(decimal(seconds, places: 0)) s" }
    guard seconds < 1e9 else { return "years" }
    let whole = Int(seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return whole < 3600
      ? "\(whole / 60):\(two(whole % 60))"
      : "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
  }

  /// Names and values in two columns.
  static func table(_ rows: [(String, String)]) -> String {
    let width = rows.reduce(0) { max($0, $1.0.count) }
    return rows.map { name, value in
      "\(name)\(String(repeating: " ", count: width - name.count + 2))\(value)"
    }.joined(separator: "\n")
  }
}
