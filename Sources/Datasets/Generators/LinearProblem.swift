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
}

extension LinearProblem: NamedGenerator {
  /// What it can be told.
  public enum Parameters {
    /// One factor a feature.
    public static let coefficients = GeneratorParameter<[Double]>.numbers(
      "coefficients", [3, 2], "One factor a feature, joined by commas.")
    /// What is added to every target.
    public static let intercept = GeneratorParameter<Double>.number(
      "intercept", 0, "What is added to every target.")
    /// Where the features lie.
    public static let range = GeneratorParameter<Range<Double>>.features(0..<1)
    /// The standard deviation of the noise.
    public static let noise = GeneratorParameter<Double>.noise()
  }

  /// "linear".
  public static let name = "linear"
  /// What it makes.
  public static let abstract = "A weighted sum of uniform features, plus noise if asked for."
  /// What it can be told.
  public static let parameters = [
    Parameters.coefficients.summary, Parameters.intercept.summary, Parameters.range.summary,
    Parameters.noise.summary,
  ]

  /// The problem of these values.
  public init(_ values: GeneratorValues) throws(LockstepError) {
    self.init(
      coefficients: try values.value(Parameters.coefficients),
      intercept: try values.value(Parameters.intercept),
      range: try values.value(Parameters.range), noise: try values.value(Parameters.noise),
      seed: try values.seed)
  }

  /// The number of features.
  public var features: Int { coefficients.count }
  /// One number.
  public var targets: GeneratedTargets { .values(columns: 1) }

  /// The options that make this problem.
  public var arguments: [(name: String, value: String)] {
    [
      Parameters.coefficients.argument(coefficients), Parameters.intercept.argument(intercept),
      Parameters.range.argument(range), Parameters.noise.argument(noise),
    ]
  }

  /// Its parameters.
  public var records: [GeneratorRecord] {
    [
      .numbers("coefficients", coefficients), .number("intercept", intercept), .range("range", range),
      .number("noise", noise),
    ]
  }

  /// Throws ``LockstepError`` of kind `usage` if rows of this problem could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    guard !coefficients.isEmpty else {
      throw LockstepError(.usage, "--coefficients", "are none", remedy: "Give one factor a feature.")
    }
    try uniform.check(as: type)
    let reach = max(abs(range.lowerBound), abs(range.upperBound))
    try NoisyTargets(noise: noise, seed: seed).check(
      reach: coefficients.reduce(abs(intercept)) { $0 + abs($1) * reach }, as: type,
      options: "--range, --coefficients, --intercept or --noise")
  }

  /// The relation as text, for example "y = 3*x0 + 2*x1"; abbreviated if there are more than 32 features.
  public var formula: String {
    var result = "y = "
    for (index, coefficient) in coefficients.enumerated() {
      if index == 8, coefficients.count > 32 {
        let last = coefficients.count - 1
        result += " + ... + \(FormulaText.number(coefficients[last]))*x\(last)"
        break
      }
      if index == 0 {
        result += "\(FormulaText.number(coefficient))*x0"
      } else {
        result += " \(coefficient < 0 ? "-" : "+") \(FormulaText.number(abs(coefficient)))*x\(index)"
      }
    }
    return result + FormulaText.term(intercept) + FormulaText.noise(noise)
  }

  private var uniform: UniformFeatures { UniformFeatures(features, in: range, seed: seed) }

  /// Makes the rows from `start` on. Targets are worked out in double precision from the features as stored.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>
  ) {
    let y = y.numbers
    uniform.fill(from: start, rows: y.count, x: x)
    coefficients.withUnsafeBufferPointer { coefficients in
      NoisyTargets(noise: noise, seed: seed).fill(from: start, y: y) { row in
        var sum = intercept
        for feature in coefficients.indices {
          sum += coefficients[feature] * Double(x[row &* coefficients.count &+ feature])
        }
        return sum
      }
    }
  }
}
