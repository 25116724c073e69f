import Primitives

/// Collecting rows that lie scattered in memory.
public enum Gather {
  /// Copies row `indices[k]` of `source` to row `k` of `destination`.
  @inlinable public static func rows<Element: BitwiseCopyable>(
    of source: UnsafeBufferPointer<Element>, width: Int, indices: UnsafeBufferPointer<Int>,
    to destination: UnsafeMutableBufferPointer<Element>
  ) {
    assert(destination.count == indices.count * width)
    for position in indices.indices {
      let from = indices[position] &* width
      let to = position &* width
      for column in 0..<width { destination[to &+ column] = source[from &+ column] }
    }
  }
}
