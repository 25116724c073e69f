import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A classification problem: two half circles that reach into each other.
///
/// Class 0 is (cos t, sin t) and class 1 is (1 - cos t, 1/2 - sin t) for t from 0 to pi, plus normal noise on both coordinates; as
/// in scikit-learn's `make_moons`. There t goes in even steps; here it is uniform, so that row i needs no other row.
public struct Moons: Sendable, Equatable {
  /// The standard deviation of the normal noise on both coordinates.
  public let noise: Double
  /// The seed.
  public let seed: UInt64

  /// Two half circles with this noise.
  public init(noise: Double = 0.1, seed: UInt64 = 0) {
    self.noise = noise
    self.seed = seed
  }
}

extension Moons: NamedGenerator {
  /// What it can be told.
  public enum Parameters {
    /// The standard deviation of the noise.
    public static let noise = GeneratorParameter<Double>.noise(0.1, on: "both coordinates")
  }

  /// "moons".
  public static let name = "moons"
  /// What it makes.
  public static let abstract = "Two classes that are half circles reaching into each other."
  /// What it can be told.
  public static let parameters = [Parameters.noise.summary]

  /// The half circles of these values.
  public init(_ values: GeneratorValues) throws(LockstepError) {
    self.init(noise: try values.value(Parameters.noise), seed: try values.seed)
  }

  /// Two.
  public var features: Int { 2 }
  /// Two classes.
  public var targets: GeneratedTargets { .labels(classes: 2) }
  /// The options that make these half circles.
  public var arguments: [(name: String, value: String)] { [Parameters.noise.argument(noise)] }
  /// Its parameters.
  public var records: [GeneratorRecord] { [.integer("classes", 2), .number("noise", noise)] }

  /// The relation as text.
  public var formula: String {
    let noise = FormulaText.noise(noise)
    return "x = (cos t, sin t)\(noise) if y = 0, (1 - cos t, 0.5 - sin t)\(noise) if y = 1, 0 <= t < pi"
  }

  /// Throws ``LockstepError`` of kind `usage` if the noise could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    try NoisyTargets(noise: noise, seed: seed).check(reach: 2, as: type, options: "--noise")
  }

  /// Makes the rows from `start` on.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>
  ) {
    let y = y.classes
    ClassOrder(classes: 2, seed: seed).fill(from: start, labels: y)
    NoisyPoints(noise: noise, seed: seed).fill(from: start, rows: y.count, x: x) { row, position in
      let angle = Double.pi * position
      return y[row] == 0 ? (cos(angle), sin(angle)) : (1 - cos(angle), 0.5 - sin(angle))
    }
  }
}
