import HDF5
import Primitives

/// Makes the rows of a dataset: row i is a function of (seed, i) alone, so any thread can make any row, and the bits do not
/// depend on how rows are dealt out to threads and calls.
public protocol RowGenerator: Sendable {
  /// What the command line calls it, as in `lockstep generate NAME`.
  var name: String { get }
  /// What the random numbers are drawn from.
  var seed: UInt64 { get }
  /// The number of features of a row.
  var features: Int { get }
  /// What the targets of a row are.
  var targets: GeneratedTargets { get }
  /// A name for each feature: x0, x1 and so on by default.
  var featureNames: [String] { get }
  /// A name for each column of targets: y, or y0, y1 and so on by default.
  var targetNames: [String] { get }
  /// How the rows are made, as text of one line.
  var formula: String { get }
  /// The options of `lockstep generate NAME` that make this generator, without dashes; the seed is not among them.
  var arguments: [(name: String, value: String)] { get }
  /// What files record beside name, seed and formula.
  var records: [GeneratorRecord] { get }

  /// Throws ``LockstepError`` of kind `usage` if no such rows can be made, or if their numbers could be more than `Element`
  /// can say. To be called before any rows are made.
  func check<Element: Scalar>(as type: Element.Type) throws(LockstepError)

  /// Makes the rows from `start` on.
  ///
  /// - Parameters:
  ///   - start: the first row.
  ///   - x: receives `features` numbers a row.
  ///   - y: receives the targets; its length says how many rows.
  func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>)
}

/// What the targets of generated rows are.
public enum GeneratedTargets: Sendable, Equatable {
  /// Numbers, `columns` a row.
  case values(columns: Int)
  /// A class a row, from 0 up to, but not including, `classes`.
  case labels(classes: Int)

  /// The numbers of a row.
  public var columns: Int {
    switch self {
    case .values(let columns): columns
    case .labels: 1
    }
  }
}

/// Memory for the targets of some rows.
public enum TargetRows<Element: Scalar> {
  /// For numbers, row-major.
  case values(UnsafeMutableBufferPointer<Element>)
  /// For classes.
  case labels(UnsafeMutableBufferPointer<Int32>)

  /// The memory, which is for numbers.
  var numbers: UnsafeMutableBufferPointer<Element> {
    guard case .values(let values) = self else { preconditionFailure("the targets are numbers, not classes") }
    return values
  }

  /// The memory, which is for classes.
  var classes: UnsafeMutableBufferPointer<Int32> {
    guard case .labels(let labels) = self else { preconditionFailure("the targets are classes, not numbers") }
    return labels
  }
}

/// One more thing that a file records about how its rows were made.
public struct GeneratorRecord: Sendable, Equatable {
  /// The name of the attribute, or of the dataset.
  public let name: String
  /// The value.
  public let value: AttributeValue
  /// The shape, for what is more than a vector.
  public let shape: [Int]?

  private init(_ name: String, _ value: AttributeValue, shape: [Int]? = nil) {
    self.name = name
    self.value = value
    self.shape = shape
  }

  /// A number.
  public static func number(_ name: String, _ value: Double) -> GeneratorRecord {
    GeneratorRecord(name, .real(value))
  }

  /// A whole number.
  public static func integer(_ name: String, _ value: Int) -> GeneratorRecord {
    GeneratorRecord(name, .integer(Int64(value)))
  }

  /// Whole numbers.
  public static func integers(_ name: String, _ values: [Int]) -> GeneratorRecord {
    GeneratorRecord(name, .integers(values.map { Int64($0) }))
  }

  /// Numbers: an attribute, or a dataset if there are more than a thousand.
  public static func numbers(_ name: String, _ values: [Double]) -> GeneratorRecord {
    GeneratorRecord(name, .reals(values))
  }

  /// The two ends of a range.
  public static func range(_ name: String, _ range: Range<Double>) -> GeneratorRecord {
    .numbers(name, [range.lowerBound, range.upperBound])
  }

  /// A matrix, row-major: always a dataset.
  public static func matrix(_ name: String, _ values: [Double], rows: Int) -> GeneratorRecord {
    GeneratorRecord(name, .reals(values), shape: [rows, rows > 0 ? values.count / rows : 0])
  }
}

extension RowGenerator {
  /// x0, x1 and so on.
  public var featureNames: [String] { (0..<features).map { "x\($0)" } }

  /// y, or y0, y1 and so on.
  public var targetNames: [String] {
    targets.columns == 1 ? ["y"] : (0..<targets.columns).map { "y\($0)" }
  }

  /// Makes rows whose targets are numbers.
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: UnsafeMutableBufferPointer<Element>
  ) {
    makeRows(from: start, x: x, y: .values(y))
  }

  /// Makes rows whose targets are classes.
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: UnsafeMutableBufferPointer<Int32>
  ) {
    makeRows(from: start, x: x, y: .labels(y))
  }
}
