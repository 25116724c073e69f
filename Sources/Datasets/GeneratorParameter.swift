import Primitives

/// What a generator can be told: its name on the command line and in addresses, its default, and what values make sense.
///
/// Command line and addresses share these, so that they cannot come to differ.
public struct GeneratorParameter<Value: Sendable>: Sendable {
  /// The name: the option without its dashes.
  public let name: String
  /// The value where none is given.
  public let defaultValue: Value
  /// What it means, without the default.
  public let help: String
  /// What a value must be: "a number from 0 up".
  public let requirement: String
  /// The value that a text says, or nil if it says none that makes sense.
  public let parse: @Sendable (String) -> Value?
  /// A value as text.
  public let text: @Sendable (Value) -> String

  /// The default as people write it: whole numbers without a point.
  public var defaultText: String {
    text(defaultValue).split(separator: ",").map { $0.hasSuffix(".0") ? $0.dropLast(2) : $0 }
      .joined(separator: ",")
  }

  /// A value by its name, as the command line takes it, in full: this is recorded in files.
  func argument(_ value: Value) -> (name: String, value: String) { (name, text(value)) }

  /// The parameter without its type.
  public var summary: GeneratorParameterSummary {
    GeneratorParameterSummary(name: name, help: help, requirement: requirement, defaultText: defaultText)
  }
}

/// A parameter of whatever type, described.
public struct GeneratorParameterSummary: Sendable, Equatable {
  /// The name: the option without its dashes.
  public let name: String
  /// What it means, without the default.
  public let help: String
  /// What a value must be.
  public let requirement: String
  /// The default as text.
  public let defaultText: String
}

extension GeneratorParameter<Int> {
  /// A whole number in `range`.
  static func count(_ name: String, _ value: Int, in range: ClosedRange<Int>, _ help: String)
    -> GeneratorParameter
  {
    let requirement =
      range.upperBound == .max
      ? "a whole number from \(range.lowerBound) up"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return GeneratorParameter(
      name: name, defaultValue: value, help: help, requirement: requirement,
      parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } }, text: { "\($0)" })
  }
}

extension GeneratorParameter<UInt64> {
  /// What random numbers are drawn from.
  static var seed: GeneratorParameter {
    GeneratorParameter(
      name: "seed", defaultValue: 0, help: "The seed: other numbers, of the same kind.",
      requirement: "a whole number from 0 to \(UInt64.max)", parse: { UInt64($0) }, text: { "\($0)" })
  }
}

extension GeneratorParameter<Double> {
  /// Any finite number.
  static func number(_ name: String, _ value: Double, _ help: String) -> GeneratorParameter {
    GeneratorParameter(
      name: name, defaultValue: value, help: help, requirement: "a finite number",
      parse: Self.finite, text: { "\($0)" })
  }

  /// A finite number that is not negative.
  static func notNegative(_ name: String, _ value: Double, _ help: String) -> GeneratorParameter {
    GeneratorParameter(
      name: name, defaultValue: value, help: help, requirement: "a number from 0 up",
      parse: { Self.finite($0).flatMap { $0 >= 0 ? $0 : nil } }, text: { "\($0)" })
  }

  /// The standard deviation of noise.
  static func noise(_ value: Double = 0, on what: String = "the targets") -> GeneratorParameter {
    notNegative("noise", value, "The standard deviation of normal noise on \(what).")
  }

  @Sendable fileprivate static func finite(_ text: String) -> Double? {
    Double(text).flatMap { $0.isFinite ? $0 : nil }
  }
}

extension GeneratorParameter<[Double]> {
  /// At least one finite number, joined by commas.
  static func numbers(_ name: String, _ values: [Double], _ help: String) -> GeneratorParameter {
    GeneratorParameter(
      name: name, defaultValue: values, help: help, requirement: "finite numbers joined by commas, as in 3,2",
      parse: { Self.list($0, GeneratorParameter<Double>.finite) },
      text: { $0.map { "\($0)" }.joined(separator: ",") })
  }

  @Sendable fileprivate static func list<Part>(_ text: String, _ parse: (String) -> Part?) -> [Part]? {
    let texts = text.split(separator: ",", omittingEmptySubsequences: false)
    let values = texts.compactMap { parse(String($0)) }
    return values.count == texts.count ? values : nil
  }
}

extension GeneratorParameter<[Int]> {
  /// Widths from 1 to `most`, joined by commas; none for an empty text.
  static func widths(_ name: String, _ values: [Int], upTo most: Int, _ help: String) -> GeneratorParameter {
    GeneratorParameter(
      name: name, defaultValue: values, help: help,
      requirement: "whole numbers from 1 to \(most) joined by commas, as in 64,64, or nothing",
      parse: { text in
        if text.isEmpty { return [] }
        return GeneratorParameter<[Double]>.list(text) { part in
          Int(part).flatMap { (1...most).contains($0) ? $0 : nil }
        }
      },
      text: { $0.map { "\($0)" }.joined(separator: ",") })
  }
}

extension GeneratorParameter<Range<Double>> {
  /// Two finite numbers, the smaller one first.
  static func range(_ name: String, _ value: Range<Double>, _ help: String) -> GeneratorParameter {
    GeneratorParameter(
      name: name, defaultValue: value, help: help,
      requirement: "two numbers, the smaller one first, as in 0,1",
      parse: { text in
        guard let ends = GeneratorParameter<[Double]>.list(text, GeneratorParameter<Double>.finite),
          ends.count == 2, ends[0] < ends[1], (ends[1] - ends[0]).isFinite
        else { return nil }
        return ends[0]..<ends[1]
      },
      text: { "\($0.lowerBound),\($0.upperBound)" })
  }

  /// Where uniform features lie.
  static func features(_ value: Range<Double>) -> GeneratorParameter {
    range(
      "range", value, "Features are uniform from the first number up to, but not including, the second.")
  }
}
