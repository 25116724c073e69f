import Dispatch
import Kernels
import Primitives

/// A pass over all rows in order: threads read blocks and look at them, while blocks that are ready are handed out one after the
/// other.
///
/// The memory is bounded whatever the number of rows.
struct RowScan<Element: Scalar> {
  private let source: any RowSource<Element>
  private let blockRows: Int
  private let blocks: Int
  private let lanes: [Lane]

  /// A pass over `source` by at most so many threads, besides that of the caller if there is more than one.
  ///
  /// - Parameter place: where all rows come to, if they are to stay in memory.
  init(_ source: any RowSource<Element>, threads: Int, into place: RowPlace<Element>? = nil)
    throws(LockstepError)
  {
    self.source = source
    blockRows = Self.blockRows(source)
    blocks = (source.count + blockRows - 1) / blockRows
    // One block more than are read at a time is the one that is handed out.
    let count = threads > 1 ? max(1, min(threads + 1, blocks)) : 1
    var lanes: [Lane] = []
    for _ in 0..<count { lanes.append(try Lane(source, capacity: min(blockRows, source.count), place)) }
    self.lanes = lanes
  }

  /// How many blocks the source is told of before they are read.
  private static var blocksAhead: Int { 16 }

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
  ///   not finite or a negative weight; what `body` throws.
  func forEach(_ part: RowPart, _ body: (Range<Int>, RowPlace<Element>) throws(LockstepError) -> Void)
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
    _ part: RowPart,
    finding find: @escaping @Sendable (Range<Int>, RowPlace<Element>) throws(LockstepError) -> Finding,
    _ body: (Range<Int>, RowPlace<Element>, Finding) throws(LockstepError) -> Void
  ) throws(LockstepError) {
    let slots = lanes.map { _ in Slot<Finding>() }
    for block in 0..<min(Self.blocksAhead, blocks) { source.willRead([rows(of: block)], part) }
    guard lanes.count > 1 else {
      for block in 0..<blocks {
        slots[0].outcome = read(block, by: lanes[0], part, find)
        try hand(slots[0], lanes[0], part, body)
      }
      return
    }
    func begin(_ block: Int) {
      guard block < blocks else { return }
      let (lane, slot) = (lanes[block % lanes.count], slots[block % lanes.count])
      DispatchQueue.global(qos: .userInitiated).async(group: lane.group) {
        slot.outcome = read(block, by: lane, part, find)
      }
    }
    // However this ends, nobody reads into memory any more that may then be given up.
    defer { for lane in lanes { lane.group.wait() } }
    for block in 0..<lanes.count { begin(block) }
    for block in 0..<blocks {
      let index = block % lanes.count
      lanes[index].group.wait()
      try hand(slots[index], lanes[index], part, body)
      begin(block + lanes.count)
    }
  }

  private func read<Finding>(
    _ block: Int, by lane: Lane, _ part: RowPart,
    _ find: (Range<Int>, RowPlace<Element>) throws(LockstepError) -> Finding
  ) -> Result<Finding, LockstepError> {
    if block + Self.blocksAhead < blocks { source.willRead([rows(of: block + Self.blocksAhead)], part) }
    return lane.read(rows(of: block), part, find)
  }

  private func hand<Finding>(
    _ slot: Slot<Finding>, _ lane: Lane, _ part: RowPart,
    _ body: (Range<Int>, RowPlace<Element>, Finding) throws(LockstepError) -> Void
  ) throws(LockstepError) {
    guard let finding = try slot.outcome?.get() else { return }
    slot.outcome = nil
    try body(lane.rows, lane.place(part), finding)
  }

  /// What became of one lane's block.
  ///
  /// `Sendable` is unchecked because nothing is locked: a slot goes from thread to thread with its lane.
  private final class Slot<Finding>: @unchecked Sendable {
    var outcome: Result<Finding, LockstepError>?
  }

  private func rows(of block: Int) -> Range<Int> {
    block * blockRows..<min((block + 1) * blockRows, source.count)
  }

  /// One thread's reader and the block that it read.
  ///
  /// `Sendable` is unchecked because nothing is locked: a lane is used by one thread at a time, by one of Dispatch's from when a
  /// block is begun until the group is empty, and by the caller between that.
  private final class Lane: @unchecked Sendable {
    private let source: any RowSource<Element>
    private let reader: any RowReading<Element>
    /// Where the rows of all blocks come to, if not here.
    private let whole: RowPlace<Element>?
    /// Entered while a block is being read.
    let group = DispatchGroup()
    private let x: AlignedBuffer<Element>
    private let values: AlignedBuffer<Element>
    private let labels: AlignedBuffer<Int32>
    private let weights: AlignedBuffer<Element>
    private(set) var rows = 0..<0

    init(_ source: any RowSource<Element>, capacity rows: Int, _ whole: RowPlace<Element>?)
      throws(LockstepError)
    {
      self.source = source
      self.whole = whole
      let capacity = whole == nil ? rows : 0
      reader = try source.makeReader()
      x = AlignedBuffer(repeating: 0, count: capacity * source.features)
      var (numbers, classes) = (0, 0)
      switch source.targets {
      case .values(let columns): numbers = capacity * columns
      case .labels: classes = capacity
      }
      values = AlignedBuffer(repeating: 0, count: numbers)
      labels = AlignedBuffer(repeating: 0, count: classes)
      weights = AlignedBuffer(repeating: 0, count: source.weightName == nil ? 0 : capacity)
    }

    /// Where the block's rows are.
    func place(_ part: RowPart) -> RowPlace<Element> {
      if let whole {
        let all = whole.part(rows, of: source.count)
        return RowPlace(
          x: part == .features || part == .rows ? all.x : UnsafeMutableBufferPointer(rebasing: all.x[..<0]),
          targets: part == .targets || part == .rows ? all.targets : nil,
          weights: part == .weights || part == .rows
            ? all.weights : UnsafeMutableBufferPointer(rebasing: all.weights[..<0]))
      }
      func filled<Number>(_ buffer: AlignedBuffer<Number>, _ width: Int) -> UnsafeMutableBufferPointer<Number>
      {
        UnsafeMutableBufferPointer(rebasing: buffer.elements[..<(rows.count * width)])
      }
      let features = filled(x, part == .features || part == .rows ? source.features : 0)
      let hasWeights = source.weightName != nil && (part == .weights || part == .rows)
      var place = RowPlace(x: features, targets: nil, weights: filled(weights, hasWeights ? 1 : 0))
      if part == .targets || part == .rows {
        place.targets =
          switch source.targets {
          case .values(let columns): .values(filled(values, columns))
          case .labels: .labels(filled(labels, 1))
          }
      }
      return place
    }

    /// Reads a block and looks at it.
    func read<Finding>(
      _ rows: Range<Int>, _ part: RowPart,
      _ find: (Range<Int>, RowPlace<Element>) throws(LockstepError) -> Finding
    ) -> Result<Finding, LockstepError> {
      self.rows = rows
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
  /// Throws ``LockstepError`` of kind `badData`, naming the row, if a number in `place` is not finite or a weight negative, to
  /// which these rows were read.
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
    if let index = Elementwise.firstNotAWeight(UnsafeBufferPointer(place.weights)) {
      throw LockstepError.notAWeight(
        weightName ?? "", row: rows.lowerBound + index, value: place.weights[index])
    }
  }
}
