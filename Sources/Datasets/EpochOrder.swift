import Kernels
import Primitives

/// The order in which an epoch takes the rows: a pure function of (seed, epoch), at any position in constant time.
public struct EpochOrder: Sendable {
  /// The number of rows.
  public let count: Int
  /// Nil for the order of the file.
  private let permutation: KeyedPermutation?
  private let variant: KernelVariant?

  /// The order of `epoch`, which counts from 0; that of the file if `shuffled` is false.
  public init(count: Int, seed: UInt64, epoch: Int, shuffled: Bool, variant: KernelVariant? = .current) {
    self.count = count
    self.variant = variant
    permutation =
      shuffled
      ? KeyedPermutation(
        count: count,
        random: CounterRandom(
          seed: seed, purpose: .epochOrder, stream: UInt32(truncatingIfNeeded: epoch)))
      : nil
  }

  /// Writes the rows at the positions from `start` on into `rows`.
  public func copyRows(from start: Int, into rows: UnsafeMutableBufferPointer<Int>) {
    precondition(start >= 0 && start + rows.count <= count)
    if let permutation {
      permutation.copyIndices(from: start, into: rows, variant: variant)
    } else {
      for index in rows.indices { rows[index] = start &+ index }
    }
  }
}
