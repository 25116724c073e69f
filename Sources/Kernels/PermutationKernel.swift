import CKernels
import Primitives

extension KeyedPermutation {
  /// Writes the indices at the positions from `start` on, those of the subscript, 16 lanes at a time where `variant` can.
  public func copyIndices(
    from start: Int, into indices: UnsafeMutableBufferPointer<Int>, variant: KernelVariant?
  ) {
    copyIndices(from: start, into: indices, offsets: nil, variant: variant)
  }

  /// Whether compiled loops can do it.
  fileprivate var isVectorized: Bool { width >= 16 && UInt64(width) * UInt64(height) < 1 << 32 }

  fileprivate func copyIndices(
    from start: Int, into indices: UnsafeMutableBufferPointer<Int>, offsets: UnsafePointer<UInt32>?,
    variant: KernelVariant?
  ) {
    precondition(start >= 0 && start + indices.count <= count)
    guard let functions = variant?.functions, let base = indices.baseAddress, isVectorized else {
      for index in indices.indices { indices[index] = self[start + index] }
      return
    }
    var permutation = ck_permutation()
    permutation.count = UInt64(count)
    permutation.height = height
    permutation.width = width
    permutation.keys = (
      keys[0], keys[1], keys[2], keys[3], keys[4], keys[5], keys[6], keys[7]
    )
    permutation.offsets = offsets
    base.withMemoryRebound(to: Int64.self, capacity: indices.count) { base in
      functions.pointee.permute(&permutation, UInt64(start), base, Int64(indices.count))
    }
  }
}

/// A permutation all of whose indices will be asked for: what its first round adds is worked out ahead, once a column instead of
/// once a cell.
public final class PreparedPermutation: Sendable {
  /// What looks indices up, without counting references: valid as long as this object.
  public let view: View
  private let offsets: AlignedBuffer<UInt32>?

  /// The lanes of a vector of cells: the columns that may follow the last one in a row of cells.
  private static var lanes: Int { 16 }
  /// The fewest columns that are worth it.
  private static var leastColumns: Int { 32 }

  /// `permutation`, with the loops of `variant` or plain ones.
  ///
  /// - Complexity: the square root of the permutation's count.
  public init(_ permutation: KeyedPermutation, variant: KernelVariant?) {
    let columns = Int(permutation.width)
    if variant != nil, permutation.isVectorized, columns >= Self.leastColumns {
      let offsets = AlignedBuffer<UInt32>(repeating: 0, count: columns + Self.lanes)
      for index in 0..<offsets.count {
        offsets.elements[index] = permutation.firstOffset(column: UInt32(index % columns))
      }
      self.offsets = offsets
    } else {
      offsets = nil
    }
    view = View(permutation: permutation, offsets: offsets?.elements.baseAddress, variant: variant)
  }

  /// See ``PreparedPermutation/view``.
  public struct View: BitwiseCopyable, @unchecked Sendable {
    // Sendable: the offsets are only read.
    private let permutation: KeyedPermutation
    private let offsets: UnsafeMutablePointer<UInt32>?
    private let variant: KernelVariant?

    fileprivate init(
      permutation: KeyedPermutation, offsets: UnsafeMutablePointer<UInt32>?, variant: KernelVariant?
    ) {
      self.permutation = permutation
      self.offsets = offsets
      self.variant = variant
    }

    /// Writes the indices at the positions from `start` on.
    public func copyIndices(from start: Int, into indices: UnsafeMutableBufferPointer<Int>) {
      permutation.copyIndices(
        from: start, into: indices, offsets: UnsafePointer(offsets), variant: variant)
    }
  }
}
