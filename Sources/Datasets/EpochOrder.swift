import Kernels
import Primitives

/// The order in which an epoch takes the rows: a pure function of (seed, epoch), at any position in constant time.
public struct EpochOrder: Sendable {
  /// The number of rows.
  public let count: Int
  /// What looks rows up, without counting references: valid as long as this order.
  public let view: View
  /// What the view's addresses lead to.
  private let table: (any AnyObject & Sendable)?

  /// The order of `epoch`, which counts from 0.
  public init(count: Int, seed: UInt64, epoch: Int, shuffle: Shuffle, variant: KernelVariant? = .current) {
    switch shuffle {
    case .none: self.init(count: count, table: nil, lookup: .asTheyAre)
    case .full:
      let random = CounterRandom(
        seed: seed, purpose: .epochOrder, stream: UInt32(truncatingIfNeeded: epoch))
      let permutation = PreparedPermutation(
        KeyedPermutation(count: count, random: random), variant: variant)
      self.init(count: count, table: permutation, lookup: .permutation(permutation.view))
    case .blocks(let shape):
      self.init(
        BlockOrder(count: count, shape: shape, seed: seed, epoch: epoch), at: .file, variant: variant)
    }
  }

  /// The order of an epoch whose rows lie at `place`.
  init(_ order: BlockOrder, at place: WindowTable.Place, variant: KernelVariant?) {
    let table = WindowTable(order, at: place, variant: variant)
    self.init(count: order.count, table: table, lookup: .windows(table.view))
  }

  private init(count: Int, table: (any AnyObject & Sendable)?, lookup: Lookup) {
    self.count = count
    self.table = table
    view = View(count: count, lookup: lookup)
  }

  /// Writes the rows at the positions from `start` on into `rows`.
  public func copyRows(from start: Int, into rows: UnsafeMutableBufferPointer<Int>) {
    withExtendedLifetime(table) { view.copyRows(from: start, into: rows) }
  }

  /// See ``EpochOrder/view``.
  public struct View: BitwiseCopyable, Sendable {
    /// The number of rows.
    public let count: Int
    fileprivate let lookup: Lookup

    /// Writes the rows at the positions from `start` on into `rows`.
    public func copyRows(from start: Int, into rows: UnsafeMutableBufferPointer<Int>) {
      precondition(start >= 0 && start + rows.count <= count)
      switch lookup {
      case .asTheyAre: for index in rows.indices { rows[index] = start &+ index }
      case .permutation(let permutation): permutation.copyIndices(from: start, into: rows)
      case .windows(let windows): windows.copyRows(from: start, into: rows)
      }
    }
  }

  fileprivate enum Lookup: BitwiseCopyable, Sendable {
    case asTheyAre
    case permutation(PreparedPermutation.View)
    case windows(WindowTable.View)
  }
}
