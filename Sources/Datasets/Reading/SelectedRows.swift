import Primitives

/// The rows of another source with some of its features.
public final class SelectedRows<Element: Scalar>: RowSource {
  private let source: any RowSource<Element>
  private let selection: FeatureSelection

  /// The rows of `source` with the features that `selection` says.
  ///
  /// - Throws: ``LockstepError`` of kind `badData` if it does not have all of these.
  public convenience init(_ source: any RowSource<Element>, _ selection: FeatureSelection)
    throws(LockstepError)
  {
    let last = selection.columns.max() ?? 0
    guard last < source.features else {
      throw LockstepError(
        .badData, source.names.x, "there are too few features to take those that are wanted",
        found: "\(source.features) a row", expected: "at least \(last + 1)",
        remedy: "Name data of the kind that the features were chosen from.")
    }
    self.init(source, valid: selection)
  }

  private init(_ source: any RowSource<Element>, valid selection: FeatureSelection) {
    self.source = source
    self.selection = selection
  }

  /// The number of rows.
  public var count: Int { source.count }
  /// The number of features of a row.
  public var features: Int { selection.columns.count }
  /// What the targets of a row are.
  public var targets: TargetShape { source.targets }
  /// Those of the other source.
  public var names: (x: String, y: String) { source.names }
  /// That of the other source.
  public var weightName: String? { source.weightName }
  /// Those of the other source.
  public var readerBytes: Int { source.readerBytes }
  /// Those of the other source.
  public var preferredRows: Int { source.preferredRows }
  /// The number in the other source.
  public func featureNumber(_ column: Int) -> Int { source.featureNumber(selection.columns[column]) }
  /// Tells that these rows will be read soon.
  public func willRead(_ ranges: [Range<Int>], _ part: RowPart) { source.willRead(ranges, part) }
  /// The same rows, read past the system's cache.
  public func staged(rowsAtOnce: Int, bytes: Int) -> (any RowSource<Element>)? {
    source.staged(rowsAtOnce: rowsAtOnce, bytes: bytes).map { SelectedRows($0, valid: selection) }
  }
  /// The same rows, with their chunks kept.
  public func keepingChunks(bytes: Int) -> (any RowSource<Element>)? {
    source.keepingChunks(bytes: bytes).map { SelectedRows($0, valid: selection) }
  }
  /// Throws ``LockstepError`` if what was learnt of the rows may no longer hold.
  public func requireUnchanged() throws(LockstepError) { try source.requireUnchanged() }

  /// What reads rows, on one thread at a time.
  public func makeReader() throws(LockstepError) -> any RowReading<Element> {
    Reader(try source.makeReader(), width: source.features, selection)
  }

  private final class Reader: RowReading {
    private let reader: any RowReading<Element>
    private let width: Int
    private let selection: FeatureSelection
    private var all = AlignedBuffer<Element>(repeating: 0, count: 0)

    init(_ reader: any RowReading<Element>, width: Int, _ selection: FeatureSelection) {
      self.reader = reader
      self.width = width
      self.selection = selection
    }

    func read(_ rows: Range<Int>, into place: RowPlace<Element>) throws(LockstepError) {
      guard !place.x.isEmpty else { return try reader.read(rows, into: place) }
      if all.count < rows.count * width { all = AlignedBuffer(repeating: 0, count: rows.count * width) }
      let whole = UnsafeMutableBufferPointer(rebasing: all.elements[..<(rows.count * width)])
      try reader.read(rows, into: RowPlace(x: whole, targets: place.targets, weights: place.weights))
      selection.copy(from: UnsafeBufferPointer(whole), width: width, to: place.x)
    }
  }
}
