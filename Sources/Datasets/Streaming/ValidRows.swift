import HDF5
import Primitives

/// The rows of another source without some that cannot be trained on, in order: everything after it sees only these.
///
/// The others are never read, so it does not matter that reading them would fail.
public final class ValidRows<Element: Scalar>: RowSource {
  private let source: any RowSource<Element>
  /// The rows of the other source that are left out, in ascending order.
  private let invalid: [Int]

  /// The rows of `source` without `invalid`, which ascend and are not all.
  init(_ source: any RowSource<Element>, without invalid: [Int]) {
    precondition(invalid.count < source.count)
    self.source = source
    self.invalid = invalid
  }

  /// The number of rows.
  public var count: Int { source.count - invalid.count }
  /// The number of rows that are left out.
  public var skipped: Int { invalid.count }
  /// The number of features of a row.
  public var features: Int { source.features }
  /// What the targets of a row are.
  public var targets: TargetShape { source.targets }
  /// That of the other source.
  public func featureNumber(_ column: Int) -> Int { source.featureNumber(column) }
  /// Those of the other source.
  public var names: (x: String, y: String) { source.names }
  /// That of the other source.
  public var weightName: String? { source.weightName }
  /// Those of the other source.
  public var readerBytes: Int { source.readerBytes }
  /// Those of the other source: rows that are left out shift groups, but by little.
  public var preferredRows: Int { source.preferredRows }
  /// Throws ``LockstepError`` if what was learnt of the rows may no longer hold.
  public func requireUnchanged() throws(LockstepError) { try source.requireUnchanged() }

  /// Tells that these rows will be read soon.
  public func willRead(_ ranges: [Range<Int>], _ part: RowPart) {
    var runs: [Range<Int>] = []
    for rows in ranges where !rows.isEmpty {
      forEachRun(rows) { run in
        if let last = runs.last, last.upperBound != run.lowerBound {
          source.willRead(runs, part)
          runs = []
        }
        runs.append(run)
      }
    }
    source.willRead(runs, part)
  }

  /// The same rows, read past the system's cache.
  public func staged(rowsAtOnce: Int, bytes: Int) -> (any RowSource<Element>)? {
    source.staged(rowsAtOnce: rowsAtOnce, bytes: bytes).map { ValidRows($0, without: invalid) }
  }

  /// The same rows, with their chunks kept.
  public func keepingChunks(bytes: Int) -> (any RowSource<Element>)? {
    source.keepingChunks(bytes: bytes).map { ValidRows($0, without: invalid) }
  }

  /// Calls `body` with the ranges of rows of the other source that these rows are.
  private func forEachRun<Failure: Error>(_ rows: Range<Int>, _ body: (Range<Int>) throws(Failure) -> Void)
    throws(Failure)
  {
    let skipped = skipped(before: rows.lowerBound)..<skipped(before: rows.upperBound - 1)
    let span = rows.lowerBound + skipped.lowerBound..<rows.upperBound + skipped.upperBound
    try span.forEachRun(without: invalid[skipped], body)
  }

  /// What reads rows, on one thread at a time.
  public func makeReader() throws(LockstepError) -> any RowReading<Element> {
    Reader(self, try source.makeReader())
  }

  /// How many rows are left out before `row` of those that are not.
  private func skipped(before row: Int) -> Int {
    // Before the i-th row that is left out, all but i rows of the other source are not.
    var (low, high) = (0, invalid.count)
    while low < high {
      let middle = (low + high) / 2
      if invalid[middle] - middle <= row { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private final class Reader: RowReading {
    private let valid: ValidRows
    private let reader: any RowReading<Element>

    init(_ valid: ValidRows, _ reader: any RowReading<Element>) {
      self.valid = valid
      self.reader = reader
    }

    func read(_ rows: Range<Int>, into place: RowPlace<Element>) throws(LockstepError) {
      guard !rows.isEmpty else { return }
      var done = 0
      try valid.forEachRun(rows) { run throws(LockstepError) in
        try reader.read(run, into: place.part(done..<done + run.count, of: rows.count))
        done += run.count
      }
    }
  }
}

extension FileRows {
  /// The rows that can be trained on: without those that have a number that is not finite, a label that is no class or a weight that is none. Reads
  /// all rows once, by so many threads.
  ///
  /// - Throws: ``LockstepError`` if they cannot be read; of kind `badData` if none is left, or if more than `most` would have to
  ///   be left out, whose numbers are kept in memory.
  public func validRows(threads: Int, most: Int = 1_000_000) throws(LockstepError) -> ValidRows<Element> {
    let numbers = numbers
    let check = RowCheck(
      features: features, targets: y.width, hasLabels: targets == .labels, precision: Element.precision)
    var invalid: [Int] = []
    try RowScan(numbers, threads: threads).forEach(
      .rows,
      finding: { rows, place in
        check.finding(rows, place, most: 0).rows
      }
    ) { _, _, rows throws(LockstepError) in
      invalid += rows
      guard invalid.count <= most else {
        throw LockstepError(
          .badData, location.file,
          "there are too many rows to be left out: they have numbers that are not finite, labels "
            + "that are no classes or weights that are none", found: "more than \(most) of \(count)",
          expected: "at most \(most)",
          remedy: "Write a file without them: lockstep convert --skip-invalid.")
      }
    }
    guard invalid.count < count else {
      throw LockstepError(
        .badData, location.file, "no row is left", found: "\(count) rows that cannot be trained on",
        remedy: "See what is wrong with them: lockstep validate.")
    }
    return ValidRows(self, without: invalid)
  }
}
