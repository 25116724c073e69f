import CKernels
import Primitives

extension KeyedPermutation {
  /// Writes the indices at the positions from `start` on, those of the subscript, 16 lanes at a time where `variant` can.
  public func copyIndices(
    from start: Int, into indices: UnsafeMutableBufferPointer<Int>, variant: KernelVariant?
  ) {
    precondition(start >= 0 && start + indices.count <= count)
    guard let functions = variant?.functions, let base = indices.baseAddress, width >= 16,
      UInt64(width) * UInt64(height) < 1 << 32
    else {
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
    base.withMemoryRebound(to: Int64.self, capacity: indices.count) { base in
      functions.pointee.permute(&permutation, UInt64(start), base, Int64(indices.count))
    }
  }
}
