import HDF5
import Primitives

/// The samples of a dataset file, read where they lie.
public final class FileRows<Element: Scalar & HDF5Element>: RowSource {
  /// Where the samples lie.
  public let location: DatasetLocation
  /// What the targets of a row are.
  public let targets: TargetShape
  let x: StoredRows
  let y: StoredRows
  /// Where announced rows come to, if not into the system's cache.
  private let staged: (x: StagedReads, y: StagedReads)?

  /// The samples of an open file; `byLibrary`, by libhdf5's own way of reading alone.
  ///
  /// - Throws: ``LockstepError`` if the targets cannot be what they are wanted as.
  public init(_ file: consuming DatasetFile, role: TargetRole, byLibrary: Bool = false) throws(LockstepError)
  {
    location = file.location
    switch role {
    case .values: targets = .values(columns: file.targets)
    case .labels:
      guard file.targets == 1 else {
        throw LockstepError(
          .badData, file.location.yName, "classes must be a vector", found: "shape \(file.y.shape)",
          expected: "[rows]", remedy: "Write one class a row, or choose --loss mse.")
      }
      targets = .labels
    }
    let raw = try file.makeRawFile()
    // The datasets keep the file open.
    x = try StoredRows(file.x, in: raw, byLibrary: byLibrary)
    y = try StoredRows(file.y, in: raw, byLibrary: byLibrary)
    staged = nil
  }

  /// The same rows, read another way.
  private init(_ other: FileRows, staged: (x: StagedReads, y: StagedReads)) {
    (location, targets, x, y) = (other.location, other.targets, other.x, other.y)
    self.staged = staged
  }

  /// The same rows of the same open file in another format, their targets as numbers.
  private init<Other>(numbersOf other: FileRows<Other>) {
    location = other.location
    targets = .values(columns: other.y.width)
    x = other.x
    y = other.y
    staged = nil
  }

  /// The same rows with their targets as numbers, whatever they are taken for, in the format that has a place for all that are
  /// of a size to be trained on: nothing about the numbers makes reading these fail.
  var numbers: FileRows<Double> { FileRows<Double>(numbersOf: self) }

  /// The number of rows.
  public var count: Int { x.rows }

  /// The number of features of a row.
  public var features: Int { x.width }

  /// What reads rows, on one thread at a time.
  public func makeReader() throws(LockstepError) -> any RowReading<Element> {
    try Reader(x: RowReader(x, staged: staged?.x), y: RowReader(y, staged: staged?.y))
  }

  /// Begins to read these rows, or tells the system to.
  public func willRead(_ rows: Range<Int>, _ part: RowPart) {
    if part != .targets { x.willRead(rows, staged?.x) }
    if part != .features { y.willRead(rows, staged?.y) }
  }

  /// The same rows, if both features and targets are contiguous.
  public func staged(rowsAtOnce: Int, bytes: Int) -> (any RowSource<Element>)? {
    let xBytes = Int(Double(bytes) * Double(x.rowBytes) / Double(x.rowBytes + y.rowBytes))
    guard let xReads = x.stagedReads(rowsAtOnce: rowsAtOnce, bytes: xBytes),
      let yReads = y.stagedReads(rowsAtOnce: rowsAtOnce, bytes: bytes - xBytes)
    else { return nil }
    return FileRows(self, staged: (xReads, yReads))
  }

  /// Throws ``LockstepError`` if the file was written or cut off since it was opened.
  public func requireUnchanged() throws(LockstepError) {
    try withHDF5Errors { () throws(HDF5Error) in try x.file.requireUnchanged() }
  }

  /// "FILE:DATASET" of each.
  public var names: (x: String, y: String) { (location.xName, location.yName) }

  /// A chunk before and after each filter, of features and of targets.
  public var readerBytes: Int { x.readerBytes + y.readerBytes }

  /// Those of a chunk, where there are chunks.
  public var preferredRows: Int { max(x.rowsPerChunk ?? 1, y.rowsPerChunk ?? 1) }

  private final class Reader: RowReading {
    private let x: RowReader
    private let y: RowReader

    init(x: RowReader, y: RowReader) {
      self.x = x
      self.y = y
    }

    func read(_ rows: Range<Int>, into block: RowPlace<Element>) throws(LockstepError) {
      if !block.x.isEmpty { try x.read(rows, into: block.x) }
      switch block.targets {
      case .values(let values): try y.read(rows, into: values)
      case .labels(let labels): try y.readLabels(rows, into: labels)
      case nil: break
      }
    }
  }
}
