import Dispatch
import Kernels
import Primitives

/// A pass over all rows in order: blocks are read and looked at by several threads, and handed out one after the other.
///
/// The memory is bounded whatever the number of rows.
struct RowScan<Element: Scalar> {
  /// What is looked at.
  enum Part {
    case features
    case targets
    /// Features and targets.
    case rows
  }

  private let source: any RowSource<Element>
  private let blockRows: Int
  private let lanes: [Lane]

  /// A pass over `source` by at most so many threads.
  init(_ source: any RowSource<Element>, threads: Int) throws(LockstepError) {
    self.source = source
    blockRows = Self.blockRows(source)
    let blocks = (source.count - 1) / blockRows + 1
    var lanes: [Lane] = []
    for _ in 0..<max(1, min(threads, blocks)) {
      lanes.append(try Lane(source, capacity: min(blockRows, source.count)))
    }
    self.lanes = lanes
  }

  /// About a megabyte, and whole chunks where there are any, so that none is decoded twice.
  private static func blockRows(_ source: any RowSource<Element>) -> Int {
    let width = max(source.features, source.targets.columns)
    let rows = max(1, (1 << 20) / (width * MemoryLayout<Element>.stride))
    let unit = source.preferredRows
    return min(max(source.count, 1), rows > unit ? rows / unit * unit : unit)
  }

  /// Calls `body` with each block of rows and where they are, in order.
  ///
  /// - Throws: ``LockstepError`` if rows cannot be read, or of kind `badData` naming the first row that has a number that is
  ///   not finite; what `body` throws.
  func forEach(_ part: Part, _ body: (Range<Int>, RowPlace<Element>) throws(LockstepError) -> Void)
    throws(LockstepError)
  {
    let source = source
    try forEach(
      part,
      finding: { rows, place throws(LockstepError) in try source.requireFinite(rows, place) },
      { rows, place, _ throws(LockstepError) in try body(rows, place) })
  }

  /// Calls `body` with each block of rows, where they are, and what `find` found in them, in order. Only `find` is called by
  /// several threads at a time; numbers are as they come.
  ///
  /// - Throws: ``LockstepError`` if rows cannot be read; the first that `find` throws, in order; what `body` throws.
  func forEach<Finding: Sendable>(
    _ part: Part, finding find: @Sendable (Range<Int>, RowPlace<Element>) throws(LockstepError) -> Finding,
    _ body: (Range<Int>, RowPlace<Element>, Finding) throws(LockstepError) -> Void
  ) throws(LockstepError) {
    let slots = lanes.map { _ in Slot<Finding>() }
    var start = 0
    while start < source.count {
      let first = start
      if lanes.count == 1 {
        slots[0].outcome = lanes[0].read(block(at: start), part, find)
      } else {
        DispatchQueue.concurrentPerform(iterations: lanes.count) { index in
          slots[index].outcome = lanes[index].read(block(at: first + index * blockRows), part, find)
        }
      }
      for (lane, slot) in zip(lanes, slots) {
        if let finding = try slot.outcome?.get() { try body(lane.rows, lane.place(part), finding) }
      }
      start = min(start + lanes.count * blockRows, source.count)
    }
  }

  /// What became of one lane's block; nil if there was none.
  ///
  /// `Sendable` is unchecked because nothing is locked: a slot goes from thread to thread with its lane.
  private final class Slot<Finding>: @unchecked Sendable {
    var outcome: Result<Finding, LockstepError>?
  }

  private func block(at start: Int) -> Range<Int> {
    min(start, source.count)..<min(start + blockRows, source.count)
  }

  /// One thread's reader and the block that it read.
  ///
  /// `Sendable` is unchecked because nothing is locked: a lane is used by one thread at a time, by that of
  /// `concurrentPerform` while blocks are read, and by its caller between that.
  private final class Lane: @unchecked Sendable {
    private let source: any RowSource<Element>
    private let reader: any RowReading<Element>
    private let x: AlignedBuffer<Element>
    private let values: AlignedBuffer<Element>
    private let labels: AlignedBuffer<Int32>
    private(set) var rows = 0..<0

    init(_ source: any RowSource<Element>, capacity: Int) throws(LockstepError) {
      self.source = source
      reader = try source.makeReader()
      x = AlignedBuffer(repeating: 0, count: capacity * source.features)
      var (numbers, classes) = (0, 0)
      switch source.targets {
      case .values(let columns): numbers = capacity * columns
      case .labels: classes = capacity
      }
      values = AlignedBuffer(repeating: 0, count: numbers)
      labels = AlignedBuffer(repeating: 0, count: classes)
    }

    /// Where the block's rows are.
    func place(_ part: Part) -> RowPlace<Element> {
      func filled<Number>(_ buffer: AlignedBuffer<Number>, _ width: Int) -> UnsafeMutableBufferPointer<Number>
      {
        UnsafeMutableBufferPointer(rebasing: buffer.elements[..<(rows.count * width)])
      }
      let features = filled(x, part == .targets ? 0 : source.features)
      if part == .features { return RowPlace(x: features, targets: nil) }
      switch source.targets {
      case .values(let columns): return RowPlace(x: features, targets: .values(filled(values, columns)))
      case .labels: return RowPlace(x: features, targets: .labels(filled(labels, 1)))
      }
    }

    /// Reads a block, unless it is empty, and looks at it.
    func read<Finding>(
      _ rows: Range<Int>, _ part: Part,
      _ find: (Range<Int>, RowPlace<Element>) throws(LockstepError) -> Finding
    ) -> Result<Finding, LockstepError>? {
      self.rows = rows
      guard !rows.isEmpty else { return nil }
      do throws(LockstepError) {
        let place = place(part)
        try reader.read(rows, into: place)
        return .success(try find(rows, place))
      } catch {
        return .failure(error)
      }
    }
  }
}

extension RowSource {
  /// Throws ``LockstepError`` of kind `badData`, naming the row, if a number in `place` is not finite, to which these rows were
  /// read.
  public func requireFinite(_ rows: Range<Int>, _ place: RowPlace<Element>) throws(LockstepError) {
    func check(
      _ values: UnsafeMutableBufferPointer<Element>, _ name: String, _ width: Int, _ number: (Int) -> Int
    ) throws(LockstepError) {
      guard let position = Elementwise.firstNonFinite(UnsafeBufferPointer(values)) else { return }
      throw LockstepError.notFinite(
        name, row: rows.lowerBound + position / width, column: number(position % width),
        value: values[position])
    }
    try check(place.x, names.x, features, featureNumber)
    if case .values(let values)? = place.targets { try check(values, names.y, targets.columns) { $0 } }
  }
}
