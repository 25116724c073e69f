import Primitives

/// The rows of another source, normalised.
public final class NormalizedRows<Element: Scalar>: RowSource {
  private let source: any RowSource<Element>
  private let normalization: Normalization

  /// The rows of `source`, normalised as `normalization` says.
  public init(_ source: any RowSource<Element>, _ normalization: Normalization) {
    self.source = source
    self.normalization = normalization
  }

  /// The number of rows.
  public var count: Int { source.count }
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
  /// Those of the other source.
  public var preferredRows: Int { source.preferredRows }
  /// Tells that these rows will be read soon.
  public func willRead(_ ranges: [Range<Int>], _ part: RowPart) { source.willRead(ranges, part) }
  /// The same rows, read past the system's cache.
  public func staged(rowsAtOnce: Int, bytes: Int) -> (any RowSource<Element>)? {
    source.staged(rowsAtOnce: rowsAtOnce, bytes: bytes).map { NormalizedRows($0, normalization) }
  }
  /// The same rows, with their chunks kept.
  public func keepingChunks(bytes: Int) -> (any RowSource<Element>)? {
    source.keepingChunks(bytes: bytes).map { NormalizedRows($0, normalization) }
  }
  /// Throws ``LockstepError`` if what was learnt of the rows may no longer hold.
  public func requireUnchanged() throws(LockstepError) { try source.requireUnchanged() }

  /// What reads rows, on one thread at a time.
  public func makeReader() throws(LockstepError) -> any RowReading<Element> {
    Reader(try source.makeReader(), normalization)
  }

  private final class Reader: RowReading {
    private let reader: any RowReading<Element>
    private let normalization: Normalization

    init(_ reader: any RowReading<Element>, _ normalization: Normalization) {
      self.reader = reader
      self.normalization = normalization
    }

    func read(_ rows: Range<Int>, into place: RowPlace<Element>) throws(LockstepError) {
      try reader.read(rows, into: place)
      normalization.apply(to: place)
    }
  }
}
