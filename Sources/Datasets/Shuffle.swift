/// In what order an epoch takes the rows. Part of the recipe: another order gives other numbers.
public enum Shuffle: Sendable, Equatable {
  /// That of the file.
  case none
  /// Any row may follow any other; who reads them needs all of them at hand.
  case full
  /// Blocks of consecutive rows in random order, and rows in random order within windows of many blocks: two windows at
  /// hand are enough.
  case blocks(BlockShape)

  /// The rows that the next one may be any of, of `count` rows.
  public func mixedRows(of count: Int) -> Int {
    switch self {
    case .none: 1
    case .full: count
    case .blocks(let shape): min(shape.windowRows, count)
    }
  }
}

/// The sizes of a shuffle by blocks.
///
/// Blocks are what is read at a time, windows what is mixed at a time. A window has rows of many blocks, or a file that is sorted by
/// something would be mixed badly; where so many blocks have more rows than are to be mixed at a time, each is dealt out, in equal
/// parts, to several windows that follow each other.
///
/// They are functions of the number and the width of the rows alone, or given by name: never of memory, threads or how a file is
/// stored, so that none of these has a say in the order.
public struct BlockShape: Sendable, Equatable {
  /// The rows of a block: a power of two.
  public let blockRows: Int
  /// The blocks of which a window has rows; more than ``blockParts`` if that is not one, so that all windows have rows.
  public let windowBlocks: Int
  /// The windows that a block is dealt out to: a power of two, at most ``blockRows``.
  public let blockParts: Int

  /// A shape, or nil if it is none.
  public init?(blockRows: Int, windowBlocks: Int, blockParts: Int = 1) {
    guard Self.isPowerOfTwo(blockRows), Self.isPowerOfTwo(blockParts), blockRows <= Self.mostRows,
      windowBlocks > 0, windowBlocks <= Self.mostRows / blockRows, blockParts <= blockRows,
      blockParts == 1 || blockParts < windowBlocks
    else { return nil }
    self.init(valid: blockRows, windowBlocks, blockParts)
  }

  private init(valid blockRows: Int, _ windowBlocks: Int, _ blockParts: Int) {
    (self.blockRows, self.windowBlocks, self.blockParts) = (blockRows, windowBlocks, blockParts)
  }

  private static func isPowerOfTwo(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }

  /// The shape for `count` rows of so many bytes, features and targets together, as they are trained on: windows of the largest power
  /// of two of rows that is at most 262,144 and takes at most 64 MiB, with rows of 64 blocks. Of narrow rows, blocks are dealt out to
  /// up to eight windows, as long as 64 blocks take at most 32 MiB and there are as many: disks need reads of some hundred kilobytes
  /// to be fast.
  ///
  /// Windows as large fit almost anywhere two at a time. With 16 blocks in a window, a network trained on a file sorted by its target
  /// ended with 10 percent more loss than by a full shuffle, with 32 with 4, with 64 with 1; dealing blocks out added nothing to that.
  public init(rowBytes: Int, count: Int) {
    var rows = 1 << 18
    while rows > 1, rows > (64 << 20) / max(rowBytes, 1) { rows /= 2 }
    let blocks = min(Self.standardBlocks, rows)
    var parts = 1
    while parts < 8, 2 * parts < blocks, 2 * parts * rows <= (32 << 20) / max(rowBytes, 1),
      2 * parts * rows <= count
    {
      parts *= 2
    }
    self.init(valid: parts * rows / blocks, blocks, parts)
  }

  /// The shape with blocks and windows of so many rows, or nil if there is none: blocks must be a power of two, windows a multiple of
  /// that. A window has rows of as many blocks as it takes, but of more than 32 unless it is just one block.
  public init?(blockRows: Int, windowRows: Int) {
    guard Self.isPowerOfTwo(blockRows), windowRows > 0, windowRows % blockRows == 0 else { return nil }
    let whole = windowRows / blockRows
    var parts = 1
    while whole > 1, parts < blockRows, 2 * parts * whole <= Self.standardBlocks { parts *= 2 }
    self.init(blockRows: blockRows, windowBlocks: parts * whole, blockParts: parts)
  }

  /// Windows of at most as many rows, of blocks in as few parts as the number of rows allows.
  func fitted(to count: Int) -> BlockShape {
    let blocks = (count + blockRows - 1) / blockRows
    guard blockParts > 1, blocks <= windowBlocks else { return self }
    var parts = 1
    while blocks * (blockRows / parts) > windowRows { parts *= 2 }
    return BlockShape(valid: blockRows, windowBlocks, parts)
  }

  /// Windows of as many rows, of blocks in one part.
  var undivided: BlockShape { BlockShape(valid: partRows, windowBlocks, 1) }

  /// The rows that a window has of a block.
  public var partRows: Int { blockRows / blockParts }

  /// The rows of a window.
  public var windowRows: Int { partRows * windowBlocks }

  /// The blocks of which a window has rows, if nothing else is asked for.
  public static var standardBlocks: Int { 64 }
  private static var mostRows: Int { 1 << 40 }
}
