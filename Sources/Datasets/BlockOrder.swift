import Primitives

/// The order of one epoch that is shuffled by blocks: which rows make up each window, and how they are mixed in it.
///
/// A pure function of (count, shape, seed, epoch), at any window in constant time. The block at the end of the rows, which may
/// be smaller than the others, comes anywhere in the order, and last in its window.
public struct BlockOrder: Sendable {
  /// The number of rows.
  public let count: Int
  /// The sizes.
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
    self.shape = shape
    self.seed = seed
    self.epoch = UInt32(truncatingIfNeeded: epoch)
    let full = count / shape.blockRows
    raggedRows = count % shape.blockRows
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

  /// The number of windows.
  public var windows: Int { (blocks + shape.windowBlocks - 1) / shape.windowBlocks }

  /// The positions in the epoch's order that `window` takes.
  public func positions(ofWindow window: Int) -> Range<Int> {
    start(ofWindow: window)..<start(ofWindow: window + 1)
  }

  private func start(ofWindow window: Int) -> Int {
    let blocks = min(window * shape.windowBlocks, self.blocks)
    let missing = raggedRows > 0 && raggedPlace < blocks ? shape.blockRows - raggedRows : 0
    return blocks * shape.blockRows - missing
  }

  /// The window with the row at `position`.
  public func window(at position: Int) -> Int {
    // A block that is not full shifts all that follows by less than a block.
    let window = position / shape.windowRows
    return position < start(ofWindow: window + 1) ? window : window + 1
  }

  /// The rows of each block of `window`, in their order; only the last one may be smaller than the others.
  public func rows(ofWindow window: Int) -> [Range<Int>] {
    let places = window * shape.windowBlocks..<min((window + 1) * shape.windowBlocks, blocks)
    var result: [Range<Int>] = []
    result.reserveCapacity(places.count)
    for place in places where raggedRows == 0 || place != raggedPlace {
      let index = raggedRows > 0 && place > raggedPlace ? place - 1 : place
      let block = permutation.map { $0[index] } ?? index
      result.append(block * shape.blockRows..<(block + 1) * shape.blockRows)
    }
    if raggedRows > 0, places.contains(raggedPlace) { result.append(count - raggedRows..<count) }
    return result
  }

  /// How the rows of `window`, laid one block after the other, are mixed; nil if they are not.
  public func mixing(ofWindow window: Int) -> KeyedPermutation? {
    guard permutation != nil else { return nil }
    return KeyedPermutation(
      count: positions(ofWindow: window).count,
      random: CounterRandom(seed: seed, purpose: .windowOrder, stream: epoch), index: UInt64(window))
  }
}
