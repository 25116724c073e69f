import HDF5
import Primitives

/// The samples of a dataset file, read where they lie.
public final class FileRows<Element: Scalar & HDF5Element>: RowSource {
  /// Where the samples lie.
  public let location: DatasetLocation
  /// What the targets of a row are.
  public let targets: TargetShape
  let x: DatasetRows
  let y: DatasetRows
  let weights: DatasetRows?
  /// All files that rows are in, and those that lead to them.
  private let files: [RawFile]
  /// Where announced rows come to, if not just into the system's cache.
  private let announced: Announced

  private typealias Announced = (x: AnnouncedRows?, y: AnnouncedRows?, weights: AnnouncedRows?)

  /// The samples of an open file.
  ///
  /// - Throws: ``LockstepError`` if the targets cannot be what they are wanted as.
  public init(_ file: consuming DatasetFile, role: TargetRole) throws(LockstepError) {
    location = file.location
    switch role {
    case .values: targets = .values(columns: file.targets)
    case .labels:
      guard file.targets == 1 else {
        throw LockstepError(
          .badData, file.location.yName, "classes must be a vector",
          found: "shape \(file.y.stored.dataset.shape)",
          expected: "[rows]", remedy: "Write one class a row, or choose --loss mse.")
      }
      targets = .labels
    }
    // The datasets keep the files open.
    (x, y, weights, files) = (file.x, file.y, file.weights, file.files.files)
    announced = (nil, nil, nil)
  }

  /// The same rows, read another way.
  private init(_ other: FileRows, announced: Announced) {
    (location, targets, files) = (other.location, other.targets, other.files)
    (x, y, weights) = (other.x, other.y, other.weights)
    self.announced = announced
  }

  /// The same rows of the same open file in another format, their targets as numbers.
  private init<Other>(numbersOf other: FileRows<Other>) {
    location = other.location
    targets = .values(columns: other.y.width)
    x = other.x
    y = other.y
    weights = other.weights
    files = other.files
    announced = (nil, nil, nil)
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
    try Reader(
      x: DatasetReader(x, announced.x), y: DatasetReader(y, announced.y),
      weights: weights.map { rows throws(LockstepError) in try DatasetReader(rows, announced.weights) })
  }

  /// Begins to read these rows, or tells the system to.
  public func willRead(_ ranges: [Range<Int>], _ part: RowPart) {
    if part == .features || part == .rows { x.willRead(ranges, announced.x) }
    if part == .targets || part == .rows { y.willRead(ranges, announced.y) }
    if part == .weights || part == .rows { weights?.willRead(ranges, announced.weights) }
  }

  /// The same rows, if all that there is of them is contiguous, and in this file.
  public func staged(rowsAtOnce: Int, bytes: Int) -> (any RowSource<Element>)? {
    let all = [x, y, weights].compactMap { $0 }
    func reads(of part: DatasetRows) -> AnnouncedRows? {
      part.stagedReads(rowsAtOnce: rowsAtOnce, bytes: share(of: part, among: all, in: bytes)).map {
        .reads($0)
      }
    }
    let weightReads = weights.flatMap(reads)
    guard let xReads = reads(of: x), let yReads = reads(of: y), (weightReads == nil) == (weights == nil)
    else {
      return nil
    }
    return FileRows(self, announced: (xReads, yReads, weightReads))
  }

  /// The same rows, if any of it is in chunks, and in this file.
  public func keepingChunks(bytes: Int) -> (any RowSource<Element>)? {
    let all = [x, y, weights].compactMap { $0 }.filter { $0.rowsPerChunk != nil }
    func chunks(of part: DatasetRows) -> AnnouncedRows? {
      part.keptChunks(bytes: share(of: part, among: all, in: bytes)).map { .chunks($0) }
    }
    let kept: Announced = (chunks(of: x), chunks(of: y), weights.flatMap(chunks))
    return kept.x == nil && kept.y == nil && kept.weights == nil ? nil : FileRows(self, announced: kept)
  }

  /// The part of `bytes` that one of several has to itself.
  private func share(of part: DatasetRows, among parts: [DatasetRows], in bytes: Int) -> Int {
    let rowBytes = parts.reduce(0) { $0 + $1.rowBytes }
    return rowBytes == 0 ? 0 : Int(min(Double(bytes), 1e18) * Double(part.rowBytes) / Double(rowBytes))
  }

  /// Throws ``LockstepError`` if a file was written or cut off since it was opened.
  public func requireUnchanged() throws(LockstepError) {
    try withHDF5Errors { () throws(HDF5Error) in
      for file in files { try file.requireUnchanged() }
    }
  }

  /// "FILE:DATASET" of each.
  public var names: (x: String, y: String) { (location.xName, location.yName) }

  /// The same of the weights.
  public var weightName: String? { weights?.stored.name }

  /// A chunk before and after each filter, of each dataset.
  public var readerBytes: Int { x.readerBytes + y.readerBytes + (weights?.readerBytes ?? 0) }

  /// Those of a chunk, where there are chunks.
  public var preferredRows: Int { max(x.rowsPerChunk ?? 1, y.rowsPerChunk ?? 1, weights?.rowsPerChunk ?? 1) }

  private final class Reader: RowReading {
    private let x: DatasetReader
    private let y: DatasetReader
    private let weights: DatasetReader?

    init(x: DatasetReader, y: DatasetReader, weights: DatasetReader?) {
      self.x = x
      self.y = y
      self.weights = weights
    }

    func read(_ rows: Range<Int>, into block: RowPlace<Element>) throws(LockstepError) {
      if !block.x.isEmpty { try x.read(rows, into: block.x) }
      switch block.targets {
      case .values(let values): try y.read(rows, into: values)
      case .labels(let labels): try y.readLabels(rows, into: labels)
      case nil: break
      }
      if !block.weights.isEmpty { try weights?.read(rows, into: block.weights) }
    }
  }
}
