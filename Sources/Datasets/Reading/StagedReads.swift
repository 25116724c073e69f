import Primitives

/// Parts of a file that were announced, on their way into memory of a fixed size past the system's cache.
///
/// They are begun in the order in which they were announced, as there is room, and parts that follow each other at once. A thread that
/// wants a part takes it from there, if just that part was announced; when all that were read at once were taken, their room is free
/// for others. What a thread does not find, it has to read itself.
///
/// `Sendable` is unchecked: all that changes is used with `lock` held, except for the bytes of a cell that was taken, which belong
/// to the thread that took it until it gives the cell back.
final class StagedReads: @unchecked Sendable {
  /// Parts that are read at once: each ends where the next one begins.
  private struct Run {
    var parts: [Range<Int>]
    let bytes: Range<Int>

    init(_ part: Range<Int>) { (parts, bytes) = ([part], part) }

    private init(_ parts: [Range<Int>], _ bytes: Range<Int>) { (self.parts, self.bytes) = (parts, bytes) }

    /// The run with `part` at its end.
    func followed(by part: Range<Int>) -> Run {
      Run(parts + [part], bytes.lowerBound..<part.upperBound)
    }
  }

  private enum Cell {
    case free
    /// These bytes of the file are under way.
    case reading(Range<Int>)
    /// They have come, or could not be read.
    case ended(Range<Int>, isWhole: Bool)
  }

  private let reads: DirectReads
  private let lock = Lock()
  private let cellBytes: Int
  private let runBytes: Int
  private var cells: [Cell]
  /// How many parts of each cell were not given back.
  private var uses: [Int]
  private var free: [Int]
  /// The cells of parts that were begun and not taken. A part may be announced for two epochs.
  private var places: [Range<Int>: [Int]] = [:]
  /// What was announced; what is before `firstPending` is done with.
  private var announced: [Run] = []
  private var firstPending = 0

  /// Memory of at most `bytes` for at most `runBytes` at once of the file that is open as `descriptor`; nil if that is too little
  /// for several reads, or if there are none.
  init?(_ descriptor: Int32, runBytes: Int, bytes: Int) {
    self.runBytes = runBytes
    // Where a run begins and ends, no page does.
    cellBytes = Self.pages(0..<runBytes).count + DirectReads.alignment
    let count = min(bytes / cellBytes, Self.mostCells)
    guard runBytes > 0, count >= Self.leastCells,
      let reads = DirectReads(descriptor, depth: count, bytes: count * cellBytes)
    else { return nil }
    self.reads = reads
    cells = Array(repeating: .free, count: count)
    uses = Array(repeating: 0, count: count)
    free = Array((0..<count).reversed())
  }

  /// With fewer, the disk would have nothing to do at times.
  private static var leastCells: Int { 4 }
  /// More reads at a time make no disk faster.
  private static var mostCells: Int { 256 }

  /// The bytes that it takes.
  var bytes: Int { cells.count * cellBytes }

  /// The pages with these bytes of the file.
  private static func pages(_ bytes: Range<Int>) -> Range<Int> {
    let unit = DirectReads.alignment
    return bytes.lowerBound / unit * unit..<(bytes.upperBound + unit - 1) / unit * unit
  }

  /// Begins to read parts, or puts them in line. None may take more bytes than are read at once.
  func announce(_ parts: [Range<Int>]) {
    guard let first = parts.first else { return }
    var runs = [Run(first)]
    for part in parts.dropFirst() {
      let longer = runs[runs.count - 1].followed(by: part)
      if runs[runs.count - 1].bytes.upperBound == part.lowerBound, longer.bytes.count <= runBytes {
        runs[runs.count - 1] = longer
      } else {
        runs.append(Run(part))
      }
    }
    lock.withLock {
      announced += runs
      beginReads(atLeast: cells.count / 8)
    }
  }

  /// Waits for `part`, if it was announced, and calls `body` with its bytes, which nobody else uses as long as it runs.
  ///
  /// - Returns: what `body` does; nil if they are not to be had, and `body` was not called.
  func withBytes<Result>(of part: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    guard let (cell, place) = lock.withLock({ take(part) }) else { return nil }
    defer { lock.withLock { giveBack(cell) } }
    return body(UnsafeRawBufferPointer(rebasing: reads.memory[place]))
  }

  /// The cell of `part`, and where in the memory its bytes are. Who takes a part gives its cell back, once.
  private func take(_ part: Range<Int>) -> (cell: Int, place: Range<Int>)? {
    guard let cell = place(of: part) ?? hurry(part) else { return nil }
    while case .reading = cells[cell] {
      let ends = reads.end()
      guard !ends.isEmpty else {
        // Without reads under way there is nothing to wait for; nobody may have the cell, which may still be written to.
        return nil
      }
      for end in ends {
        guard case .reading(let bytes) = cells[end.tag] else { continue }
        cells[end.tag] = .ended(
          bytes, isWhole: end.count >= bytes.upperBound - Self.pages(bytes).lowerBound)
      }
    }
    guard case .ended(let bytes, isWhole: true) = cells[cell] else {
      giveBack(cell)
      return nil
    }
    let start = cell * cellBytes + part.lowerBound - Self.pages(bytes).lowerBound
    return (cell, start..<start + part.count)
  }

  /// The cell of a part that was begun, which then nobody else gets for this part.
  private func place(of part: Range<Int>) -> Int? {
    guard var own = places[part] else { return nil }
    let cell = own.removeFirst()
    places[part] = own.isEmpty ? nil : own
    return cell
  }

  /// Begins to read a part whose turn has not come, if it was announced and there is room, or forgets it.
  private func hurry(_ part: Range<Int>) -> Int? {
    guard let index = announced[firstPending...].firstIndex(where: { $0.parts.contains(part) }) else {
      return nil
    }
    announced.swapAt(index, firstPending)
    beginReads(atLeast: 1)
    if let cell = place(of: part) { return cell }
    announced[firstPending].parts.removeAll { $0 == part }
    if announced[firstPending].parts.isEmpty {
      firstPending += 1
      trim()
    }
    return nil
  }

  private func giveBack(_ cell: Int) {
    uses[cell] -= 1
    guard uses[cell] == 0 else { return }
    cells[cell] = .free
    free.append(cell)
    beginReads(atLeast: cells.count / 8)
  }

  /// Begins to read what is in line, as far as there is room, if that is for so many runs: each call of the system takes time.
  private func beginReads(atLeast least: Int) {
    let count = min(free.count, announced.count - firstPending)
    guard count >= max(1, min(least, announced.count - firstPending)) else { return }
    let begun = zip(announced[firstPending..<firstPending + count], free.suffix(count).reversed())
    let accepted = reads.begin(
      begun.map { run, cell in
        let pages = Self.pages(run.bytes)
        return DirectReads.Read(
          at: pages.lowerBound, into: cell * cellBytes..<cell * cellBytes + pages.count, tag: cell)
      })
    for (run, cell) in begun.prefix(accepted) {
      cells[cell] = .reading(run.bytes)
      uses[cell] = run.parts.count
      for part in run.parts { places[part, default: []].append(cell) }
    }
    free.removeLast(accepted)
    firstPending += accepted
    trim()
  }

  private func trim() {
    guard firstPending > 1024 else { return }
    announced.removeFirst(firstPending)
    firstPending = 0
  }
}
