import Dispatch
import Kernels
import Primitives

/// Samples that are read from where they lie as an order by blocks needs them, some windows ahead.
///
/// Used by one thread, that of whoever trains.
public final class SampleStream<Element: Scalar> {
  /// The memory that windows come to.
  public let ring: SampleRing<Element>
  /// The number of rows.
  public let count: Int
  /// The width that a network's output layer needs: targets, or classes.
  public let outputs: Int
  /// Whether rows are read past the system's cache.
  public let isPastCache: Bool
  private let source: any RowSource<Element>
  /// The most bytes that the source takes for what it was told of, without chunks that are kept only because there is room.
  private let extraBytes: Int
  /// The bytes that chunks may take which are kept decoded until all windows had their rows.
  public let roomForChunks: Int
  private let shape: BlockShape
  private let seed: UInt64
  private let shuffled: Bool
  private let variant: KernelVariant?
  private let loader: WindowLoader<Element>
  private let windowsPerEpoch: Int
  /// The order by blocks that was last used, and the epoch that it is of.
  private var blockOrder: (epoch: Int, order: BlockOrder)?
  private var epochOrder: (epoch: Int, order: EpochOrder)?
  /// The first window, counted over all epochs, that nobody has begun to load; nil at first.
  private var next: Int?
  /// Whether the source is told of the rows of all windows of a group at once, so that it can read blocks as a whole.
  private let announcesGroups: Bool
  /// The first window that the source was not told of; likewise.
  private var nextAnnounced: Int?
  /// How many windows the source is told of before their turn comes, at least.
  private let windowsAnnounced: Int
  /// How many it is told of in the end: more of them with each window, lest the first one has to wait.
  private let mostWindowsAnnounced: Int
  /// The windows after which nothing more is to be read, counted over all epochs.
  private let end: Int
  private var pacing = LoadPacing()
  /// Which window was the last to be required, and where and when it was for the first time.
  private var latest: (epoch: Int, window: Int, position: Int, time: UInt64)?

  /// What a stream has to know.
  public struct Plan: Sendable {
    /// In what order rows are taken: by blocks, or none at all.
    public var shuffle: Shuffle
    /// The sizes of blocks and windows.
    public var shape: BlockShape
    /// The seed of the order.
    public var seed: UInt64
    /// The most rows that are wanted at a time.
    public var batchSize: Int
    /// The epochs after which nothing is read ahead.
    public var epochs: Int
    /// The bytes that windows, and what is ``spent``, may take.
    public var budget: Int
    /// The bytes that validation rows and readers take.
    public var spent = 0
    /// The bytes that are left for windows, if any.
    var windowBudget: Int { budget - spent }
    /// The bytes that chunks may take which are kept decoded, within what the budget leaves: more than a little only where chunks
    /// have rows of many windows.
    public var mostKept = Int.max
    /// How many threads read.
    public var threads: Int
    /// Whether rows are to be read past the system's cache, where that is possible.
    public var pastCache: Bool

    /// The windows that a minibatch of `count` rows may touch. Those with the last block of the data may lack nearly a block.
    func windowsAtOnce(_ count: Int) -> Int {
      let order = BlockOrder(
        count: count, shape: shape, seed: seed, epoch: 0, shuffled: shuffle != .none)
      guard batchSize > 1, order.windows > 1 else { return 1 }
      let most = (batchSize - 2 + order.shape.blockRows - 1) / order.leastWindowRows + 2
      return min(order.windows, most)
    }

    /// The bytes of the windows that a minibatch of `count` rows of `rowBytes` each may touch: no stream does with less.
    public func leastBytes(_ count: Int, rowBytes: Int) -> Double {
      Double(windowsAtOnce(count)) * Double(shape.windowRows) * Double(rowBytes)
    }

    /// A plan; see the properties. Nothing is ``spent``, and all that is left may be ``mostKept``.
    public init(
      shuffle: Shuffle, shape: BlockShape, seed: UInt64, batchSize: Int, epochs: Int, budget: Int,
      threads: Int, pastCache: Bool = false
    ) {
      self.shuffle = shuffle
      self.shape = shape
      self.seed = seed
      self.batchSize = batchSize
      self.epochs = epochs
      self.budget = budget
      self.threads = threads
      self.pastCache = pastCache
    }
  }

  /// A stream of the rows of `source`, whose classes are below `outputs` if it has any.
  ///
  /// - Throws: ``LockstepError`` of kind `memory` if the budget does not hold the windows that a minibatch may touch, of kind
  ///   `configuration` if the order needs all rows at hand.
  public init(_ source: any RowSource<Element>, outputs: Int, plan: Plan, variant: KernelVariant? = .current)
    throws(LockstepError)
  {
    guard plan.shuffle != .full else {
      throw LockstepError(
        .configuration, "--shuffle", "full needs all rows in memory, and they are more than the budget holds",
        remedy: "Choose --shuffle blocks or a larger --memory-budget.")
    }
    self.outputs = outputs
    count = source.count
    shape = plan.shape
    seed = plan.seed
    shuffled = plan.shuffle != .none
    self.variant = variant
    let order = BlockOrder(
      count: source.count, shape: plan.shape, seed: plan.seed, epoch: 0, shuffled: shuffled)
    windowsPerEpoch = order.windows
    let (all, overflow) = plan.epochs.multipliedReportingOverflow(by: windowsPerEpoch)
    end = overflow ? .max : all
    let slots = try Self.slots(source, plan)
    let windowBytes = max(1, plan.shape.windowRows * source.rowBytes)
    let left = plan.windowBudget - slots * windowBytes
    let stagedBytes = min(Self.mostStaged, left)
    let groupBytes = windowBytes * order.shape.blockParts
    // A group's blocks leave when all its windows have come, and those of the next one should be there by then.
    announcesGroups = !plan.pastCache || Double(stagedBytes) >= 2.25 * Double(groupBytes)
    let staged =
      plan.pastCache
      ? source.staged(
        rowsAtOnce: announcesGroups ? order.shape.blockRows : order.shape.partRows, bytes: stagedBytes) : nil
    // Chunks of which one window has all rows that any has are not wanted again.
    let areShared = order.shape.partRows % max(1, source.preferredRows) != 0
    let keptBytes = min(left, max(Self.mostStaged, plan.mostKept))
    let keeping = staged == nil && areShared ? source.keepingChunks(bytes: keptBytes) : nil
    self.source = staged ?? keeping ?? source
    isPastCache = staged != nil
    roomForChunks = keeping == nil ? 0 : keptBytes
    extraBytes = staged == nil && keeping == nil ? 0 : stagedBytes
    let announcedBytes = staged == nil ? Self.mostAnnounced : Self.mostStaged
    windowsAnnounced = (announcedBytes + windowBytes - 1) / windowBytes
    mostWindowsAnnounced =
      keeping == nil
      ? windowsAnnounced
      : max(windowsAnnounced, min(windowsPerEpoch, Self.mostRangesAnnounced / order.shape.windowBlocks))
    ring = SampleRing(
      slots: slots, windowRows: plan.shape.windowRows, features: source.features,
      targets: source.targets, isWeighted: source.weightName != nil)
    loader = try WindowLoader(
      self.source, ring: ring, classes: outputs, threads: plan.threads,
      announcesInTurn: isPastCache || keeping != nil)
  }

  /// The bytes that the system is told of ahead of the windows.
  private static var mostAnnounced: Int { 64 << 20 }
  /// The most bytes that are read past the cache ahead of the windows: more than the largest window of a usual shape, so that the disk
  /// has work as long as one is trained on. Chunks may be kept decoded in as many, wherever the budget has them.
  private static var mostStaged: Int { 96 << 20 }
  /// The most ranges of rows for which it is known which chunks they will want, if more than a few windows are to be known.
  private static var mostRangesAnnounced: Int { 1 << 16 }
  /// How many more windows the source is told of with each that is loaded, until it knows as many as it is to.
  private static var windowsAnnouncedWithEach: Int { 8 }

  deinit { loader.cancel() }

  /// One window more than a minibatch touches, so that there is always one to be filled; or just these, if there is no room.
  private static func slots(_ source: any RowSource<Element>, _ plan: Plan) throws(LockstepError) -> Int {
    let window = Double(plan.shape.windowRows) * Double(source.rowBytes)
    let least = plan.leastBytes(source.count, rowBytes: source.rowBytes)
    guard least <= Double(plan.windowBudget) else {
      let others = plan.spent > 0 ? "; validation rows and readers take \(plan.spent)" : ""
      throw LockstepError(
        .memory, "--memory-budget", "does not hold the rows that are mixed at a time",
        found: "\(plan.budget) bytes\(others)",
        expected: "at least \(Int(min(least + Double(plan.spent), 1e18)))",
        remedy: "Choose a larger one, or a smaller "
          + (plan.shuffle == .none ? "--batch-size." : "--window-rows or --batch-size."))
    }
    let windows = plan.windowsAtOnce(source.count)
    return least + window <= Double(plan.windowBudget) ? windows + 1 : windows
  }

  /// The bytes of a row in memory.
  public var rowBytes: Int { source.rowBytes }

  /// The bytes of the ring, and those that are on their way to it; not all of ``roomForChunks``, with less of which the stream would
  /// do, too.
  public var bytes: Int {
    ring.slots * ring.windowRows * source.rowBytes + extraBytes
  }

  /// The order of `epoch`, by where its rows come to lie in the ring.
  public func order(_ epoch: Int) -> EpochOrder {
    if let epochOrder, epochOrder.epoch == epoch { return epochOrder.order }
    let order = EpochOrder(
      blockOrder(epoch),
      at: .ring(
        windows: ring.slots, windowRows: ring.windowRows, first: epoch * windowsPerEpoch % ring.slots),
      variant: variant)
    epochOrder = (epoch, order)
    return order
  }

  private func blockOrder(_ epoch: Int) -> BlockOrder {
    if let blockOrder, blockOrder.epoch == epoch { return blockOrder.order }
    let order = BlockOrder(count: count, shape: shape, seed: seed, epoch: epoch, shuffled: shuffled)
    blockOrder = (epoch, order)
    return order
  }

  /// Sees to it that `rows` rows of `epoch` from `position` on are in the ring, and gives up all rows before these.
  ///
  /// - Parameter crew: threads that have nothing else to do meanwhile.
  /// - Returns: the position up to which rows may be used until the next call.
  /// - Throws: ``LockstepError`` if they cannot be read.
  public func require(epoch: Int, from position: Int, rows: Int, crew: any Crew) throws(LockstepError) -> Int
  {
    let order = blockOrder(epoch)
    let (first, last) = (order.window(at: position), order.window(at: position + rows - 1))
    precondition(last - first < ring.slots, "no more rows at a time than planned")
    let base = epoch * windowsPerEpoch
    pace(epoch: epoch, window: last, position: position)
    loadWindows(from: base + first, needed: base + last, crew)
    for window in first...last { try loader.wait(for: (base + window) % ring.slots) }
    // Rows that stretch over windows hold all of these: a step later there is a slot free again.
    return first == last ? order.positions(ofWindow: last).upperBound : position + rows
  }

  /// Takes in how long it took to come from one window to the next.
  private func pace(epoch: Int, window: Int, position: Int) {
    if let latest, latest.epoch == epoch, latest.window == window { return }
    let now = DispatchTime.now().uptimeNanoseconds
    // Between epochs there is more to do than steps.
    if let latest, latest.epoch == epoch, latest.position < position {
      pacing.record(rows: position - latest.position, nanoseconds: Double(now - latest.time))
    }
    latest = (epoch, window, position, now)
  }

  /// Loads the windows that are needed, if those before `first` are given up; and, if that is done ahead, begins to load all others
  /// for which there is room, up to the end of the run.
  private func loadWindows(from first: Int, needed: Int, _ crew: any Crew) {
    let isAhead = pacing.way == .ahead
    let begin = max(next ?? first, first)
    let end = max(isAhead ? min(first + ring.slots, end) : begin, needed + 1)
    let more = (nextAnnounced ?? begin) + Self.windowsAnnouncedWithEach
    announceWindows(from: begin, to: end + max(windowsAnnounced, min(mostWindowsAnnounced, more - end)))
    for window in begin..<max(begin, end) {
      let (epoch, number) = window.quotientAndRemainder(dividingBy: windowsPerEpoch)
      let (rows, slot) = (blockOrder(ofUpcoming: epoch).rows(ofWindow: number), window % ring.slots)
      if isAhead { loader.load(rows, into: slot) } else { loader.load(rows, into: slot, by: crew) }
    }
    next = max(begin, end)
  }

  private func announceWindows(from begin: Int, to end: Int) {
    var window = max(nextAnnounced ?? begin, begin)
    let end = min(end, self.end)
    while window < end {
      let (epoch, number) = window.quotientAndRemainder(dividingBy: windowsPerEpoch)
      let order = blockOrder(ofUpcoming: epoch)
      let last = announcesGroups ? order.windows(ofGroup: order.group(ofWindow: number)).last : nil
      let numbers = number...(last ?? number)
      loader.announce(numbers.flatMap { order.rows(ofWindow: $0) })
      window += numbers.count
    }
    nextAnnounced = window
  }

  private func blockOrder(ofUpcoming epoch: Int) -> BlockOrder {
    if let blockOrder, blockOrder.epoch == epoch { return blockOrder.order }
    return BlockOrder(count: count, shape: shape, seed: seed, epoch: epoch, shuffled: shuffled)
  }
}
