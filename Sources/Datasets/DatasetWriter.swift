import Dispatch
import HDF5
import Primitives

/// How a dataset file is laid out.
public struct DatasetFormat: Sendable, Equatable {
  /// The rows of a chunk, or nil for contiguous storage, which is fastest to read.
  public var chunkRows: Int?
  /// The level of gzip compression, or nil for none. Compressed data are chunked.
  public var compression: Int?

  /// A layout; see the properties.
  public init(chunkRows: Int? = nil, compression: Int? = nil) {
    self.chunkRows = chunkRows
    self.compression = compression
  }

  /// The options of a dataset of `shape` whose elements take `bytes` bytes each.
  func options(shape: [Int], bytes: Int) -> DatasetOptions {
    guard compression != nil || chunkRows != nil else { return DatasetOptions() }
    let width = shape.dropFirst().reduce(1, *)
    // By default, chunks of about 512 KiB.
    let rows = chunkRows ?? max(1, (512 << 10) / max(1, width * bytes))
    return DatasetOptions(
      layout: .chunked([min(rows, max(shape[0], 1))] + shape.dropFirst()), deflate: compression,
      shuffle: compression != nil, fletcher32: true)
  }
}

/// Writes generated rows to a dataset file, making some while others are being written.
///
/// The memory is bounded whatever the number of rows. The bytes of the file depend on the problem, rows and format alone.
public struct DatasetWriter<Element: Scalar & HDF5Element> {
  private let problem: LinearProblem
  private let rows: Int
  private let format: DatasetFormat
  private let source: String

  /// The rows in memory at a time, twice.
  private static var blockBytes: Int { 4 << 20 }

  /// A writer of `rows` rows of `problem`; `source` is the command to be recorded.
  public init(_ problem: LinearProblem, rows: Int, format: DatasetFormat, source: String) {
    precondition(rows > 0)
    self.problem = problem
    self.rows = rows
    self.format = format
    self.source = source
  }

  /// Writes the file and puts it in place at once when it is whole.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - threads: how many threads make rows.
  ///   - progress: called with the number of rows written so far.
  /// - Throws: ``LockstepError`` if the file cannot be created or written; nothing is left behind then.
  public func write(
    to path: String, threads: Int, progress: (Int) -> Void = { _ in }
  ) throws(LockstepError) {
    try problem.check(as: Element.self)
    try checkChunks()
    let staged = try StagedFile(replacing: path)
    do throws(LockstepError) {
      try withHDF5Errors { () throws(HDF5Error) in
        let file = try File(creating: staged.temporary)
        try describe(file)
        let x = try file.createDataset(
          "/x", shape: [rows, problem.features], type: Element.elementType,
          options: format.options(
            shape: [rows, problem.features], bytes: MemoryLayout<Element>.stride))
        let y = try file.createDataset(
          "/y", shape: [rows, 1], type: Element.elementType,
          options: format.options(shape: [rows, 1], bytes: MemoryLayout<Element>.stride))
        try x.setAttribute("long_name", "features")
        try x.setAttribute("units", "1")
        if problem.features <= Self.mostNamedFeatures {
          try x.setAttribute("column_names", (0..<problem.features).map { "x\($0)" })
        }
        try y.setAttribute("long_name", "target")
        try y.setAttribute("units", "1")
        try y.setAttribute("column_names", ["y"])
        try writeRows(x: x, y: y, threads: threads, progress: progress)
        try file.close()
      }
    } catch {
      // Messages speak of the file that was asked for, not of its temporary name.
      throw error.renaming(staged.temporary, to: path)
    }
    try staged.commit()
  }

  /// The most features whose names and coefficients are attributes.
  private static var mostNamedFeatures: Int { 1000 }

  private func checkChunks() throws(LockstepError) {
    guard let chunkRows = format.chunkRows else { return }
    let bytes = Double(min(chunkRows, rows)) * Double(problem.features * MemoryLayout<Element>.stride)
    // Readers hold whole chunks in memory, and refuse larger ones.
    guard bytes <= Double(ReadLimits().chunkBytes) else {
      throw LockstepError(
        .usage, "--chunk-rows", "makes chunks that are too large", found: "\(bytes) bytes",
        expected: "at most \(ReadLimits().chunkBytes)", remedy: "Choose fewer rows a chunk.")
    }
  }

  private func describe(_ file: borrowing File) throws(HDF5Error) {
    try file.setAttribute("schema", "lockstep-dataset")
    try file.setAttribute("schema_version", 1)
    try file.setAttribute("title", "\(rows) samples of \(problem.formula)")
    try file.setAttribute("source", source)
    try file.setAttribute("generator", "linear")
    try file.setAttribute("seed", problem.seed)
    try file.setAttribute("formula", problem.formula)
    if problem.features <= Self.mostNamedFeatures {
      try file.setAttribute("coefficients", problem.coefficients)
    } else {
      // Attributes hold 64 KiB at most.
      _ = try file.createDataset("/coefficients", problem.coefficients)
    }
    try file.setAttribute("intercept", problem.intercept)
    try file.setAttribute("range", [problem.range.lowerBound, problem.range.upperBound])
    try file.setAttribute("noise", problem.noise)
  }

  private func writeRows(
    x: borrowing Dataset, y: borrowing Dataset, threads: Int, progress: (Int) -> Void
  ) throws(HDF5Error) {
    let width = problem.features + 1
    let most = max(1, Self.blockBytes / (width * MemoryLayout<Element>.stride))
    // Whole chunks, so that none is compressed twice.
    let unit = format.options(shape: [rows, problem.features], bytes: MemoryLayout<Element>.stride)
    var blockRows = min(most, rows)
    if case .chunked(let chunk) = unit.layout { blockRows = max(1, most / chunk[0]) * chunk[0] }
    blockRows = min(blockRows, rows)
    var filling = RowBlock<Element>(problem: problem, capacity: blockRows)
    var writing = RowBlock<Element>(problem: problem, capacity: blockRows)
    filling.fill(from: 0, count: min(blockRows, rows), threads: threads)
    var start = 0
    while start < rows {
      swap(&filling, &writing)
      let next = start + writing.count
      let upcoming = filling
      let group = DispatchGroup()
      if next < rows {
        let count = min(blockRows, rows - next)
        // libhdf5 writes on this thread meanwhile.
        DispatchQueue.global().async(group: group) {
          upcoming.fill(from: next, count: count, threads: threads)
        }
      }
      defer { group.wait() }
      try x.write(.rows(start..<next), from: UnsafeBufferPointer(writing.filledX))
      try y.write(.rows(start..<next), from: UnsafeBufferPointer(writing.filledY))
      start = next
      progress(start)
    }
  }
}

/// Memory for some consecutive rows of a problem, made by several threads.
///
/// `Sendable` is unchecked for `count`: a block is filled by one call at a time, and read only after that call.
private final class RowBlock<Element: Scalar>: @unchecked Sendable {
  private let problem: LinearProblem
  private let x: AlignedBuffer<Element>
  private let y: AlignedBuffer<Element>
  /// The rows filled.
  private(set) var count = 0

  init(problem: LinearProblem, capacity: Int) {
    self.problem = problem
    x = AlignedBuffer(repeating: 0, count: capacity * problem.features)
    y = AlignedBuffer(repeating: 0, count: capacity)
  }

  var filledX: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: x.elements[..<(count * problem.features)])
  }

  var filledY: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: y.elements[..<count])
  }

  /// Makes `count` rows from `start` on.
  func fill(from start: Int, count: Int, threads: Int) {
    self.count = count
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      makeRows(start, part: thread * count / threads..<(thread + 1) * count / threads)
    }
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  private func makeRows(_ start: Int, part: Range<Int>) {
    let features = problem.features
    problem.makeRows(
      from: start + part.lowerBound,
      x: UnsafeMutableBufferPointer(
        rebasing: x.elements[part.lowerBound * features..<part.upperBound * features]),
      y: UnsafeMutableBufferPointer(rebasing: y.elements[part]))
  }
}

extension LinearProblem {
  /// `count` rows in memory.
  public func samples<Element: Scalar>(_ count: Int, as type: Element.Type = Element.self)
    -> Samples<Element>
  {
    let x = AlignedBuffer<Element>(repeating: 0, count: count * features)
    let y = AlignedBuffer<Element>(repeating: 0, count: count)
    makeRows(from: 0, x: x.elements, y: y.elements)
    return Samples(count: count, features: features, x: x, targets: .values(y, columns: 1))
  }
}
