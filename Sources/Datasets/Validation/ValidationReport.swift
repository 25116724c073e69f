import Primitives

/// What a look at all rows of a dataset file found.
public struct ValidationReport: Sendable {
  /// The rows that training would not take.
  public struct InvalidRows: Sendable, Equatable {
    /// How many there are.
    public internal(set) var count = 0
    /// How many have features that are not finite.
    public internal(set) var withFeatures = 0
    /// How many have targets that are not finite or, where these are labels, not classes.
    public internal(set) var withTargets = 0
    /// How many have weights that are not finite, or negative.
    public internal(set) var withWeights = 0
    /// The first numbers that are wrong.
    public internal(set) var first: [InvalidNumber] = []
  }

  /// Where the samples lie.
  public var location: DatasetLocation
  /// How they are read.
  public var role: TargetRole
  /// The precision that numbers must be finite in.
  public var precision: Precision
  /// The number of rows.
  public var rows: Int { x.rows }
  /// How the features are stored.
  public var x: StoredDataset
  /// How the targets are stored.
  public var y: StoredDataset
  /// How the weights are stored, if rows have any.
  public var weights: StoredDataset?
  /// What could be better about that.
  public var advice: StorageAdvice
  /// The rows that training would not take. Everything below is about the others, but for duplicates, which are about all rows.
  public var invalid: InvalidRows
  /// Mean, deviation and range of each feature, as stored, rounded to float64.
  public var features: ColumnStatistics
  /// The same of targets that are numbers.
  public var targets: ColumnStatistics?
  /// The same of the weights.
  public var weightStatistics: ColumnStatistics?
  /// How often each class occurs, where targets are labels.
  public var classes: ClassCounts?
  /// The rows that are the same as others, if they were searched for.
  public var duplicates: Duplicates?
  /// The datasets whose statistics were written into the file, by path.
  public internal(set) var written: [String] = []
  /// Those that have too many columns for that.
  public internal(set) var tooWide: [String] = []
  /// Why training would not take the file; nil if it would.
  public var refusal: LockstepError?

  /// The columns of features that are one number in all rows.
  public var constantFeatures: [Int] { Self.constants(features) }
  /// The columns of targets that are one number in all rows, where they are numbers.
  public var constantTargets: [Int] { targets.map(Self.constants) ?? [] }

  private static func constants(_ statistics: ColumnStatistics) -> [Int] {
    guard statistics.count > 0 else { return [] }
    return statistics.means.indices.filter { statistics.isConstant($0) }
  }
}

extension LockstepError {
  /// The error about rows that training would not take.
  static func invalidRows(_ invalid: ValidationReport.InvalidRows, of rows: Int, in location: DatasetLocation)
    -> LockstepError?
  {
    guard let first = invalid.first.first else { return nil }
    let name =
      switch first.part {
      case .x: location.xName
      case .y: location.yName
      case .weights: "\(location.file):\(location.weightPath ?? "")"
      }
    // What is no class is a number all the same.
    let dropping =
      first.problem == .notAClass ? "convert --labels --skip-invalid" : "convert --skip-invalid"
    return LockstepError(
      .badData, name,
      "training would not take \(invalid.count) of \(rows) rows; row \(first.row), column \(first.column) is \(first.problem.rawValue)",
      found: "\(first.value)",
      remedy:
        "Repair them, leave them out with train --skip-invalid, or drop them with \(dropping).")
  }

  /// The error about integers that are hardly meant as classes: there are more than rows, and nobody said that they are.
  public static func tooManyClasses(_ classes: Int, rows: Int, in location: DatasetLocation) -> LockstepError?
  {
    guard classes > max(1000, rows) else { return nil }
    return LockstepError(
      .badData, location.yName, "the integers are read as classes, and there are more than rows",
      found: "class \(classes - 1) in \(rows) rows",
      remedy: "For numbers, give --loss mse; for classes, --loss cross-entropy.")
  }
}
