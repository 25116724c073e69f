import HDF5
import Primitives

/// Rows of arrays: of an HDF5 file, an .npz archive or .npy files.
public final class ArraySource: ConversionSource {
  private let x: any NumericArray
  private let y: (any NumericArray)?
  private let weights: (any NumericArray)?
  private let options: ConversionOptions
  private let base: DatasetDescription
  private let notes: [String]

  /// Rows of `x` and `y`, with these weights if they have any.
  ///
  /// - Parameters:
  ///   - root: the attributes of the file.
  ///   - ofX, ofY, ofWeights: the attributes of the arrays.
  /// - Throws: ``LockstepError`` if the arrays do not go together.
  init(
    x: any NumericArray, y: (any NumericArray)?, weights: (any NumericArray)? = nil,
    _ options: ConversionOptions, root: CarriedAttributes = .init(), ofX: CarriedAttributes = .init(),
    ofY: CarriedAttributes = .init(), ofWeights: CarriedAttributes = .init()
  ) throws(LockstepError) {
    if let y, x.rows != y.rows {
      throw LockstepError(
        .badData, y.name, "has another number of rows than \(x.name)", found: "\(y.rows)",
        expected: "\(x.rows)",
        remedy: "Give one target for each row of features.")
    }
    if let weights, weights.rows != x.rows || weights.width != 1 {
      throw LockstepError(
        .badData, weights.name, "the weights must be one number a row",
        found: "\(weights.rows) rows of \(weights.width)", expected: "\(x.rows) rows of 1",
        remedy: "Name another array with --weights, or give --weights none.")
    }
    for array in [x, y].compactMap({ $0 }) where array.width > Self.mostColumns {
      throw LockstepError(
        .badData, array.name, "the rows are too long", found: "\(array.width) columns",
        expected: "at most \(Self.mostColumns)", remedy: "Check that the first dimension counts the samples.")
    }
    self.x = x
    self.y = y
    self.weights = weights
    self.options = options
    var base = DatasetDescription(
      features: x.width, precision: options.precision ?? x.precision, targets: try Self.targets(y, options),
      weights: weights.map { options.precision ?? $0.precision })
    base.attributes = root.values
    base.xAttributes.merge(ofX.values) { $1 }
    if case .labels = base.targets { base.yAttributes["long_name"] = .string("class") }
    base.yAttributes.merge(ofY.values) { $1 }
    base.weightAttributes.merge(ofWeights.values) { $1 }
    self.base = base
    notes = root.notes + ofX.notes + ofY.notes + ofWeights.notes
  }

  /// The numbers of a row of which several are held in memory; a small compressed file can claim far more.
  private static let mostColumns = 1 << 24

  private static func targets(_ y: (any NumericArray)?, _ options: ConversionOptions) throws(LockstepError)
    -> DatasetDescription.Targets
  {
    guard let y else { return .none }
    guard !options.hasLabels || y.width == 1 else {
      throw LockstepError(
        .badData, y.name, "classes must be a vector", found: "\(y.width) columns",
        expected: "one class a row", remedy: "Leave --labels out, or name another array.")
    }
    if case .integer(let bits, let signed) = y.type, y.width == 1 {
      return .labels(bits: bits <= (signed ? 32 : 16) ? 32 : 64)
    }
    return options.hasLabels ? .labels(bits: 32) : .values(columns: y.width, options.precision ?? y.precision)
  }

  /// Counts the rows that will be kept, by reading all where some may be dropped.
  public func survey(progress: (ConversionProgress) -> Void) throws(LockstepError) -> RowSurvey {
    var rows = x.rows
    if options.skipsInvalid {
      rows = 0
      try pass(.counting, progress: progress) { rows += $0.rows }
      guard rows > 0 else {
        throw LockstepError(
          .badData, x.name, "no row is left", found: "\(x.rows) rows, all of them invalid",
          remedy: "Leave --skip-invalid out to see what is wrong with the first.")
      }
    }
    return RowSurvey(rows: rows, skipped: x.rows - rows, description: base, notes: notes)
  }

  /// Reads all rows.
  public func read(
    progress: (ConversionProgress) -> Void, _ body: (SourceRows) throws(LockstepError) -> Void
  ) throws(LockstepError) {
    try pass(.converting, progress: progress, body)
  }

  /// The rows read at a time, so that a block is about 8 MiB; whole chunks, or each would be unpacked several times.
  private var blockRows: Int {
    let most = max(1, (1 << 20) / (x.width + (y?.width ?? 0)))
    // Chunks of few columns can have very many rows.
    let chunk = x.chunkRows <= 16 * most ? x.chunkRows : 1
    return min(x.rows, max(1, most / chunk) * chunk)
  }

  private func pass(
    _ phase: ConversionProgress.Phase, progress: (ConversionProgress) -> Void,
    _ body: (SourceRows) throws(LockstepError) -> Void
  ) throws(LockstepError) {
    let targets = y?.width ?? 0
    let xBlock = AlignedBuffer<Double>(repeating: 0, count: blockRows * x.width)
    let yBlock = AlignedBuffer<Double>(repeating: 0, count: blockRows * targets)
    let wBlock = AlignedBuffer<Double>(repeating: 0, count: weights == nil ? 0 : blockRows)
    let bytes = x.width * x.type.bytes + targets * (y?.type.bytes ?? 0) + (weights?.type.bytes ?? 0)
    var start = 0
    while start < x.rows {
      let rows = start..<min(start + blockRows, x.rows)
      let xPart = UnsafeMutableBufferPointer(rebasing: xBlock.elements[..<(rows.count * x.width)])
      let yPart = UnsafeMutableBufferPointer(rebasing: yBlock.elements[..<(rows.count * targets)])
      try x.read(rows, into: xPart)
      try y?.read(rows, into: yPart)
      let wPart = UnsafeMutableBufferPointer(
        rebasing: wBlock.elements[..<(weights == nil ? 0 : rows.count)])
      try weights?.read(rows, into: wPart)
      let kept = try keepValid(rows, xPart, yPart, wPart)
      try body(
        SourceRows(
          rows: kept, x: UnsafeBufferPointer(rebasing: xPart[..<(kept * x.width)]),
          y: UnsafeBufferPointer(rebasing: yPart[..<(kept * targets)]),
          weights: UnsafeBufferPointer(rebasing: wPart[..<(weights == nil ? 0 : kept)])))
      start = rows.upperBound
      progress(ConversionProgress(phase: phase, done: start * bytes, total: x.rows * bytes))
    }
    withExtendedLifetime((xBlock, yBlock, wBlock)) {}
  }

  /// Moves the valid rows together, and throws if there are others and these are not to be dropped.
  private func keepValid(
    _ rows: Range<Int>, _ xPart: UnsafeMutableBufferPointer<Double>,
    _ yPart: UnsafeMutableBufferPointer<Double>, _ wPart: UnsafeMutableBufferPointer<Double>
  ) throws(LockstepError) -> Int {
    let xCheck = NumberCheck(base.precision)
    let yCheck = NumberCheck(base.targets, onlyClasses: options.hasLabels)
    let wCheck = NumberCheck.weights(base.weights ?? .float64)
    if xCheck.accepts(all: xPart), yCheck.accepts(all: yPart), wCheck.accepts(all: wPart) {
      return rows.count
    }
    var kept = 0
    for row in 0..<rows.count {
      let xRow = UnsafeMutableBufferPointer(rebasing: xPart[row * x.width..<(row + 1) * x.width])
      let targets = y?.width ?? 0
      let yRow = UnsafeMutableBufferPointer(rebasing: yPart[row * targets..<(row + 1) * targets])
      let wRow = UnsafeMutableBufferPointer(rebasing: wPart[weights == nil ? 0..<0 : row..<row + 1])
      if let error = error(xRow, xCheck, x, row: rows.lowerBound + row)
        ?? y.flatMap({ error(yRow, yCheck, $0, row: rows.lowerBound + row) })
        ?? weights.flatMap({ error(wRow, wCheck, $0, row: rows.lowerBound + row) })
      {
        if options.skipsInvalid { continue }
        throw error
      }
      for (index, value) in xRow.enumerated() { xPart[kept * x.width + index] = value }
      for (index, value) in yRow.enumerated() { yPart[kept * targets + index] = value }
      if weights != nil { wPart[kept] = wPart[row] }
      kept += 1
    }
    return kept
  }

  private func error(
    _ values: UnsafeMutableBufferPointer<Double>, _ check: NumberCheck, _ array: any NumericArray, row: Int
  ) -> LockstepError? {
    guard let column = values.firstIndex(where: { !check.accepts($0) }) else { return nil }
    let place = array.width == 1 ? "row \(row)" : "row \(row), column \(column)"
    return LockstepError(
      .badData, array.name, "\(place) \(check.problem)", found: "\(values[column])", expected: check.expected,
      remedy: check.remedy(values[column]))
  }
}

/// Which numbers can be stored as what is asked for.
private enum NumberCheck {
  case finite(Precision)
  case whole(below: Double)
  case classes
  case weights(Precision)

  init(_ precision: Precision) { self = .finite(precision) }

  init(_ targets: DatasetDescription.Targets, onlyClasses: Bool) {
    switch targets {
    case .none: self = .finite(.float64)
    case .values(_, let precision): self = .finite(precision)
    // Double holds whole numbers up to 2^53 exactly; no class is as large.
    case .labels: self = onlyClasses ? .classes : .whole(below: 0x1p53)
    }
  }

  @inline(__always)
  func accepts(_ value: Double) -> Bool {
    switch self {
    case .finite(.float64): value.isFinite
    case .finite(.float32): Float(value).isFinite
    case .weights(.float64): value >= 0 && value.isFinite
    case .weights(.float32): value >= 0 && Float(value).isFinite
    case .whole(let bound): abs(value) < bound
    case .classes: value >= 0 && value < Double(Int32.max) && value == value.rounded(.towardZero)
    }
  }

  func accepts(all values: UnsafeMutableBufferPointer<Double>) -> Bool { values.allSatisfy { accepts($0) } }

  var problem: String {
    switch self {
    case .finite(let precision): "is not a finite number in \(precision.rawValue)"
    case .whole: "is too large for a class"
    case .classes: "is not a class"
    case .weights(let precision): "is not a weight in \(precision.rawValue)"
    }
  }

  var expected: String? {
    switch self {
    case .finite: nil
    case .whole, .classes: "a whole number from 0 up"
    case .weights: "a finite number from 0 up"
    }
  }

  func remedy(_ value: Double) -> String {
    if case .finite(.float32) = self, value.isFinite {
      return "Choose --precision float64, or drop such rows with --skip-invalid."
    }
    return "Repair the row, or drop all such rows with --skip-invalid."
  }
}
