import Primitives

/// A regression problem whose targets are a weighted sum of the features, plus noise if asked for.
///
/// Row i is a function of (seed, i) alone, so any thread can make any row.
public struct LinearProblem: Sendable, Equatable {
  /// One factor a feature.
  public var coefficients: [Double]
  /// What is added to every target.
  public var intercept: Double
  /// The features are uniform in this range, its end excluded.
  public var range: Range<Double>
  /// The standard deviation of the normal noise on the targets.
  public var noise: Double
  /// The seed.
  public var seed: UInt64

  /// y = 3 x0 + 2 x1 over [0, 1), or what the arguments say.
  public init(
    coefficients: [Double] = [3, 2], intercept: Double = 0, range: Range<Double> = 0..<1,
    noise: Double = 0, seed: UInt64 = 0
  ) {
    self.coefficients = coefficients
    self.intercept = intercept
    self.range = range
    self.noise = noise
    self.seed = seed
  }

  /// The number of features.
  public var features: Int { coefficients.count }

  /// Throws ``LockstepError`` of kind `usage` if rows of this problem could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    let most = Double(Element.greatestFiniteMagnitude)
    let reach = max(abs(range.lowerBound), abs(range.upperBound))
    // Ten standard deviations: what a normal number drawn from 53 bits cannot exceed.
    let target = coefficients.reduce(abs(intercept)) { $0 + abs($1) * reach } + 10 * noise
    guard reach <= most, target <= most else {
      throw LockstepError(
        .usage, "", "the numbers asked for are too large for \(Element.precision.rawValue)",
        found: "up to \(max(reach, target))", expected: "at most \(most)",
        remedy: "Choose a smaller --range, --coefficients, --intercept or --noise.")
    }
    guard Element(range.lowerBound) < Element(range.upperBound) else {
      throw LockstepError(
        .usage, "--range", "is a single number in \(Element.precision.rawValue)",
        found: "\(range.lowerBound),\(range.upperBound)", remedy: "Choose a wider one or --precision float64."
      )
    }
  }

  /// The relation as text, for example "y = 3*x0 + 2*x1"; abbreviated if there are more than 32 features.
  public var formula: String {
    func text(_ value: Double) -> String {
      value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
    var result = "y = "
    for (index, coefficient) in coefficients.enumerated() {
      if index == 8, coefficients.count > 32 {
        result += " + ... + \(text(coefficients[coefficients.count - 1]))*x\(coefficients.count - 1)"
        break
      }
      if index == 0 {
        result += "\(text(coefficient))*x0"
      } else {
        result += " \(coefficient < 0 ? "-" : "+") \(text(abs(coefficient)))*x\(index)"
      }
    }
    if intercept != 0 { result += " \(intercept < 0 ? "-" : "+") \(text(abs(intercept)))" }
    if noise != 0 { result += " + \(text(noise))*normal" }
    return result
  }

  /// Makes the rows from `start` on. Targets are worked out in double precision from the features as stored.
  ///
  /// - Parameters:
  ///   - start: the first row.
  ///   - x: receives `features` numbers a row.
  ///   - y: receives one number a row; its length says how many rows.
  @inlinable public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: UnsafeMutableBufferPointer<Element>
  ) {
    precondition(x.count == y.count * features)
    let random = CounterRandom(seed: seed, purpose: .features)
    let noises = CounterRandom(seed: seed, purpose: .noise)
    let end = Element(range.upperBound)
    let last = Double(end) >= range.upperBound ? end.nextDown : end
    let width = range.upperBound - range.lowerBound
    let blocks = (features + 1) / 2
    coefficients.withUnsafeBufferPointer { coefficients in
      for row in y.indices {
        var sum = intercept
        for block in 0..<blocks {
          let pair = random.uniforms(UInt64(start + row) &* UInt64(blocks) &+ UInt64(block))
          for side in 0..<min(2, coefficients.count - 2 * block) {
            let feature = 2 * block + side
            // Rounding may reach the end of the range, which is excluded.
            let value = min(
              Element(range.lowerBound + width * (side == 0 ? pair.0 : pair.1)), last)
            x[row * coefficients.count + feature] = value
            sum += coefficients[feature] * Double(value)
          }
        }
        if noise != 0 { sum += noise * noises.normals(UInt64(start + row)).0 }
        y[row] = Element(sum)
      }
    }
  }
}
