import Primitives

/// The passes over all rows that a validation makes, and what they found.
struct ValidationPass {
  /// The rows that training would not take.
  private(set) var invalid = ValidationReport.InvalidRows()
  /// How often each class occurs among the others.
  private(set) var classes: ClassCounts?
  private var x: StatisticsPass<Double>
  private var y: StatisticsPass<Double>?
  private var weights: StatisticsPass<Double>?
  private var search: DuplicateSearch?
  private let source: FileRows<Double>
  private let check: RowCheck
  private let options: DatasetValidation.Options

  /// Passes over `source`, which is read as numbers.
  init(_ source: FileRows<Double>, check: RowCheck, _ options: DatasetValidation.Options) {
    (self.source, self.check, self.options) = (source.numbers, check, options)
    x = StatisticsPass(columns: source.features)
    if check.hasLabels { classes = ClassCounts() } else { y = StatisticsPass(columns: source.y.width) }
    if source.weightName != nil { weights = StatisticsPass(columns: 1) }
    if options.duplicates != .none {
      search = DuplicateSearch(
        options.duplicates, rows: source.count, bytes: options.duplicateBytes,
        mostPairs: DatasetValidation.mostTold)
    }
  }

  /// The statistics of the features of valid rows.
  var xStatistics: ColumnStatistics { x.statistics }
  /// The statistics of their targets, if these are numbers.
  var yStatistics: ColumnStatistics? { y?.statistics }
  /// The statistics of their weights, if they have any.
  var weightStatistics: ColumnStatistics? { weights?.statistics }
  /// The duplicates, if they were searched for.
  var duplicates: Duplicates? { search?.found }

  /// Makes the passes.
  mutating func run(_ progress: (Int, Int) -> Void) throws(LockstepError) {
    let scan = try RowScan(source, threads: options.threads)
    let total = source.count * (search?.found.passes ?? 1)
    try takeAll(scan) { progress($0, total) }
    var done = source.count
    while search?.endPass() == true {
      try searchAgain(scan) { progress(done + $0, total) }
      done += source.count
    }
  }

  private mutating func takeAll(_ scan: RowScan<Double>, _ progress: (Int) -> Void) throws(LockstepError) {
    let (check, digests) = (check, digests)
    try scan.forEach(
      .rows,
      finding: { rows, place in
        (check.finding(rows, place, most: DatasetValidation.mostTold), digests(place))
      }
    ) { rows, place, finding throws(LockstepError) in
      add(finding.0)
      take(rows, place, without: finding.0.rows)
      try search?.take(finding.1, from: rows.lowerBound)
      progress(rows.upperBound)
    }
  }

  private mutating func searchAgain(_ scan: RowScan<Double>, _ progress: (Int) -> Void) throws(LockstepError)
  {
    let digests = digests
    try scan.forEach(
      options.duplicates == .x ? .features : .rows, finding: { _, place in digests(place) }
    ) { rows, _, found throws(LockstepError) in
      try search?.take(found, from: rows.lowerBound)
      progress(rows.upperBound)
    }
  }

  private var digests: @Sendable (RowPlace<Double>) -> [Digest] {
    let (kind, features, targets) = (options.duplicates, source.features, source.y.width)
    return { place in
      let (x, y) = place.numbers
      return DuplicateSearch.digests(kind, x, features: features, y, targets: targets)
    }
  }

  private mutating func add(_ finding: RowCheck.Finding) {
    invalid.count += finding.rows.count
    invalid.withFeatures += finding.featureRows
    invalid.withTargets += finding.targetRows
    invalid.withWeights += finding.weightRows
    invalid.first += finding.first.prefix(DatasetValidation.mostTold - invalid.first.count)
  }

  /// Takes in the runs of valid rows between those that are not.
  private mutating func take(_ rows: Range<Int>, _ place: RowPlace<Double>, without invalid: [Int]) {
    let (xAll, yAll) = place.numbers
    let targets = source.y.width
    rows.forEachRun(without: invalid) { run in
      let part = run.lowerBound - rows.lowerBound..<run.upperBound - rows.lowerBound
      let y = UnsafeBufferPointer(rebasing: yAll[part.lowerBound * targets..<part.upperBound * targets])
      x.take(
        UnsafeBufferPointer(
          rebasing: xAll[part.lowerBound * source.features..<part.upperBound * source.features]))
      self.y?.take(y)
      weights?.take(UnsafeBufferPointer(rebasing: place.weights[part]))
      classes?.take(y)
    }
  }
}

extension Range<Int> {
  /// Calls `body` with each run of numbers of this range between those in `others`, which ascend.
  func forEachRun<Others: RandomAccessCollection<Int>, Failure: Error>(
    without others: Others, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = lowerBound
    for other in others where contains(other) {
      if start < other { try body(start..<other) }
      start = other + 1
    }
    if start < upperBound { try body(start..<upperBound) }
  }
}
