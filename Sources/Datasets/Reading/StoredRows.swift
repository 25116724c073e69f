import HDF5
import Primitives

/// The rows of one dataset in a file, for several threads to read at a time, each with a ``RowReader`` of its own.
final class StoredRows: Sendable {
  /// How rows are got at.
  enum Access: Sendable {
    /// By plain reads, from this byte of the file on.
    case contiguous(offset: Int)
    /// Chunk by chunk, decoded on the thread that wants them; each has so many whole rows.
    case chunks(rows: Int)
    /// By libhdf5, one thread at a time: always right.
    case library
  }

  let dataset: Dataset
  let file: RawFile
  let access: Access
  /// The number of rows.
  let rows: Int
  /// The numbers of a row.
  let width: Int
  /// The bytes of a number in the file.
  let elementBytes: Int

  /// The rows of `dataset`, an array of numbers in the file that `raw` reads; by libhdf5 only, if so wanted.
  init(_ dataset: consuming Dataset, in raw: RawFile, byLibrary: Bool = false) throws(LockstepError) {
    (rows, width) = (dataset.shape.first ?? 0, Self.width(of: dataset.shape))
    elementBytes = Self.bytes(of: dataset.type)
    access = byLibrary ? .library : try Self.access(to: dataset)
    file = raw
    self.dataset = dataset
  }

  /// The first `rows` rows from byte `offset` of `raw` on, which `dataset` has as external storage.
  init(_ dataset: consuming Dataset, in raw: RawFile, at offset: Int, rows: Int) throws(LockstepError) {
    self.rows = rows
    width = Self.width(of: dataset.shape)
    elementBytes = Self.bytes(of: dataset.type)
    access = .contiguous(offset: offset)
    file = raw
    self.dataset = dataset
  }

  /// The bytes of a row in the file.
  var rowBytes: Int { width * elementBytes }

  /// "FILE:DATASET", as messages name it.
  var name: String { "\(dataset.place)" }

  /// The rows that are best read together: those of a chunk, or any.
  var rowsPerChunk: Int? {
    if case .chunks(let rows) = access { rows } else { nil }
  }

  /// The bytes that a reader takes.
  var readerBytes: Int { rowsPerChunk.map { 2 * $0 * width * elementBytes } ?? 0 }

  /// Whether the dataset's numbers are read without libhdf5.
  static func isPlain(_ dataset: borrowing Dataset) -> Bool {
    StoredNumbers.areConverted(dataset.type) && (dataset.byteOrder != nil || bytes(of: dataset.type) == 1)
  }

  /// The dataset's numbers that `bytes` are.
  func numbers(_ bytes: UnsafeRawBufferPointer) -> StoredNumbers {
    StoredNumbers(dataset.type, bytes, areSwapped: areSwapped)
  }

  /// Whether the dataset's numbers are stored as this machine has an `Element`.
  func areStored<Element: HDF5Element>(as _: Element.Type) -> Bool {
    dataset.type == Element.elementType && !areSwapped
  }

  private var areSwapped: Bool {
    elementBytes > 1 && dataset.byteOrder != (1.littleEndian == 1 ? .littleEndian : .bigEndian)
  }

  private static func access(to dataset: borrowing Dataset) throws(LockstepError) -> Access {
    guard isPlain(dataset) else { return .library }
    switch dataset.layout {
    case .contiguous:
      let offset = try withHDF5Errors { () throws(HDF5Error) in try dataset.offset }
      return offset.map { .contiguous(offset: $0) } ?? .library
    case .chunked(let chunk)
    where Array(chunk.dropFirst()) == Array(dataset.shape.dropFirst()) && chunk[0] > 0:
      let isDecodable = dataset.filters.allSatisfy { if case .other = $0 { false } else { true } }
      return isDecodable ? .chunks(rows: chunk[0]) : .library
    default: return .library
    }
  }

  /// The numbers of a row; none if there are more than can be counted, which only datasets without any can claim.
  static func width(of shape: [Int]) -> Int {
    shape.dropFirst().reduce(1) { width, count in
      let (product, overflow) = width.multipliedReportingOverflow(by: count)
      return overflow ? 0 : product
    }
  }

  private static func bytes(of type: ElementType) -> Int {
    switch type {
    case .float(let bits), .integer(let bits, _): bits / 8
    case .string, .other: 1
    }
  }

  /// Where these rows are in the file, if they follow each other there.
  func part(_ rows: Range<Int>) -> Range<Int>? {
    guard case .contiguous(let offset) = access else { return nil }
    return offset + rows.lowerBound * rowBytes..<offset + rows.upperBound * rowBytes
  }

  /// The chunks with these rows; none if there are no chunks.
  func chunks(with rows: Range<Int>) -> Range<Int> {
    guard case .chunks(let chunkRows) = access, !rows.isEmpty else { return 0..<0 }
    return rows.lowerBound / chunkRows..<(rows.upperBound - 1) / chunkRows + 1
  }

  /// Begins to read these rows, whose ranges follow each other, or tells the system or `announced` that they will be read soon.
  func willRead(_ ranges: [Range<Int>], _ announced: AnnouncedRows?) {
    switch announced {
    case .reads(let reads): return reads.announce(ranges.compactMap(part))
    case .chunks(let kept):
      for rows in ranges { kept.announce(chunks(with: rows)) }
      return
    case nil: break
    }
    guard let first = ranges.first, let last = ranges.last,
      let part = part(first.lowerBound..<last.upperBound)
    else { return }
    // What is in the cache is usually there as a whole.
    guard !file.withDescriptor({ SystemCache.holds($0, at: part.lowerBound) }) else { return }
    file.willRead(at: part.lowerBound, count: part.count)
  }

  /// Reads of up to so many rows at once past the system's cache, if it is possible.
  func stagedReads(rowsAtOnce: Int, bytes: Int) -> StagedReads? {
    guard case .contiguous = access else { return nil }
    return file.withDescriptor { StagedReads($0, runBytes: rowsAtOnce * rowBytes, bytes: bytes) }
  }

  /// Memory for chunks that are to be decoded no more often than needed for all ranges that were announced, if there are chunks.
  func keptChunks(bytes: Int) -> KeptChunks? {
    guard case .chunks(let rows) = access else { return nil }
    return KeptChunks(chunkBytes: rows * rowBytes, bytes: bytes)
  }
}
