import Datasets
import Primitives

/// In what order the rows are asked to be taken; ``Shuffle`` is what comes of it.
public struct ShuffleChoice: Sendable, Equatable {
  /// The ways.
  public enum Way: String, Sendable, CaseIterable {
    /// Any row may follow any other.
    case full
    /// By blocks and windows, which does not need all rows in memory.
    case blocks
    /// The order of the file.
    case unshuffled = "none"
  }

  /// The way; nil for full where the data are held in memory, and by blocks where they are not.
  public var way: Way?
  /// The rows of a block; nil for the number that goes with the rows' width.
  public var blockRows: Int?
  /// The rows of a window; likewise.
  public var windowRows: Int?

  /// What is asked for; see the properties.
  public init(_ way: Way? = nil, blockRows: Int? = nil, windowRows: Int? = nil) {
    self.way = way
    self.blockRows = blockRows
    self.windowRows = windowRows
  }

  /// The sizes for `count` rows of so many bytes.
  ///
  /// - Throws: ``LockstepError`` of kind `usage` if those asked for do not go together.
  func shape(rowBytes: Int, count: Int) throws(LockstepError) -> BlockShape {
    let standard = BlockShape(rowBytes: rowBytes, count: count)
    guard blockRows != nil || windowRows != nil else { return standard }
    let window = windowRows ?? max(standard.windowRows, blockRows ?? 0)
    let block = blockRows ?? min(standard.partRows, window)
    guard let shape = BlockShape(blockRows: block, windowRows: window) else {
      throw LockstepError(
        .usage, blockRows == nil ? "--window-rows" : "--block-rows",
        "makes no blocks and windows", found: "blocks of \(block) rows in windows of \(window)",
        expected: "a power of two for the block, and for the window a multiple of the block",
        remedy: "Choose other sizes, or leave both out.")
    }
    return shape
  }

  /// What comes of it for `count` rows of so many bytes.
  func shuffle(rowBytes: Int, count: Int, isInMemory: Bool) throws(LockstepError) -> Shuffle {
    switch way ?? (isInMemory ? .full : .blocks) {
    case .full: .full
    case .unshuffled: .none
    case .blocks: .blocks(try shape(rowBytes: rowBytes, count: count))
    }
  }
}
