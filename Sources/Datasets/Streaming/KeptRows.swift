import Primitives

/// The rows of another source on one side of a split, in order.
///
/// To find row n it knows where every `stride`-th row lies: 8 bytes for so many rows.
public final class KeptRows<Element: Scalar>: RowSource {
  private let source: any RowSource<Element>
  private let split: Split
  private let stride: Int
  private let side: Side
  /// The most rows of the other source among which `stride` of these are.
  private let widestSpan: Int
  /// Where rows 0, `stride`, 2 `stride` ... are in the other source, and its end.
  private let places: [Int]

  /// The sides of a split.
  public enum Side: Sendable {
    /// The rows that are not kept aside.
    case training
    /// Those that are.
    case validation
  }

  /// The rows of `source` on one side. Takes time for each row of it, a few nanoseconds.
  public convenience init(
    _ source: any RowSource<Element>, split: Split, stride: Int, side: Side = .training
  ) {
    precondition(split.count == source.count && stride > 0)
    let count = side == .training ? split.count - split.validationCount : split.validationCount
    var places: [Int] = []
    places.reserveCapacity(count / stride + 2)
    var kept = 0
    split.forEachRun(0..<source.count) { run, isValidation in
      guard isValidation == (side == .validation) else { return }
      // The first of them whose number is a multiple of the stride, and so on.
      for row in Swift.stride(from: (stride - kept % stride) % stride, to: run.count, by: stride) {
        places.append(run.lowerBound + row)
      }
      kept += run.count
    }
    self.init(source, split: split, stride: stride, side: side, places: places + [source.count], count: count)
  }

  private init(
    _ source: any RowSource<Element>, split: Split, stride: Int, side: Side, places: [Int], count: Int
  ) {
    self.source = source
    self.split = split
    self.stride = stride
    self.side = side
    self.places = places
    self.count = count
    widestSpan = zip(places, places.dropFirst()).reduce(0) { max($0, $1.1 - $1.0) }
  }

  /// The number of rows.
  public let count: Int
  /// The number of features of a row.
  public var features: Int { source.features }
  /// What the targets of a row are.
  public var targets: TargetShape { source.targets }
  /// That of the other source.
  public var weightName: String? { source.weightName }
  /// Those of the other source, and the rows among which these are.
  public var readerBytes: Int { source.readerBytes + widestSpan * source.rowBytes }
  /// As many as are left of those of the other source: about where its groups end.
  public var preferredRows: Int {
    max(1, Int(Double(source.preferredRows) * Double(count) / Double(source.count)))
  }
  /// That of the other source.
  public func featureNumber(_ column: Int) -> Int { source.featureNumber(column) }
  /// Those of the other source.
  public var names: (x: String, y: String) { source.names }
  /// Throws ``LockstepError`` if what was learnt of the rows may no longer hold.
  public func requireUnchanged() throws(LockstepError) { try source.requireUnchanged() }

  /// Tells that these rows will be read soon, in the pieces in which they are.
  public func willRead(_ ranges: [Range<Int>], _ part: RowPart) {
    var spans: [Range<Int>] = []
    for rows in ranges { forEachPiece(of: rows) { spans.append(span(of: $0)) } }
    source.willRead(spans, part)
  }

  /// The same rows, read past the system's cache.
  public func staged(rowsAtOnce: Int, bytes: Int) -> (any RowSource<Element>)? {
    let pieces = (rowsAtOnce + stride - 1) / stride
    let widest = zip(places, places.dropFirst(min(pieces, places.count - 1))).reduce(0) {
      max($0, $1.1 - $1.0)
    }
    return source.staged(rowsAtOnce: widest, bytes: bytes).map {
      KeptRows($0, split: split, stride: stride, side: side, places: places, count: count)
    }
  }

  /// The same rows, with their chunks kept.
  public func keepingChunks(bytes: Int) -> (any RowSource<Element>)? {
    source.keepingChunks(bytes: bytes).map {
      KeptRows($0, split: split, stride: stride, side: side, places: places, count: count)
    }
  }

  /// Calls `body` with parts of `rows` between two that are known, in order.
  private func forEachPiece<Failure: Error>(
    of rows: Range<Int>, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var row = rows.lowerBound
    while row < rows.upperBound {
      let end = min((row / stride + 1) * stride, rows.upperBound)
      try body(row..<end)
      row = end
    }
  }

  /// The rows of the other source among which these are.
  private func span(of rows: Range<Int>) -> Range<Int> {
    places[rows.lowerBound / stride]..<places[(rows.upperBound - 1) / stride + 1]
  }

  /// What reads rows, on one thread at a time.
  public func makeReader() throws(LockstepError) -> any RowReading<Element> {
    Reader(self, try source.makeReader())
  }

  private final class Reader: RowReading {
    private let kept: KeptRows
    private let reader: any RowReading<Element>
    private var x = AlignedBuffer<Element>(repeating: 0, count: 0)
    private var values = AlignedBuffer<Element>(repeating: 0, count: 0)
    private var labels = AlignedBuffer<Int32>(repeating: 0, count: 0)
    private var weights = AlignedBuffer<Element>(repeating: 0, count: 0)

    init(_ kept: KeptRows, _ reader: any RowReading<Element>) {
      self.kept = kept
      self.reader = reader
    }

    func read(_ rows: Range<Int>, into place: RowPlace<Element>) throws(LockstepError) {
      try kept.forEachPiece(of: rows) { piece throws(LockstepError) in
        let part = piece.lowerBound - rows.lowerBound..<piece.upperBound - rows.lowerBound
        try readPiece(piece, into: place.part(part, of: rows.count))
      }
    }

    /// Reads rows between two that are known: all of the other source there, and picks them out.
    private func readPiece(_ rows: Range<Int>, into place: RowPlace<Element>) throws(LockstepError) {
      let span = kept.span(of: rows)
      reserve(span.count)
      let all = RowPlace(
        x: UnsafeMutableBufferPointer(
          rebasing: x.elements[..<(place.x.isEmpty ? 0 : span.count * kept.features)]),
        targets: targets(like: place, count: span.count),
        weights: UnsafeMutableBufferPointer(
          rebasing: weights.elements[..<(place.weights.isEmpty ? 0 : span.count)]))
      try reader.read(span, into: all)
      let first = rows.lowerBound % kept.stride
      var passed = 0
      var next = 0
      kept.split.forEachRun(span) { run, isValidation in
        guard isValidation == (kept.side == .validation) else { return }
        let skipped = min(max(first - passed, 0), run.count)
        let taken = min(run.count - skipped, rows.count - next)
        passed += run.count
        guard taken > 0 else { return }
        let start = run.lowerBound - span.lowerBound + skipped
        place.copyRows(start..<start + taken, of: all, to: next, count: rows.count)
        next += taken
      }
    }

    private func targets(like place: RowPlace<Element>, count: Int) -> TargetRows<Element>? {
      switch place.targets {
      case .values:
        .values(UnsafeMutableBufferPointer(rebasing: values.elements[..<(count * kept.targets.columns)]))
      case .labels: .labels(UnsafeMutableBufferPointer(rebasing: labels.elements[..<count]))
      case nil: nil
      }
    }

    private func reserve(_ rows: Int) {
      guard x.count < rows * kept.features else { return }
      x = AlignedBuffer(repeating: 0, count: rows * kept.features)
      switch kept.targets {
      case .values(let columns): values = AlignedBuffer(repeating: 0, count: rows * columns)
      case .labels: labels = AlignedBuffer(repeating: 0, count: rows)
      }
      if kept.weightName != nil { weights = AlignedBuffer(repeating: 0, count: rows) }
    }
  }
}

extension RowPlace {
  /// The part for some of `count` rows.
  func part(_ rows: Range<Int>, of count: Int) -> RowPlace {
    func part<Number>(_ buffer: UnsafeMutableBufferPointer<Number>) -> UnsafeMutableBufferPointer<Number> {
      let width = buffer.count / max(count, 1)
      return UnsafeMutableBufferPointer(rebasing: buffer[rows.lowerBound * width..<rows.upperBound * width])
    }
    let targets: TargetRows<Element>? =
      switch targets {
      case .values(let values): .values(part(values))
      case .labels(let labels): .labels(part(labels))
      case nil: nil
      }
    return RowPlace(x: part(x), targets: targets, weights: part(weights))
  }

  /// Copies `rows` of another place, which has columns like this one, to those from `own` on of this one, which has `count`.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func copyRows(_ rows: Range<Int>, of other: RowPlace, to own: Int, count: Int) {
    precondition(own + rows.count <= count)
    func copy<Number: BitwiseCopyable>(
      _ from: UnsafeMutableBufferPointer<Number>, _ to: UnsafeMutableBufferPointer<Number>
    ) {
      let width = to.count / count
      guard width > 0, let source = from.baseAddress, let destination = to.baseAddress else { return }
      precondition(rows.upperBound * width <= from.count)
      (destination + own * width).update(from: source + rows.lowerBound * width, count: rows.count * width)
    }
    copy(other.x, x)
    copy(other.weights, weights)
    switch (other.targets, targets) {
    case (.values(let from)?, .values(let to)?): copy(from, to)
    case (.labels(let from)?, .labels(let to)?): copy(from, to)
    default: break
    }
  }
}
