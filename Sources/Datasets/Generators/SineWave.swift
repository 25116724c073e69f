import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A sine wave of one uniform feature: y = amplitude sin(frequency x + phase) + noise.
public struct SineWave: Sendable, Equatable {
  /// Half the distance from the lowest target to the highest.
  public let amplitude: Double
  /// The angular frequency: radians for each unit of x.
  public let frequency: Double
  /// The angle at x = 0, in radians.
  public let phase: Double
  /// The feature is uniform in this range, its end excluded.
  public let range: Range<Double>
  /// The standard deviation of the normal noise on the targets.
  public let noise: Double
  /// The seed.
  public let seed: UInt64

  /// One period of y = sin x, or what the arguments say.
  public init(
    amplitude: Double = 1, frequency: Double = 1, phase: Double = 0, range: Range<Double> = 0..<2 * .pi,
    noise: Double = 0, seed: UInt64 = 0
  ) {
    self.amplitude = amplitude
    self.frequency = frequency
    self.phase = phase
    self.range = range
    self.noise = noise
    self.seed = seed
  }
}

extension SineWave: NamedGenerator {
  /// What it can be told.
  public enum Parameters {
    /// The amplitude.
    public static let amplitude = GeneratorParameter<Double>.number(
      "amplitude", 1, "Half the distance from the lowest target to the highest.")
    /// The angular frequency.
    public static let frequency = GeneratorParameter<Double>.number(
      "frequency", 1, "The angular frequency: radians for each unit of x.")
    /// The phase.
    public static let phase = GeneratorParameter<Double>.number("phase", 0, "The angle at x = 0, in radians.")
    /// Where the feature lies.
    public static let range = GeneratorParameter<Range<Double>>.features(0..<2 * .pi)
    /// The standard deviation of the noise.
    public static let noise = GeneratorParameter<Double>.noise()
  }

  /// "sine".
  public static let name = "sine"
  /// What it makes.
  public static let abstract = "A sine wave of one uniform feature, plus noise if asked for."
  /// What it can be told.
  public static let parameters = [
    Parameters.amplitude.summary, Parameters.frequency.summary, Parameters.phase.summary,
    Parameters.range.summary, Parameters.noise.summary,
  ]

  /// The wave of these values.
  public init(_ values: GeneratorValues) throws(LockstepError) {
    self.init(
      amplitude: try values.value(Parameters.amplitude), frequency: try values.value(Parameters.frequency),
      phase: try values.value(Parameters.phase), range: try values.value(Parameters.range),
      noise: try values.value(Parameters.noise), seed: try values.seed)
  }

  /// One.
  public var features: Int { 1 }
  /// One number.
  public var targets: GeneratedTargets { .values(columns: 1) }
  /// "x".
  public var featureNames: [String] { ["x"] }

  /// The options that make this wave.
  public var arguments: [(name: String, value: String)] {
    [
      Parameters.amplitude.argument(amplitude), Parameters.frequency.argument(frequency),
      Parameters.phase.argument(phase), Parameters.range.argument(range), Parameters.noise.argument(noise),
    ]
  }

  /// Its parameters.
  public var records: [GeneratorRecord] {
    [
      .number("amplitude", amplitude), .number("frequency", frequency), .number("phase", phase),
      .range("range", range), .number("noise", noise),
    ]
  }

  /// The relation as text, for example "y = 2*sin(3*x + 0.5)".
  public var formula: String {
    "y = \(FormulaText.factor(amplitude))sin(\(FormulaText.factor(frequency))x\(FormulaText.term(phase)))"
      + FormulaText.noise(noise)
  }

  private var uniform: UniformFeatures { UniformFeatures(1, in: range, seed: seed) }

  /// Throws ``LockstepError`` of kind `usage` if features or targets could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    try uniform.check(as: type)
    let reach = max(abs(range.lowerBound), abs(range.upperBound))
    guard (abs(frequency) * reach + abs(phase)).isFinite else {
      throw LockstepError(
        .usage, "--frequency", "makes angles that are not finite", found: "\(frequency)",
        remedy: "Choose a smaller --frequency, --range or --phase.")
    }
    try NoisyTargets(noise: noise, seed: seed).check(
      reach: abs(amplitude), as: type, options: "--amplitude or --noise")
  }

  /// Makes the rows from `start` on. Targets are worked out in double precision from the features as stored.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>
  ) {
    let y = y.numbers
    uniform.fill(from: start, rows: y.count, x: x)
    let (amplitude, frequency, phase) = (amplitude, frequency, phase)
    NoisyTargets(noise: noise, seed: seed).fill(from: start, y: y) { row in
      amplitude * sin(frequency * Double(x[row]) + phase)
    }
  }
}
