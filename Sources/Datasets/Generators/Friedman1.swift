import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Friedman's first regression problem: five features matter, the others do not.
///
/// y = 10 sin(pi x0 x1) + 20 (x2 - 1/2)^2 + 10 x3 + 5 x4 + noise, features uniform in [0, 1). J. Friedman, "Multivariate
/// adaptive regression splines", The Annals of Statistics 19, 1991; as in scikit-learn's `make_friedman1`.
public struct Friedman1: Sendable, Equatable {
  /// The number of features, at least 5.
  public let features: Int
  /// The standard deviation of the normal noise on the targets.
  public let noise: Double
  /// The seed.
  public let seed: UInt64

  /// The problem with `features` features.
  ///
  /// - Precondition: there are at least 5.
  public init(features: Int = 10, noise: Double = 0, seed: UInt64 = 0) {
    precondition(features >= 5, "five features make the targets")
    self.features = features
    self.noise = noise
    self.seed = seed
  }
}

extension Friedman1: NamedGenerator {
  /// What it can be told.
  public enum Parameters {
    /// The number of features.
    public static let features = GeneratorParameter<Int>.count(
      "features", 10, in: 5...Generators.mostColumns,
      "The number of features, of which the first five make the targets.")
    /// The standard deviation of the noise.
    public static let noise = GeneratorParameter<Double>.noise()
  }

  /// "friedman1".
  public static let name = "friedman1"
  /// What it makes.
  public static let abstract =
    "Friedman's first regression problem: five uniform features matter, the others do not."
  /// What it can be told.
  public static let parameters = [Parameters.features.summary, Parameters.noise.summary]

  /// The problem of these values.
  public init(_ values: GeneratorValues) throws(LockstepError) {
    self.init(
      features: try values.value(Parameters.features), noise: try values.value(Parameters.noise),
      seed: try values.seed)
  }

  /// One number.
  public var targets: GeneratedTargets { .values(columns: 1) }

  /// The options that make this problem.
  public var arguments: [(name: String, value: String)] {
    [Parameters.features.argument(features), Parameters.noise.argument(noise)]
  }

  /// Its parameters.
  public var records: [GeneratorRecord] { [.integer("features", features), .number("noise", noise)] }

  /// The relation as text.
  public var formula: String {
    "y = 10*sin(pi*x0*x1) + 20*(x2 - 0.5)^2 + 10*x3 + 5*x4" + FormulaText.noise(noise)
  }

  /// Throws ``LockstepError`` of kind `usage` if the noise could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    // 10 + 5 + 10 + 5 at most.
    try NoisyTargets(noise: noise, seed: seed).check(reach: 30, as: type, options: "--noise")
  }

  /// Makes the rows from `start` on. Targets are worked out in double precision from the features as stored.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>
  ) {
    let y = y.numbers
    UniformFeatures(features, in: 0..<1, seed: seed).fill(from: start, rows: y.count, x: x)
    let features = features
    NoisyTargets(noise: noise, seed: seed).fill(from: start, y: y) { row in
      let first = row &* features
      let middle = Double(x[first &+ 2]) - 0.5
      let wave = 10 * sin(Double.pi * Double(x[first]) * Double(x[first &+ 1]))
      return wave + 20 * (middle * middle) + 10 * Double(x[first &+ 3]) + 5 * Double(x[first &+ 4])
    }
  }
}
