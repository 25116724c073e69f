import Primitives

/// A polynomial of one uniform feature: y = c0 + c1 x + c2 x^2 + ... + noise.
public struct Polynomial: Sendable, Equatable {
  /// The coefficients, that of the lowest power first.
  public let coefficients: [Double]
  /// The feature is uniform in this range, its end excluded.
  public let range: Range<Double>
  /// The standard deviation of the normal noise on the targets.
  public let noise: Double
  /// The seed.
  public let seed: UInt64

  /// y = x^3 - x over [-1.5, 1.5), or what the arguments say.
  public init(
    coefficients: [Double] = [0, -1, 0, 1], range: Range<Double> = -1.5..<1.5, noise: Double = 0,
    seed: UInt64 = 0
  ) {
    self.coefficients = coefficients
    self.range = range
    self.noise = noise
    self.seed = seed
  }
}

extension Polynomial: NamedGenerator {
  /// What it can be told.
  public enum Parameters {
    /// The coefficients.
    public static let coefficients = GeneratorParameter<[Double]>.numbers(
      "coefficients", [0, -1, 0, 1], "The factors of 1, x, x^2 and so on, joined by commas.")
    /// Where the feature lies.
    public static let range = GeneratorParameter<Range<Double>>.features(-1.5..<1.5)
    /// The standard deviation of the noise.
    public static let noise = GeneratorParameter<Double>.noise()
  }

  /// "polynomial".
  public static let name = "polynomial"
  /// What it makes.
  public static let abstract = "A polynomial of one uniform feature, plus noise if asked for."
  /// What it can be told.
  public static let parameters = [
    Parameters.coefficients.summary, Parameters.range.summary, Parameters.noise.summary,
  ]

  /// The polynomial of these values.
  public init(_ values: GeneratorValues) throws(LockstepError) {
    self.init(
      coefficients: try values.value(Parameters.coefficients), range: try values.value(Parameters.range),
      noise: try values.value(Parameters.noise), seed: try values.seed)
  }

  /// One.
  public var features: Int { 1 }
  /// One number.
  public var targets: GeneratedTargets { .values(columns: 1) }
  /// "x".
  public var featureNames: [String] { ["x"] }

  /// The options that make this polynomial.
  public var arguments: [(name: String, value: String)] {
    [
      Parameters.coefficients.argument(coefficients), Parameters.range.argument(range),
      Parameters.noise.argument(noise),
    ]
  }

  /// Its parameters.
  public var records: [GeneratorRecord] {
    [.numbers("coefficients", coefficients), .range("range", range), .number("noise", noise)]
  }

  /// The relation as text, for example "y = 1 - 2*x + 0.5*x^2"; abbreviated if there are more than 32 terms.
  public var formula: String {
    var terms: [String] = []
    for (power, coefficient) in coefficients.enumerated() where coefficient != 0 {
      let sign = terms.isEmpty ? coefficient < 0 ? "-" : "" : coefficient < 0 ? " - " : " + "
      let factor = power == 0 ? FormulaText.number(abs(coefficient)) : FormulaText.factor(abs(coefficient))
      terms.append(sign + factor + (power == 0 ? "" : power == 1 ? "x" : "x^\(power)"))
    }
    if terms.count > 32 { terms[8...] = [" + ...", terms[terms.count - 1]] }
    return "y = " + (terms.isEmpty ? "0" : terms.joined()) + FormulaText.noise(noise)
  }

  private var uniform: UniformFeatures { UniformFeatures(1, in: range, seed: seed) }

  /// Throws ``LockstepError`` of kind `usage` if features or targets could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    try uniform.check(as: type)
    let far = max(abs(range.lowerBound), abs(range.upperBound))
    try NoisyTargets(noise: noise, seed: seed).check(
      reach: coefficients.reversed().reduce(0) { $0 * far + abs($1) }, as: type,
      options: "--range, --coefficients or --noise")
  }

  /// Makes the rows from `start` on. Targets are worked out in double precision from the features as stored, by the rule of
  /// Horner.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>
  ) {
    let y = y.numbers
    uniform.fill(from: start, rows: y.count, x: x)
    coefficients.withUnsafeBufferPointer { coefficients in
      NoisyTargets(noise: noise, seed: seed).fill(from: start, y: y) { row in
        let value = Double(x[row])
        var sum = 0.0
        for power in coefficients.indices.reversed() { sum = sum * value + coefficients[power] }
        return sum
      }
    }
  }
}
