import Primitives

/// A number that training would not take, and where it is.
public struct InvalidNumber: Sendable, Equatable {
  /// The datasets of a file.
  public enum Part: String, Sendable {
    /// The features.
    case x
    /// The targets.
    case y
    /// The weights.
    case weights
  }

  /// What can be wrong with a number.
  public enum Problem: String, Sendable {
    /// It is NaN or infinite, or becomes infinite in the precision that is trained in.
    case notFinite = "not finite"
    /// It is not a whole number from 0 up.
    case notAClass = "not a class"
    /// It is negative, and a weight.
    case notAWeight = "not a weight"
  }

  /// Whether it is a feature, a target or a weight.
  public var part: Part
  /// Its row, from 0 on.
  public var row: Int
  /// Its column, from 0 on.
  public var column: Int
  /// The number.
  public var value: Double
  /// What is wrong with it.
  public var problem: Problem
}

/// Which rows training takes: those whose numbers are all finite in the precision that is trained in, and whose label and
/// weight, if they have one, are a class and not negative.
struct RowCheck: Sendable {
  /// Whether the target of a row is a class.
  let hasLabels: Bool
  private let features: Int
  private let targets: Int
  private let bound: Double

  /// A check of rows of so many numbers, in `precision`.
  init(features: Int, targets: Int, hasLabels: Bool, precision: Precision) {
    (self.features, self.targets, self.hasLabels) = (features, targets, hasLabels)
    // From halfway between the largest float32 and the next power of two on, numbers are rounded to infinity.
    bound = precision == .float32 ? 0x1.ffffffp127 : .infinity
  }

  /// What was found in a block of rows.
  struct Finding: Sendable {
    /// The rows that are not taken, in order.
    var rows: [Int] = []
    /// How many of them have features that are not finite.
    var featureRows = 0
    /// How many have targets that are not finite, or no classes.
    var targetRows = 0
    /// How many have weights that are not finite, or negative.
    var weightRows = 0
    /// The first numbers that are wrong.
    var first: [InvalidNumber] = []
  }

  /// Looks at `rows`, which lie at `place`; tells at most `most` numbers.
  func finding(_ rows: Range<Int>, _ place: RowPlace<Double>, most: Int) -> Finding {
    let (x, y) = place.numbers
    let weights = UnsafeBufferPointer(place.weights)
    var finding = Finding()
    if areFinite(x), hasLabels ? areClasses(y) : areFinite(y), areWeights(weights) { return finding }
    for (index, row) in rows.enumerated() {
      let xRow = UnsafeBufferPointer(rebasing: x[index * features..<(index + 1) * features])
      let yRow = UnsafeBufferPointer(rebasing: y[index * targets..<(index + 1) * targets])
      let weight = UnsafeBufferPointer(rebasing: weights[weights.isEmpty ? 0..<0 : index..<index + 1])
      let (xTaken, yTaken) = (areFinite(xRow), hasLabels ? areClasses(yRow) : areFinite(yRow))
      let weightTaken = areWeights(weight)
      if xTaken, yTaken, weightTaken { continue }
      finding.rows.append(row)
      if !xTaken { finding.featureRows += 1 }
      if !yTaken { finding.targetRows += 1 }
      if !weightTaken { finding.weightRows += 1 }
      if finding.first.count < most {
        let numbers =
          wrong(xRow, .x, row: row) + wrong(yRow, .y, row: row) + wrong(weight, .weights, row: row)
        finding.first += numbers.prefix(most - finding.first.count)
      }
    }
    return finding
  }

  private func wrong(_ values: UnsafeBufferPointer<Double>, _ part: InvalidNumber.Part, row: Int)
    -> [InvalidNumber]
  {
    values.indices.compactMap { column in
      let value = values[column]
      guard let problem = problem(value, part) else { return nil }
      return InvalidNumber(part: part, row: row, column: column, value: value, problem: problem)
    }
  }

  private func problem(_ value: Double, _ part: InvalidNumber.Part) -> InvalidNumber.Problem? {
    if part == .y, hasLabels { return Self.isClass(value) ? nil : .notAClass }
    if !(abs(value) < bound) { return .notFinite }
    return part == .weights && value < 0 ? .notAWeight : nil
  }

  // Counted to the end, which takes a fraction of the time of leaving early: the loop has no branch.
  private func areFinite(_ values: UnsafeBufferPointer<Double>) -> Bool {
    let bound = bound
    var wrong = 0
    for value in values { wrong &+= abs(value) < bound ? 0 : 1 }
    return wrong == 0
  }

  private func areWeights(_ values: UnsafeBufferPointer<Double>) -> Bool {
    values.allSatisfy { $0 >= 0 && $0 < bound }
  }

  private func areClasses(_ values: UnsafeBufferPointer<Double>) -> Bool {
    values.allSatisfy { Self.isClass($0) }
  }

  /// Whether a label is a class: the number of classes has to fit an `Int32`, too.
  private static func isClass(_ value: Double) -> Bool {
    value >= 0 && value < Double(Int32.max) && value == value.rounded(.towardZero)
  }
}

extension RowPlace where Element == Double {
  /// The features and targets of rows that were read as numbers.
  var numbers: (x: UnsafeBufferPointer<Double>, y: UnsafeBufferPointer<Double>) {
    guard case .values(let values)? = targets else {
      return (UnsafeBufferPointer(x), UnsafeBufferPointer(start: nil, count: 0))
    }
    return (UnsafeBufferPointer(x), UnsafeBufferPointer(values))
  }
}
