import Dispatch
import Kernels
import Primitives
import Synchronization

/// Fills slots of a ring with windows of rows, one window after the other, on threads of its own.
///
/// `Sendable` is unchecked because readers and slots are not locked: windows are loaded one at a time, on one serial queue, and
/// each of its threads uses the reader of its number. Who wants to read a slot waits for its group first.
final class WindowLoader<Element: Scalar>: @unchecked Sendable {
  private let source: any RowSource<Element>
  private let ring: SampleRing<Element>
  /// Classes are below this.
  private let classes: Int
  private let readers: [any RowReading<Element>]
  private let queue = DispatchQueue(label: "lockstep.windows", qos: .userInitiated)
  /// Where the system is told of what comes later, which it may take its time for.
  private let announcements = DispatchQueue(label: "lockstep.announcements", qos: .userInitiated)
  /// One a slot: entered while the slot is being filled.
  private let groups: [DispatchGroup]
  private let failures: Mutex<[LockstepError?]>
  private let isCancelled = Atomic(false)

  init(_ source: any RowSource<Element>, ring: SampleRing<Element>, classes: Int, threads: Int)
    throws(LockstepError)
  {
    self.source = source
    self.ring = ring
    self.classes = classes
    var readers: [any RowReading<Element>] = []
    for _ in 0..<max(1, threads) { readers.append(try source.makeReader()) }
    self.readers = readers
    groups = (0..<ring.slots).map { _ in DispatchGroup() }
    failures = Mutex(Array(repeating: nil, count: ring.slots))
  }

  /// Ends what is under way, and waits for that.
  func cancel() {
    isCancelled.store(true, ordering: .relaxed)
    queue.sync {}
    announcements.sync {}
  }

  /// Tells the system that `blocks` will be read soon, so that the disk has work at all times.
  func announce(_ blocks: [Range<Int>]) {
    announcements.async { [self] in
      for block in blocks where !isCancelled.load(ordering: .relaxed) { source.willRead(block) }
    }
  }

  /// Begins to fill `slot` with `blocks`, one after the other.
  func load(_ blocks: [Range<Int>], into slot: Int) {
    let group = groups[slot]
    group.enter()
    queue.async { [self] in
      let failure = fill(slot, with: blocks)
      failures.withLock { $0[slot] = failure }
      group.leave()
    }
  }

  /// Waits until `slot` is filled.
  ///
  /// - Throws: ``LockstepError`` if it could not be.
  func wait(for slot: Int) throws(LockstepError) {
    groups[slot].wait()
    if let failure = failures.withLock({ $0[slot] }) { throw failure }
  }

  private func fill(_ slot: Int, with blocks: [Range<Int>]) -> LockstepError? {
    do throws(LockstepError) { try source.requireUnchanged() } catch { return error }
    let work = Work()
    if readers.count == 1 || blocks.count == 1 {
      fill(slot, with: blocks, sharing: work, reader: 0)
    } else {
      DispatchQueue.concurrentPerform(iterations: min(readers.count, blocks.count)) { reader in
        fill(slot, with: blocks, sharing: work, reader: reader)
      }
    }
    return work.failure.withLock { $0?.error }
  }

  /// Reads one block after the other until there are none left.
  private func fill(_ slot: Int, with blocks: [Range<Int>], sharing work: Work, reader: Int) {
    while !isCancelled.load(ordering: .relaxed) {
      let index = work.next.add(1, ordering: .relaxed).oldValue
      guard index < blocks.count else { return }
      do throws(LockstepError) {
        let offset = blocks[..<index].reduce(0) { $0 + $1.count }
        try read(
          blocks[index], by: readers[reader],
          into: ring.place(offset..<offset + blocks[index].count, slot: slot))
      } catch {
        work.failure.withLock { if index < $0?.block ?? .max { $0 = (index, error) } }
      }
    }
  }

  /// What the threads that fill a slot share.
  private final class Work: Sendable {
    /// The first block that nobody has begun.
    let next = Atomic(0)
    /// Of the blocks that failed, the first: which one that is does not depend on the threads.
    let failure = Mutex<(block: Int, error: LockstepError)?>(nil)
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
