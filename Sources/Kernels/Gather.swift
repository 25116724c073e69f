import CKernels
import Primitives

/// Collecting rows that lie scattered in memory.
public enum Gather {
  /// Copies row `indices[k]` of `source` to row k of `destination`, with the loops of `variant` or plain ones.
  @inlinable public static func rows<Element: BitwiseCopyable>(
    of source: UnsafeBufferPointer<Element>, width: Int, indices: UnsafeBufferPointer<Int>,
    to destination: UnsafeMutableBufferPointer<Element>, variant: KernelVariant?
  ) {
    precondition(destination.count == indices.count * width)
    if let variant, let from = source.baseAddress, let to = destination.baseAddress,
      let rows = indices.baseAddress
    {
      let bytes = Int64(width &* MemoryLayout<Element>.stride)
      rows.withMemoryRebound(to: Int64.self, capacity: indices.count) {
        variant.functions.pointee.gather(from, bytes, $0, Int64(indices.count), to)
      }
      return
    }
    for position in indices.indices {
      let from = indices[position] &* width
      let to = position &* width
      for column in 0..<width { destination[to &+ column] = source[from &+ column] }
    }
  }
}
