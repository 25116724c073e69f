import Primitives

/// A generator that command line and addresses know by its name.
public protocol NamedGenerator: RowGenerator {
  /// What it is called.
  static var name: String { get }
  /// What it makes, in a sentence.
  static var abstract: String { get }
  /// What it can be told beside the seed.
  static var parameters: [GeneratorParameterSummary] { get }

  /// A generator of these values.
  ///
  /// - Throws: ``LockstepError`` of kind `usage` if a value makes no sense.
  init(_ values: GeneratorValues) throws(LockstepError)
}

extension NamedGenerator {
  /// What it is called.
  public var name: String { Self.name }
}

/// All generators that have a name.
public enum Generators {
  /// In the order of their introduction.
  public static let all: [any NamedGenerator.Type] = [
    LinearProblem.self, Friedman1.self, SineWave.self, Polynomial.self, Teacher.self, Blobs.self, Moons.self,
    Spirals.self,
  ]

  /// The number of rows where none is given.
  public static let rows = GeneratorParameter<Int>.count(
    "rows", 100_000, in: 1...Int.max, "The number of samples.")
  /// The seed.
  public static let seed = GeneratorParameter<UInt64>.seed

  /// The most features and columns of targets that a generator can be told to make.
  static let mostColumns = 1_000_000
  /// The most numbers that a generator keeps in memory: centers, weights.
  static let mostConstants = 1 << 24

  /// Throws if the `count` numbers to be kept, which `options` set, are too many. Nil stands for too many to count.
  static func checkConstants(_ count: Int?, _ what: String, options: String) throws(LockstepError) {
    guard let count, count <= mostConstants else {
      throw LockstepError(
        .usage, options, "make too many \(what)", found: count.map { "\($0)" },
        expected: "at most \(mostConstants)", remedy: "Choose smaller ones.")
    }
  }

  /// The product, or nil if it overflows.
  static func product(_ a: Int, _ b: Int) -> Int? {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : product
  }
}

/// Values by name, as texts.
public struct GeneratorValues: Sendable {
  /// What messages call the whole, such as an address.
  public let subject: String
  private let texts: [String: String]

  /// The texts of some values; the others are their defaults.
  public init(_ texts: [String: String], subject: String) {
    self.texts = texts
    self.subject = subject
  }

  /// The value of a parameter.
  ///
  /// - Throws: ``LockstepError`` of kind `usage` if the text is not what it must be.
  public func value<Value>(_ parameter: GeneratorParameter<Value>) throws(LockstepError) -> Value {
    guard let text = texts[parameter.name] else { return parameter.defaultValue }
    guard let value = parameter.parse(text) else {
      throw LockstepError(
        .usage, subject, "the value of \(parameter.name) makes no sense", found: "\"\(text)\"",
        expected: parameter.requirement, remedy: "Its default is \(parameter.defaultText).")
    }
    return value
  }

  /// The value of the seed.
  public var seed: UInt64 {
    get throws(LockstepError) { try value(Generators.seed) }
  }
}
