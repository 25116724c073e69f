/// In what order an epoch takes the rows. Part of the recipe: another order gives other numbers.
public enum Shuffle: Sendable, Equatable {
  /// That of the file.
  case none
  /// Any row may follow any other; who reads them needs all of them at hand.
  case full
  /// Blocks of consecutive rows in random order, and rows in random order within windows of many blocks: two windows at
  /// hand are enough.
  case blocks(BlockShape)
}

/// The sizes of a shuffle by blocks.
///
/// They are functions of the rows' width alone, or given by name: never of memory, threads or how a file is stored, so that
/// none of these has a say in the order.
public struct BlockShape: Sendable, Equatable {
  /// The rows of a block: a power of two.
  public let blockRows: Int
  /// The blocks of a window.
  public let windowBlocks: Int

  /// A shape, or nil if it is none.
  public init?(blockRows: Int, windowBlocks: Int) {
    guard blockRows > 0, blockRows & (blockRows - 1) == 0, blockRows <= Self.mostRows, windowBlocks > 0,
      windowBlocks <= Self.mostRows / blockRows
    else { return nil }
    self.blockRows = blockRows
    self.windowBlocks = windowBlocks
  }

  /// The shape for rows of so many bytes, features and targets together, as they are trained on: windows of the largest power
  /// of two of rows that is at most 262,144 and takes at most 64 MiB, of 64 blocks.
  ///
  /// Windows as large fit almost anywhere two at a time, and blocks as large are read at the speed of a disk. With 16 blocks in a
  /// window, a network trained on a file sorted by its target ended with 10 percent more loss than by a full shuffle, with 32
  /// with 4, with 64 with 1.
  public init(rowBytes: Int) {
    var rows = 1 << 18
    while rows > 1, rows > (64 << 20) / max(rowBytes, 1) { rows /= 2 }
    windowBlocks = min(64, rows)
    blockRows = rows / windowBlocks
  }

  /// The rows of a window.
  public var windowRows: Int { blockRows * windowBlocks }

  private static let mostRows = 1 << 40
}
