import HDF5
import Primitives

/// Looks at all rows of a dataset file once, or more often if duplicates are searched for in little memory.
///
/// The memory is bounded whatever the number of rows, and the result is the same for any number of threads and any layout.
public struct DatasetValidation: Sendable {
  /// What is asked of a validation.
  public struct Options: Sendable {
    /// How targets are read; nil for as training does: integers as classes.
    public var role: TargetRole?
    /// The precision that numbers must be finite in.
    public var precision = Precision.float32
    /// Which rows are duplicates.
    public var duplicates = DuplicateKind.none
    /// The most bytes that the search for duplicates may take.
    public var duplicateBytes = 64 << 20
    /// Whether statistics are written into the file.
    public var writesStatistics = false
    /// How many threads read.
    public var threads = 1

    /// The usual options.
    public init() {}
  }

  private let location: DatasetLocation
  private let options: Options

  /// A validation of the samples at `location`.
  public init(_ location: DatasetLocation, _ options: Options = Options()) {
    self.location = location
    self.options = options
  }

  /// The numbers, pairs and so on that are told one by one.
  public static let mostTold = 10

  /// Looks at the rows, and tells `progress` how many of how many it has looked at.
  ///
  /// - Throws: ``LockstepError`` if the file cannot be read or the shapes do not agree, or if statistics cannot be written.
  ///   Rows that training would not take are reported, not thrown.
  public func run(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws(LockstepError)
    -> ValidationReport
  {
    // Everything that keeps the file open for reading is gone when this returns: it is opened again to be written.
    var (report, raw) = try look(progress)
    if options.writesStatistics {
      (report.written, report.tooWide) = try StatisticsAttributes(report).write(to: location, if: raw)
    }
    return report
  }

  private func look(_ progress: (Int, Int) -> Void) throws(LockstepError) -> (ValidationReport, RawFile) {
    let file = try DatasetFile(location)
    let role = options.role ?? (file.hasIntegerTargets ? .labels : .values)
    let source = try FileRows<Double>(file, role: role)
    if options.writesStatistics { try StatisticsAttributes.requireOneFile(source) }
    let check = RowCheck(
      features: source.features, targets: source.y.width, hasLabels: role == .labels,
      precision: options.precision)
    var pass = ValidationPass(source, check: check, options)
    try pass.run(progress)
    try source.requireUnchanged()
    return (try report(pass, source, role), source.x.stored.file)
  }

  private func report(_ pass: ValidationPass, _ source: FileRows<Double>, _ role: TargetRole)
    throws(LockstepError) -> ValidationReport
  {
    let (x, y) = (try StoredDataset(source.x), try StoredDataset(source.y))
    let weights = try source.weights.map { rows throws(LockstepError) in try StoredDataset(rows) }
    let rowBytes =
      options.precision.bytes * source.features
      + (role == .labels ? MemoryLayout<Int32>.stride : options.precision.bytes * source.y.width)
      + (weights == nil ? 0 : options.precision.bytes)
    var refusal = LockstepError.invalidRows(pass.invalid, of: source.count, in: location)
    if let classes = pass.classes?.classes, options.role == nil, refusal == nil {
      refusal = .tooManyClasses(classes, rows: source.count, in: location)
    }
    if let weights = pass.weightStatistics, weights.count > 0, weights.most[0] == 0, refusal == nil {
      refusal = .weightsAreZero(source.weightName ?? "", rows: source.count)
    }
    return ValidationReport(
      location: location, role: role, precision: options.precision, x: x, y: y, weights: weights,
      advice: StorageAdvice(x: x, y: y, weights: weights, rowBytes: rowBytes), invalid: pass.invalid,
      features: pass.xStatistics,
      targets: pass.yStatistics, weightStatistics: pass.weightStatistics, classes: pass.classes,
      duplicates: pass.duplicates, refusal: refusal)
  }
}
