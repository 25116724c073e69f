import ArgumentParser
import Lockstep

/// The options of one generator.
protocol GeneratorOptions: ParsableArguments {
  associatedtype Generator: NamedGenerator

  /// What its help says after the abstract: what is written, and examples.
  static var discussion: String { get }

  /// The generator of these options.
  func generator(seed: UInt64) -> Generator
}

extension Option where Value: Sendable {
  /// The option that a generator's parameter is: its name, default, help and checks are the library's.
  init(_ parameter: GeneratorParameter<Value>) {
    self.init(
      wrappedValue: parameter.defaultValue, name: .customLong(parameter.name),
      // Unconditional: what begins with a minus is a number here, not an option.
      parsing: .unconditional,
      help: ArgumentHelp("\(parameter.help) (default: \(parameter.defaultText))"),
      transform: { text in
        guard let value = parameter.parse(text) else {
          throw ValidationError("it must be \(parameter.requirement).")
        }
        return value
      })
  }
}

struct LinearOptions: GeneratorOptions {
  static let discussion = """
    Writes /x (rows by features) and /y (rows by 1), y = c0*x0 + c1*x1 + ... + intercept + noise.

    Examples:
      lockstep generate linear --output data/linear.h5
      lockstep generate linear --rows 1000000 --coefficients 1,-2,0.5 --noise 0.1 --output noisy.h5
    """

  @Option(LinearProblem.Parameters.coefficients) var coefficients: [Double]
  @Option(LinearProblem.Parameters.intercept) var intercept: Double
  @Option(LinearProblem.Parameters.range) var range: Range<Double>
  @Option(LinearProblem.Parameters.noise) var noise: Double

  func generator(seed: UInt64) -> LinearProblem {
    LinearProblem(coefficients: coefficients, intercept: intercept, range: range, noise: noise, seed: seed)
  }
}

struct Friedman1Options: GeneratorOptions {
  static let discussion = """
    Writes /x (rows by features), uniform in [0, 1), and /y (rows by 1), \
    y = 10*sin(pi*x0*x1) + 20*(x2 - 0.5)^2 + 10*x3 + 5*x4 + noise. The other features are there to mislead. As in \
    scikit-learn's make_friedman1.

    Examples:
      lockstep generate friedman1 --noise 1 --output friedman.h5
      lockstep train friedman.h5 --hidden 64,64 --output friedman.weights.h5
    """

  @Option(Friedman1.Parameters.features) var features: Int
  @Option(Friedman1.Parameters.noise) var noise: Double

  func generator(seed: UInt64) -> Friedman1 { Friedman1(features: features, noise: noise, seed: seed) }
}

struct SineOptions: GeneratorOptions {
  static let discussion = """
    Writes /x (rows by 1) and /y (rows by 1), y = amplitude*sin(frequency*x + phase) + noise.

    Examples:
      lockstep generate sine --rows 10000 --output sine.h5
      lockstep generate sine --frequency 3 --range -3,3 --noise 0.1 --output fast.h5
    """

  @Option(SineWave.Parameters.amplitude) var amplitude: Double
  @Option(SineWave.Parameters.frequency) var frequency: Double
  @Option(SineWave.Parameters.phase) var phase: Double
  @Option(SineWave.Parameters.range) var range: Range<Double>
  @Option(SineWave.Parameters.noise) var noise: Double

  func generator(seed: UInt64) -> SineWave {
    SineWave(
      amplitude: amplitude, frequency: frequency, phase: phase, range: range, noise: noise, seed: seed)
  }
}

struct PolynomialOptions: GeneratorOptions {
  static let discussion = """
    Writes /x (rows by 1) and /y (rows by 1), y = c0 + c1*x + c2*x^2 + ... + noise.

    Examples:
      lockstep generate polynomial --output cubic.h5
      lockstep generate polynomial --coefficients 1,0,-2 --output parabola.h5
    """

  @Option(Polynomial.Parameters.coefficients) var coefficients: [Double]
  @Option(Polynomial.Parameters.range) var range: Range<Double>
  @Option(Polynomial.Parameters.noise) var noise: Double

  func generator(seed: UInt64) -> Polynomial {
    Polynomial(coefficients: coefficients, range: range, noise: noise, seed: seed)
  }
}

struct TeacherOptions: GeneratorOptions {
  static let discussion = """
    Writes /x (rows by features), standard normal, and /y (rows by targets): what a network with tanh in its hidden layers and \
    random weights makes of them. The seed draws the weights too; they are recorded in /weights_0, /weights_1 and so on, \
    inputs by outputs. There are no biases. A student of the same shape can learn the targets exactly.

    Examples:
      lockstep generate teacher --hidden 128,128 --output teacher.h5
      lockstep train teacher.h5 --hidden 128,128 --output student.weights.h5
    """

  @Option(Teacher.Parameters.features) var features: Int
  @Option(Teacher.Parameters.hidden) var hidden: [Int]
  @Option(Teacher.Parameters.targets) var targets: Int
  @Option(Teacher.Parameters.noise) var noise: Double

  func generator(seed: UInt64) -> Teacher {
    Teacher(features: features, hidden: hidden, targets: targets, noise: noise, seed: seed)
  }
}

struct BlobsOptions: GeneratorOptions {
  static let discussion = """
    Writes /x (rows by features), /y (rows: a class each, from 0 up, int32) and /centers (classes by features). The points of \
    a class are normal around its center. As in scikit-learn's make_blobs.

    Examples:
      lockstep generate blobs --output blobs.h5
      lockstep generate blobs --classes 10 --features 20 --spread 3 --output hard.h5
      lockstep train hard.h5 --hidden 64 --output hard.weights.h5
    """

  @Option(Blobs.Parameters.classes) var classes: Int
  @Option(Blobs.Parameters.features) var features: Int
  @Option(Blobs.Parameters.spread) var spread: Double
  @Option(Blobs.Parameters.centerRange) var centerRange: Range<Double>

  func generator(seed: UInt64) -> Blobs {
    Blobs(classes: classes, features: features, spread: spread, centerRange: centerRange, seed: seed)
  }
}

struct MoonsOptions: GeneratorOptions {
  static let discussion = """
    Writes /x (rows by 2) and /y (rows: class 0 or 1, int32). Class 0 is the upper half of a circle around (0, 0), class 1 the \
    lower half of one around (1, 0.5); both have the radius 1. As in scikit-learn's make_moons.

    Examples:
      lockstep generate moons --rows 10000 --noise 0.15 --output moons.h5
      lockstep train moons.h5 --hidden 16,16 --epochs 100 --output moons.weights.h5
      lockstep plot boundary moons.weights.h5 moons.h5 --output moons.svg
    """

  @Option(Moons.Parameters.noise) var noise: Double

  func generator(seed: UInt64) -> Moons { Moons(noise: noise, seed: seed) }
}

struct SpiralsOptions: GeneratorOptions {
  static let discussion = """
    Writes /x (rows by 2) and /y (rows: a class each, from 0 up, int32). The arms begin at (0, 0) and end at the circle of \
    radius 1.

    Examples:
      lockstep generate spirals --rows 10000 --output spirals.h5
      lockstep generate spirals --classes 5 --turns 0.5 --output galaxy.h5
    """

  @Option(Spirals.Parameters.classes) var classes: Int
  @Option(Spirals.Parameters.turns) var turns: Double
  @Option(Spirals.Parameters.noise) var noise: Double

  func generator(seed: UInt64) -> Spirals {
    Spirals(classes: classes, turns: turns, noise: noise, seed: seed)
  }
}
