import Primitives

/// The order of one epoch that is shuffled by blocks: which rows make up each window, and how they are mixed in it.
///
/// A pure function of (count, shape, seed, epoch), at any window in constant time. The blocks, in random order, make up groups as
/// equal as they can be, of at most as many as a window has rows of. Each group is dealt out to as many windows as a block has parts:
/// each takes one part of each block, which one first being random. The block at the end of the rows, which may be smaller than the
/// others, comes anywhere in the order, and last in its windows, of which the last ones may get nothing of it.
public struct BlockOrder: Sendable {
  /// The number of rows.
  public let count: Int
  /// The sizes, as they go with the number of rows and the order.
  public let shape: BlockShape
  private let seed: UInt64
  private let epoch: UInt32
  /// Of the blocks that are full; nil if they come in the order of the rows.
  private let permutation: KeyedPermutation?
  /// The rows of the block that is not full; 0 if all are.
  private let raggedRows: Int
  /// Its place among the blocks.
  private let raggedPlace: Int

  /// The order of `epoch`, which counts from 0; windows of the file's order if not `shuffled`.
  public init(count: Int, shape: BlockShape, seed: UInt64, epoch: Int, shuffled: Bool = true) {
    precondition(count >= 0)
    self.count = count
    self.shape = shuffled ? shape.fitted(to: count) : shape.undivided
    self.seed = seed
    self.epoch = UInt32(truncatingIfNeeded: epoch)
    let full = count / self.shape.blockRows
    raggedRows = count % self.shape.blockRows
    guard shuffled else {
      permutation = nil
      raggedPlace = full
      return
    }
    let random = CounterRandom(seed: seed, purpose: .blockOrder, stream: self.epoch)
    permutation = KeyedPermutation(count: full, random: random)
    // Far from the blocks of words that are the permutation's keys.
    raggedPlace = min(Int(random.uniforms(.max).0 * Double(full + 1)), full)
  }

  /// The number of blocks.
  public var blocks: Int { count / shape.blockRows + (raggedRows > 0 ? 1 : 0) }

  /// The number of groups of blocks.
  public var groups: Int { (blocks + shape.windowBlocks - 1) / shape.windowBlocks }

  /// The number of windows.
  public var windows: Int { groups * shape.blockParts }

  /// The windows that share the blocks of `group`.
  public func windows(ofGroup group: Int) -> Range<Int> {
    group * shape.blockParts..<(group + 1) * shape.blockParts
  }

  /// The group of `window`.
  public func group(ofWindow window: Int) -> Int { window / shape.blockParts }

  /// The fewest rows of a window without the block that is not full.
  var leastWindowRows: Int { groups == 0 ? 0 : blocks / groups * shape.partRows }

  /// The places of the blocks of `group` among all.
  private func places(ofGroup group: Int) -> Range<Int> {
    start(ofGroup: group)..<start(ofGroup: group + 1)
  }

  private func start(ofGroup group: Int) -> Int {
    guard groups > 0 else { return 0 }
    let (blocks, larger) = blocks.quotientAndRemainder(dividingBy: groups)
    return group * blocks + min(group, larger)
  }

  /// The positions in the epoch's order that `window` takes.
  public func positions(ofWindow window: Int) -> Range<Int> {
    start(ofWindow: window)..<start(ofWindow: window + 1)
  }

  private func start(ofWindow window: Int) -> Int {
    let (group, part) = window.quotientAndRemainder(dividingBy: shape.blockParts)
    let places = places(ofGroup: min(group, groups))
    let before = places.lowerBound * shape.blockRows
    guard raggedRows > 0, raggedPlace < places.upperBound else {
      return before + part * shape.partRows * places.count
    }
    guard places.contains(raggedPlace) else {
      return before - (shape.blockRows - raggedRows) + part * shape.partRows * places.count
    }
    let rows = part * shape.partRows
    return before + rows * (places.count - 1) + min(rows, raggedRows)
  }

  /// The window with the row at `position`.
  public func window(at position: Int) -> Int {
    var (low, high) = (0, windows)
    while high - low > 1 {
      let middle = (low + high) / 2
      if start(ofWindow: middle) <= position { low = middle } else { high = middle }
    }
    return low
  }

  /// The rows of each block that `window` has, in their order; only the last one's may be fewer than those of the others.
  public func rows(ofWindow window: Int) -> [Range<Int>] {
    let (group, part) = window.quotientAndRemainder(dividingBy: shape.blockParts)
    let places = places(ofGroup: group)
    var result: [Range<Int>] = []
    result.reserveCapacity(places.count)
    for place in places where raggedRows == 0 || place != raggedPlace {
      let start = self.part(part, ofBlock: block(at: place))
      result.append(start..<start + shape.partRows)
    }
    if raggedRows > 0, places.contains(raggedPlace) {
      let start = count - raggedRows + part * shape.partRows
      if start < count { result.append(start..<min(start + shape.partRows, count)) }
    }
    return result
  }

  /// The full block at `place`, which is not that of the other one.
  private func block(at place: Int) -> Int {
    let index = raggedRows > 0 && place > raggedPlace ? place - 1 : place
    return permutation.map { $0[index] } ?? index
  }

  /// The first row of what the group's window `part` has of a full block.
  private func part(_ part: Int, ofBlock block: Int) -> Int {
    guard shape.blockParts > 1 else { return block * shape.blockRows }
    let random = CounterRandom(seed: seed, purpose: .partOrder, stream: epoch)
    let first = Int(random.block(UInt64(block))[0])
    return block * shape.blockRows + (first + part) % shape.blockParts * shape.partRows
  }

  /// How the rows of `window`, laid one block after the other, are mixed; nil if they are not.
  public func mixing(ofWindow window: Int) -> KeyedPermutation? {
    guard permutation != nil else { return nil }
    return KeyedPermutation(
      count: positions(ofWindow: window).count,
      random: CounterRandom(seed: seed, purpose: .windowOrder, stream: epoch), index: UInt64(window))
  }
}
