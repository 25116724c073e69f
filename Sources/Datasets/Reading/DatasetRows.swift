import HDF5
import Primitives

/// The rows of one dataset, wherever they are: in its file, or in parts in other files.
final class DatasetRows: Sendable {
  /// Some of the rows, which are those of another dataset.
  struct Part: Sendable {
    /// The rows.
    let rows: Range<Int>
    /// What has them.
    let source: DatasetRows
    /// The first row of that.
    let first: Int
    /// How many rows of that make up one.
    let ratio: Int

    /// Where `rows` of the whole, which are in this part, are in its source.
    func place(_ rows: Range<Int>) -> Range<Int> {
      first + (rows.lowerBound - self.rows.lowerBound) * ratio..<first
        + (rows.upperBound - self.rows.lowerBound) * ratio
    }
  }

  /// The rows as the file stores them; if there are parts, what is known of them without these.
  let stored: StoredRows
  /// The parts, in order and without gaps; none if the rows are in their own file.
  let parts: [Part]

  /// Rows of a dataset, and its parts if its numbers are elsewhere.
  init(_ stored: StoredRows, parts: [Part] = []) {
    self.stored = stored
    self.parts = parts
  }

  /// The number of rows.
  var rows: Int { stored.rows }
  /// The numbers of a row.
  var width: Int { stored.width }

  /// The bytes that a reader takes.
  var readerBytes: Int { parts.map(\.source.readerBytes).max() ?? stored.readerBytes }

  /// The rows that are best read together: those of a chunk, or any.
  var rowsPerChunk: Int? {
    parts.isEmpty
      ? stored.rowsPerChunk
      : parts.compactMap { part in part.source.rowsPerChunk.map { max(1, $0 / part.ratio) } }.max()
  }

  /// Whether threads can read side by side.
  var isReadInParallel: Bool {
    if parts.isEmpty, case .library = stored.access { return false }
    return parts.allSatisfy(\.source.isReadInParallel)
  }

  /// The bytes that the numbers take in files.
  func storedBytes() throws(LockstepError) -> Int {
    if parts.isEmpty {
      if case .contiguous = stored.access { return rows * width * stored.elementBytes }
      return try withHDF5Errors { () throws(HDF5Error) in try stored.dataset.storageSize }
    }
    var bytes = 0
    var seen: Set<ObjectIdentifier> = []
    for part in parts where seen.insert(ObjectIdentifier(part.source)).inserted {
      bytes += try part.source.storedBytes()
    }
    return bytes
  }

  /// The bytes of a row in a file.
  var rowBytes: Int { stored.rowBytes }

  /// Begins to read these rows, whose ranges follow each other, or tells the system or `announced` that they will be read soon.
  func willRead(_ ranges: [Range<Int>], _ announced: AnnouncedRows? = nil) {
    guard let first = ranges.first, let last = ranges.last else { return }
    if parts.isEmpty { return stored.willRead(ranges, announced) }
    for (part, rows) in pieces(of: first.lowerBound..<last.upperBound) {
      part.source.willRead([part.place(rows)])
    }
  }

  /// Reads of up to so many rows at once past the system's cache, if it is possible.
  func stagedReads(rowsAtOnce: Int, bytes: Int) -> StagedReads? {
    parts.isEmpty ? stored.stagedReads(rowsAtOnce: rowsAtOnce, bytes: bytes) : nil
  }

  /// Memory for chunks that are to be decoded no more often than needed for all ranges that were announced, if there are chunks.
  func keptChunks(bytes: Int) -> KeptChunks? { parts.isEmpty ? stored.keptChunks(bytes: bytes) : nil }

  /// `rows`, part by part.
  func pieces(of rows: Range<Int>) -> [(part: Part, rows: Range<Int>)] {
    var (low, high) = (0, parts.count)
    while low < high {
      let middle = (low + high) / 2
      if parts[middle].rows.upperBound <= rows.lowerBound { low = middle + 1 } else { high = middle }
    }
    var pieces: [(Part, Range<Int>)] = []
    while low < parts.count, parts[low].rows.lowerBound < rows.upperBound {
      pieces.append((parts[low], parts[low].rows.clamped(to: rows)))
      low += 1
    }
    return pieces
  }
}

/// Reads rows of one dataset on one thread at a time, wherever they are.
final class DatasetReader {
  private let source: DatasetRows
  /// Of rows in their own file.
  private let reader: RowReader?
  /// Of the part that was read last: there may be thousands.
  private var last: (source: DatasetRows, reader: DatasetReader)?

  /// A reader of `source`, that looks first where announced rows come to.
  ///
  /// - Throws: ``LockstepError`` of kind `memory` if there is none for decoding.
  init(_ source: DatasetRows, _ announced: AnnouncedRows? = nil) throws(LockstepError) {
    self.source = source
    reader = source.parts.isEmpty ? try RowReader(source.stored, announced) : nil
  }

  /// Reads numbers, row-major, rounding them to `Element`.
  ///
  /// - Precondition: `values` has exactly the rows' numbers.
  func read<Element: Scalar & HDF5Element>(
    _ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Element>
  ) throws(LockstepError) {
    if let reader { return try reader.read(rows, into: values) }
    for (part, piece) in source.pieces(of: rows) {
      let first = piece.lowerBound - rows.lowerBound
      let place = values[first * source.width..<(first + piece.count) * source.width]
      try self.reader(of: part.source).read(
        part.place(piece), into: UnsafeMutableBufferPointer(rebasing: place))
    }
  }

  /// Reads classes, whole numbers from 0 up.
  ///
  /// - Throws: ``LockstepError`` of kind `badData` naming the row of a number that is none.
  func readLabels(_ rows: Range<Int>, into labels: UnsafeMutableBufferPointer<Int32>) throws(LockstepError) {
    if let reader { return try reader.readLabels(rows, into: labels) }
    for (part, piece) in source.pieces(of: rows) {
      let place = labels[piece.lowerBound - rows.lowerBound..<piece.upperBound - rows.lowerBound]
      try self.reader(of: part.source).readLabels(
        part.place(piece), into: UnsafeMutableBufferPointer(rebasing: place))
    }
  }

  private func reader(of source: DatasetRows) throws(LockstepError) -> DatasetReader {
    if let last, last.source === source { return last.reader }
    last = nil
    let reader = try DatasetReader(source)
    last = (source, reader)
    return reader
  }
}
