import Dispatch
import Primitives

/// Parts of a file that were announced, on their way into memory of a fixed size past the system's cache.
///
/// They are begun in the order in which they were announced, as there is room. A thread that wants a part takes it from there, if
/// just that part was announced, and then its room is free for another; what it does not find, it has to read itself.
///
/// `Sendable` is unchecked: all that changes is used on `queue` alone, except for the bytes of a cell that was taken, which belong
/// to the thread that took it until it gives the cell back.
final class StagedReads: @unchecked Sendable {
  private enum Cell {
    case free
    /// The part of the file is under way.
    case reading(Range<Int>)
    /// The part has come, or could not be read.
    case ended(isWhole: Bool)
    case taken
  }

  private let reads: DirectReads
  private let queue = DispatchQueue(label: "lockstep.staging")
  private let cellBytes: Int
  private var cells: [Cell]
  private var free: [Int]
  /// The cells of parts that were begun and not taken. A part may be announced for two epochs.
  private var places: [Range<Int>: [Int]] = [:]
  /// The parts that were announced; those before `firstPending` are done with.
  private var announced: [Range<Int>] = []
  private var firstPending = 0

  /// Memory of at most `bytes` for parts of at most `partBytes` of the file that is open as `descriptor`; nil if that is too little
  /// for several parts, or if there are no such reads.
  init?(_ descriptor: Int32, partBytes: Int, bytes: Int) {
    // Where a part begins and ends, no page does.
    cellBytes = Self.pages(0..<partBytes).count + DirectReads.alignment
    let count = min(bytes / cellBytes, Self.mostCells)
    guard partBytes > 0, count >= Self.leastCells,
      let reads = DirectReads(descriptor, depth: count, bytes: count * cellBytes)
    else { return nil }
    self.reads = reads
    cells = Array(repeating: .free, count: count)
    free = Array((0..<count).reversed())
  }

  /// With fewer, the disk would have nothing to do at times.
  private static var leastCells: Int { 4 }
  /// More reads at a time make no disk faster.
  private static var mostCells: Int { 256 }

  /// The bytes that it takes.
  var bytes: Int { cells.count * cellBytes }

  /// The pages with these bytes of the file.
  private static func pages(_ part: Range<Int>) -> Range<Int> {
    let unit = DirectReads.alignment
    return part.lowerBound / unit * unit..<(part.upperBound + unit - 1) / unit * unit
  }

  /// Begins to read a part, or puts it in line.
  func announce(_ part: Range<Int>) {
    queue.sync {
      announced.append(part)
      beginReads(atLeast: cells.count / 8)
    }
  }

  /// Waits for `part`, if it was announced, and calls `body` with its bytes, which nobody else uses as long as it runs.
  ///
  /// - Returns: what `body` does; nil if they are not to be had, and `body` was not called.
  func withBytes<Result>(of part: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    guard let cell = queue.sync(execute: { take(part) }) else { return nil }
    defer { queue.sync { giveBack(cell) } }
    let start = cell * cellBytes + part.lowerBound % DirectReads.alignment
    return body(UnsafeRawBufferPointer(rebasing: reads.memory[start..<start + part.count]))
  }

  private func take(_ part: Range<Int>) -> Int? {
    guard let cell = place(of: part) ?? hurry(part) else { return nil }
    while case .reading = cells[cell] {
      let ends = reads.end()
      guard !ends.isEmpty else {
        // Without reads under way there is nothing to wait for; nobody may have the cell, which may still be written to.
        return nil
      }
      for end in ends {
        guard case .reading(let part) = cells[end.tag] else { continue }
        cells[end.tag] = .ended(isWhole: end.count >= part.upperBound - Self.pages(part).lowerBound)
      }
    }
    guard case .ended(isWhole: true) = cells[cell] else {
      giveBack(cell)
      return nil
    }
    cells[cell] = .taken
    return cell
  }

  /// The cell of a part that was begun, which is then nobody else's.
  private func place(of part: Range<Int>) -> Int? {
    guard var own = places[part] else { return nil }
    let cell = own.removeFirst()
    places[part] = own.isEmpty ? nil : own
    return cell
  }

  /// Begins to read a part whose turn has not come, if it was announced and there is room, or forgets it.
  private func hurry(_ part: Range<Int>) -> Int? {
    guard let index = announced[firstPending...].firstIndex(of: part) else { return nil }
    announced.swapAt(index, firstPending)
    beginReads(atLeast: 1)
    if let cell = place(of: part) { return cell }
    firstPending += 1
    trim()
    return nil
  }

  private func giveBack(_ cell: Int) {
    cells[cell] = .free
    free.append(cell)
    beginReads(atLeast: cells.count / 8)
  }

  /// Begins to read what is in line, as far as there is room, if that is for so many parts: each call of the system takes time.
  private func beginReads(atLeast least: Int) {
    let count = min(free.count, announced.count - firstPending)
    guard count >= max(1, min(least, announced.count - firstPending)) else { return }
    let begun = zip(announced[firstPending..<firstPending + count], free.suffix(count).reversed())
    let accepted = reads.begin(
      begun.map { part, cell in
        let pages = Self.pages(part)
        return DirectReads.Read(
          at: pages.lowerBound, into: cell * cellBytes..<cell * cellBytes + pages.count, tag: cell)
      })
    for (part, cell) in begun.prefix(accepted) {
      cells[cell] = .reading(part)
      places[part, default: []].append(cell)
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
