import Primitives

/// Targets of one number a row: a function of the features as stored, in double precision, plus normal noise if asked for.
struct NoisyTargets {
  /// The standard deviation of the noise.
  let noise: Double
  let seed: UInt64

  /// Sets the targets of the rows from `start` on; `target` is asked for each of them, counted from 0.
  @inline(__always) func fill<Element: Scalar>(
    from start: Int, y: UnsafeMutableBufferPointer<Element>, _ target: (Int) -> Double
  ) {
    if noise == 0 {
      for row in y.indices { y[row] = Element(target(row)) }
    } else {
      RowStream(seed: seed, purpose: .noise, width: 1).forEachNormal(from: start, rows: y.count) {
        row, normal in
        y[row] = Element(target(row) + noise * normal)
      }
    }
  }

  /// More standard deviations than a normal number drawn from 53 bits can be away from the mean.
  static let mostDeviations = 10.0

  /// Throws if targets of up to `reach` and their noise could be more than `Element` can say; `options` are what to make smaller.
  func check<Element: Scalar>(reach: Double, as type: Element.Type, options: String) throws(LockstepError) {
    let target = reach + Self.mostDeviations * noise
    guard target <= Double(Element.greatestFiniteMagnitude) else {
      throw LockstepError.tooLarge(target, as: type, remedy: "Choose a smaller \(options).")
    }
  }
}

/// Numbers in formulas.
enum FormulaText {
  /// A number as people write it: whole ones without a point.
  static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }

  /// " + 2" or " - 2", or nothing for zero.
  static func term(_ value: Double, times factor: String = "") -> String {
    if value == 0 { return "" }
    return " \(value < 0 ? "-" : "+") \(number(abs(value)))\(factor)"
  }

  /// A factor before something: "2*", "-0.5*", or nothing for one.
  static func factor(_ value: Double) -> String { value == 1 ? "" : "\(number(value))*" }

  /// " + 0.1*normal", or nothing without noise.
  static func noise(_ deviation: Double) -> String { term(deviation, times: "*normal") }
}
