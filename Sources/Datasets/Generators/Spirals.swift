import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A classification problem: spirals that wind around each other, one a class.
///
/// A point of class c has the radius r, uniform in [0, 1), and the angle 2 pi (turns r + c / classes), plus normal noise on both
/// coordinates. With two classes it goes back to K. Lang, M. Witbrock, "Learning to tell two spirals apart", Proceedings of
/// the 1988 Connectionist Models Summer School.
public struct Spirals: Sendable, Equatable {
  /// The number of classes: arms.
  public let classes: Int
  /// How often an arm goes around the center.
  public let turns: Double
  /// The standard deviation of the normal noise on both coordinates.
  public let noise: Double
  /// The seed.
  public let seed: UInt64

  /// Two arms with one and a half turns, or what the arguments say.
  ///
  /// - Precondition: there is at least one class.
  public init(classes: Int = 2, turns: Double = 1.5, noise: Double = 0.02, seed: UInt64 = 0) {
    precondition(classes >= 1, "there is an arm")
    self.classes = classes
    self.turns = turns
    self.noise = noise
    self.seed = seed
  }
}

extension Spirals: NamedGenerator {
  /// What it can be told.
  public enum Parameters {
    /// The number of classes.
    public static let classes = GeneratorParameter<Int>.count(
      "classes", 2, in: 1...Generators.mostColumns, "The number of classes, one arm each.")
    /// The turns of an arm.
    public static let turns = GeneratorParameter<Double>.number(
      "turns", 1.5, "How often an arm goes around the center; below zero, the other way.")
    /// The standard deviation of the noise.
    public static let noise = GeneratorParameter<Double>.noise(0.02, on: "both coordinates")
  }

  /// "spirals".
  public static let name = "spirals"
  /// What it makes.
  public static let abstract = "Classes that are spirals winding around each other."
  /// What it can be told.
  public static let parameters = [
    Parameters.classes.summary, Parameters.turns.summary, Parameters.noise.summary,
  ]

  /// The spirals of these values.
  public init(_ values: GeneratorValues) throws(LockstepError) {
    self.init(
      classes: try values.value(Parameters.classes), turns: try values.value(Parameters.turns),
      noise: try values.value(Parameters.noise), seed: try values.seed)
  }

  /// Two.
  public var features: Int { 2 }
  /// Classes.
  public var targets: GeneratedTargets { .labels(classes: classes) }

  /// The options that make these spirals.
  public var arguments: [(name: String, value: String)] {
    [
      Parameters.classes.argument(classes), Parameters.turns.argument(turns),
      Parameters.noise.argument(noise),
    ]
  }

  /// Its parameters.
  public var records: [GeneratorRecord] {
    [.integer("classes", classes), .number("turns", turns), .number("noise", noise)]
  }

  /// The relation as text.
  public var formula: String {
    let angle = "2*pi*(\(FormulaText.number(turns))*r + y/\(classes))"
    return "x = (r cos a, r sin a)\(FormulaText.noise(noise)), a = \(angle), 0 <= r < 1"
  }

  /// Throws ``LockstepError`` of kind `usage` if the noise could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    guard (2 * Double.pi * (abs(turns) + 1)).isFinite else {
      throw LockstepError(
        .usage, "--turns", "makes angles that are not finite", found: "\(turns)", remedy: "Choose fewer.")
    }
    try NoisyTargets(noise: noise, seed: seed).check(reach: 1, as: type, options: "--noise")
  }

  /// Makes the rows from `start` on.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>
  ) {
    let y = y.classes
    ClassOrder(classes: classes, seed: seed).fill(from: start, labels: y)
    let (turns, classes) = (turns, Double(classes))
    NoisyPoints(noise: noise, seed: seed).fill(from: start, rows: y.count, x: x) { row, radius in
      let angle = 2 * Double.pi * (turns * radius + Double(y[row]) / classes)
      return (radius * cos(angle), radius * sin(angle))
    }
  }
}
