import Lockstep

/// What a lesson has to say: words, numbers with labels, and tables, in order.
public struct Transcript: Sendable, Equatable {
  /// Numbers with a label.
  public struct Numbers: Sendable, Equatable {
    /// What they are.
    public var label: String
    /// The numbers, row-major.
    public var values: [Double]
    /// The numbers of a row; nil for a vector.
    public var columns: Int?
    /// What they were checked against, if they were.
    public var expected: Expectation?
  }

  /// What numbers have to be.
  public struct Expectation: Sendable, Equatable {
    /// The numbers, in the same order.
    public var values: [Double]
    /// How far a number may be away from them.
    public var tolerance: Double
    /// Where they come from, as a phrase.
    public var source: String
  }

  /// Numbers that go on over steps.
  public struct Table: Sendable, Equatable {
    /// What they are.
    public var label: String
    /// The names of the columns, the first of them that of the step.
    public var header: [String]
    /// As many numbers a row as there are names.
    public var rows: [[Double]]
    /// Every so manieth row gives an idea of all.
    public var stride: Int
    /// How the numbers are best drawn.
    public var look: Look
  }

  /// How a table's numbers are best drawn over its first column.
  public enum Look: Sendable, Equatable {
    /// As curves.
    case curves
    /// As a cloud of points, on a logarithmic scale.
    case cloud
  }

  /// What a network makes of points of a plane.
  public struct Map: Sendable, Equatable {
    /// What it is.
    public var label: String
    /// The range of both coordinates; both ends are among the points.
    public var range: Range<Double>
    /// The points along an axis.
    public var points: Int
    /// A value for each point, row by row, the first coordinate the faster.
    public var values: [Double]
    /// Samples in the plane: two features and a target each.
    public var samples: [Double]
  }

  /// A part of what is said.
  public enum Entry: Sendable, Equatable {
    /// A sentence or two.
    case text(String)
    /// A sentence that was found to hold.
    case claim(String)
    /// Numbers.
    case numbers(Numbers)
    /// A table.
    case table(Table)
    /// A map.
    case map(Map)
  }

  /// The lesson's name.
  public let lesson: String
  /// What was said so far.
  public private(set) var entries: [Entry] = []

  init(lesson: String) { self.lesson = lesson }

  /// How many results were checked: numbers, and claims about them.
  public var checks: Int {
    entries.count { entry in
      switch entry {
      case .numbers(let numbers): numbers.expected != nil
      case .claim: true
      case .text, .table, .map: false
      }
    }
  }

  mutating func say(_ text: String) { entries.append(.text(text)) }

  mutating func show(_ label: String, _ values: [Double], columns: Int? = nil) {
    entries.append(.numbers(Numbers(label: label, values: values, columns: columns)))
  }

  mutating func show(
    _ label: String, header: [String], rows: [[Double]], stride: Int, look: Look = .curves
  ) {
    entries.append(.table(Table(label: label, header: header, rows: rows, stride: stride, look: look)))
  }

  /// Shows what `network`, which has two inputs and one output, makes of the plane.
  mutating func show(
    _ label: String, of network: WorkedNetwork, over range: Range<Double>, points: Int, samples: [Double]
  ) {
    let places = (0..<points).map {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / Double(points - 1)
    }
    let features = places.flatMap { second in places.flatMap { [$0, second] } }
    entries.append(
      .map(
        Map(label: label, range: range, points: points, values: network.output(features), samples: samples)))
  }

  /// Shows numbers that have to be `published`, which was rounded to `places` decimals.
  mutating func check(
    _ label: String, _ values: [Double], columns: Int? = nil, published: [Double], places: Int = 8
  ) throws(LockstepError) {
    var unit = 1.0
    for _ in 0..<places { unit /= 10 }
    // Half a unit of the last digit; and where all digits are printed, a few roundings.
    let largest = published.reduce(0) { max($0, abs($1)) }
    try check(
      label, values, columns: columns, expected: published, within: unit / 2 + 4 * largest.ulp,
      source: "as published")
  }

  /// Shows numbers that have to be `expected` or no more than `tolerance` away.
  mutating func check(
    _ label: String, _ values: [Double], columns: Int? = nil, expected: [Double], within tolerance: Double,
    source: String
  ) throws(LockstepError) {
    // Written so that NaN is no match.
    guard values.count == expected.count,
      zip(values, expected).allSatisfy({ abs($0 - $1) <= tolerance })
    else {
      throw failure("\(label) is not \(source)", found: "\(values)", expected: "\(expected)")
    }
    entries.append(
      .numbers(
        Numbers(
          label: label, values: values, columns: columns,
          expected: Expectation(values: expected, tolerance: tolerance, source: source))))
  }

  /// Says `sentence`, which has to hold.
  mutating func claim(_ sentence: String, holds: Bool) throws(LockstepError) {
    guard holds else { throw failure("what should be so is not: \(sentence)", found: nil, expected: nil) }
    entries.append(.claim(sentence))
  }

  private func failure(_ problem: String, found: String?, expected: String?) -> LockstepError {
    LockstepError(
      .internalError, "example \(lesson)", problem, found: found, expected: expected,
      remedy: "The program computes wrongly on this machine: do not trust it, and report it.")
  }
}
