import Primitives

/// The order in which an epoch takes the rows: a pure function of (seed, epoch), at any position in constant time.
public struct EpochOrder: Sendable {
  /// The number of rows.
  public let count: Int
  /// Nil for the order of the file.
  @usableFromInline let permutation: KeyedPermutation?

  /// The order of `epoch`, which counts from 0; that of the file if `shuffled` is false.
  public init(count: Int, seed: UInt64, epoch: Int, shuffled: Bool) {
    self.count = count
    permutation =
      shuffled
      ? KeyedPermutation(
        count: count,
        random: CounterRandom(
          seed: seed, purpose: .epochOrder, stream: UInt32(truncatingIfNeeded: epoch)))
      : nil
  }

  /// Writes the rows at the positions from `start` on into `rows`.
  @inlinable public func copyRows(from start: Int, into rows: UnsafeMutableBufferPointer<Int>) {
    precondition(start >= 0 && start + rows.count <= count)
    if let permutation {
      for index in rows.indices { rows[index] = permutation[start &+ index] }
    } else {
      for index in rows.indices { rows[index] = start &+ index }
    }
  }
}
