import Dispatch
import Kernels
import Primitives
import Synchronization

/// Fills slots of a ring with windows of rows, one window after the other, on threads of its own.
///
/// `Sendable` is unchecked because lanes and slots are not locked: windows are loaded one at a time, on one serial queue, and
/// each of its threads uses the lane of its number. Who wants to read a slot, or what became of it, waits for its group first.
final class WindowLoader<Element: Scalar>: @unchecked Sendable {
  private let source: any RowSource<Element>
  private let ring: SampleRing<Element>
  /// Classes are below this.
  private let classes: Int
  private let lanes: [Lane]
  private let queue = DispatchQueue(label: "lockstep.windows", qos: .userInitiated)
  /// Where the source is told of what comes later, which it may take its time for.
  private let announcements: DispatchQueue
  private let slots: [Slot]
  private let isCancelled = Atomic(false)

  /// A loader by so many threads; `announcesInTurn`, if the source is to know of rows before they are loaded.
  init(
    _ source: any RowSource<Element>, ring: SampleRing<Element>, classes: Int, threads: Int,
    announcesInTurn: Bool = false
  ) throws(LockstepError) {
    announcements =
      announcesInTurn ? queue : DispatchQueue(label: "lockstep.announcements", qos: .userInitiated)
    self.source = source
    self.ring = ring
    self.classes = classes
    var lanes: [Lane] = []
    for _ in 0..<max(1, threads) { lanes.append(Lane(try source.makeReader())) }
    self.lanes = lanes
    slots = (0..<ring.slots).map { _ in Slot() }
  }

  /// What one thread has to itself.
  private final class Lane {
    let reader: any RowReading<Element>
    /// Of the blocks that could not be read, the first of the file.
    var failure: (row: Int, error: LockstepError)?

    init(_ reader: any RowReading<Element>) { self.reader = reader }
  }

  private final class Slot {
    /// Entered while the slot is being filled.
    let group = DispatchGroup()
    /// Why it could not be, if so.
    var failure: LockstepError?
  }

  /// Ends what is under way, and waits for that.
  func cancel() {
    isCancelled.store(true, ordering: .relaxed)
    queue.sync {}
    announcements.sync {}
  }

  /// Tells the source that these rows will be read soon, each range at a time and in the order of the file, so that the disk has work
  /// at all times.
  func announce(_ ranges: [Range<Int>]) {
    announcements.async { [self] in
      var rest = ranges.sorted { $0.lowerBound < $1.lowerBound }[...]
      while let first = rest.first, !isCancelled.load(ordering: .relaxed) {
        var end = first.upperBound
        let run = rest.prefix { range in
          guard range.lowerBound == end || range == first else { return false }
          end = range.upperBound
          return true
        }
        source.willRead(Array(run), .rows)
        rest.removeFirst(run.count)
      }
    }
  }

  /// Begins to fill `slot` with `blocks`, one after the other.
  func load(_ blocks: [Range<Int>], into slot: Int) {
    slots[slot].group.enter()
    queue.async { [self] in
      slots[slot].failure = fill(slot, with: blocks) { count, body in
        DispatchQueue.concurrentPerform(iterations: count, execute: body)
      }
      slots[slot].group.leave()
    }
  }

  /// Fills `slot` with `blocks`, by the threads of `crew`.
  func load(_ blocks: [Range<Int>], into slot: Int, by crew: any Crew) {
    slots[slot].group.enter()
    queue.sync {
      slots[slot].failure = fill(slot, with: blocks) { count, body in
        crew.run { worker in
          for lane in stride(from: worker, to: count, by: crew.count) { body(lane) }
        }
      }
    }
    slots[slot].group.leave()
  }

  /// Waits until `slot` is filled.
  ///
  /// - Throws: ``LockstepError`` if it could not be.
  func wait(for slot: Int) throws(LockstepError) {
    slots[slot].group.wait()
    if let failure = slots[slot].failure { throw failure }
  }

  /// Fills `slot` with `blocks`; `perform` runs what it is given for each number below a count, side by side.
  private func fill(
    _ slot: Int, with blocks: [Range<Int>],
    _ perform: (_ count: Int, @Sendable (_ lane: Int) -> Void) -> Void
  ) -> LockstepError? {
    do throws(LockstepError) { try source.requireUnchanged() } catch { return error }
    let work = Work(blocks, chunkRows: source.preferredRows, readers: lanes.count)
    for lane in lanes { lane.failure = nil }
    if lanes.count == 1 || work.groups.count == 1 {
      fill(slot, sharing: work, lane: 0)
    } else {
      perform(min(lanes.count, work.groups.count)) { lane in fill(slot, sharing: work, lane: lane) }
    }
    // The first of the file: which one that is does not depend on the threads.
    if let failure = lanes.compactMap(\.failure).min(by: { $0.row < $1.row }) { return failure.error }
    // Nobody looks again after the last window.
    do throws(LockstepError) { try source.requireUnchanged() } catch { return error }
    return nil
  }

  /// Reads one group of blocks after the other until there are none left.
  private func fill(_ slot: Int, sharing work: Work, lane: Int) {
    let lane = lanes[lane]
    while true {
      let index = work.next.add(1, ordering: .relaxed).oldValue
      guard index < work.groups.count else { return }
      for block in work.groups[index] {
        guard !isCancelled.load(ordering: .relaxed) else { return }
        do throws(LockstepError) {
          try read(block.rows, by: lane.reader, into: ring.place(block.place, slot: slot))
        } catch {
          if lane.failure == nil { lane.failure = (block.rows.lowerBound, error) }
        }
      }
    }
  }

  /// What the threads that fill a slot share.
  private final class Work: Sendable {
    /// A block, and where in the slot its rows belong.
    typealias Block = (rows: Range<Int>, place: Range<Int>)

    /// All blocks, in the order of the file. Those that share a chunk are a group, which one thread reads, so that it decodes the
    /// chunk once; but groups stay so small that all threads have something to do.
    let groups: [[Block]]
    /// The first group that nobody has begun.
    let next = Atomic(0)

    init(_ blocks: [Range<Int>], chunkRows: Int, readers: Int) {
      let most = max(1, blocks.count / (4 * readers))
      var placed: [Block] = []
      var offset = 0
      for rows in blocks {
        placed.append((rows, offset..<offset + rows.count))
        offset += rows.count
      }
      placed.sort { $0.rows.lowerBound < $1.rows.lowerBound }
      var groups: [[Block]] = []
      for block in placed {
        if let group = groups.last, group.count < most,
          group[0].rows.lowerBound / chunkRows == block.rows.lowerBound / chunkRows
        {
          groups[groups.count - 1].append(block)
        } else {
          groups.append([block])
        }
      }
      self.groups = groups
    }
  }

  private func read(_ rows: Range<Int>, by reader: any RowReading<Element>, into place: RowPlace<Element>)
    throws(LockstepError)
  {
    try reader.read(rows, into: place)
    // Labels choose places in memory, and what was checked before may have been changed since.
    if case .labels(let labels)? = place.targets, let index = labels.firstIndex(where: { $0 >= classes }) {
      throw LockstepError(
        .badData, source.names.y, "row \(rows.lowerBound + index) has a class that was not there before",
        found: "\(labels[index])", expected: "0 to \(classes - 1)",
        remedy: "Leave the file alone while it is in use, and start again.")
    }
  }
}
