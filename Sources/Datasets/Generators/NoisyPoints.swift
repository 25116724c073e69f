import Primitives

/// Points of the plane on curves, plus normal noise on both coordinates: the features of some classification problems.
struct NoisyPoints {
  /// The standard deviation of the noise.
  let noise: Double
  let seed: UInt64

  /// The rows made at a time: their points are kept in double precision on the stack until the noise is added.
  private static var tile: Int { 256 }

  /// Sets the features of the rows from `start` on; `point` is asked for the place of each of them, counted from 0, with a
  /// number that is uniform in [0, 1).
  @inline(__always) func fill<Element: Scalar>(
    from start: Int, rows: Int, x: UnsafeMutableBufferPointer<Element>,
    _ point: (Int, Double) -> (Double, Double)
  ) {
    precondition(x.count == 2 * rows)
    let positions = RowStream(seed: seed, purpose: .features, width: 1)
    let noises = RowStream(seed: seed, purpose: .noise, width: 2)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * Self.tile) { points in
      for first in stride(from: 0, to: rows, by: Self.tile) {
        let count = min(Self.tile, rows - first)
        positions.forEachUniform(from: start + first, rows: count) { row, position in
          (points[2 &* row], points[2 &* row &+ 1]) = point(first &+ row, position)
        }
        if noise == 0 {
          for place in 0..<2 * count { x[2 &* first &+ place] = Element(points[place]) }
        } else {
          noises.forEachNormal(from: start + first, rows: count) { place, normal in
            x[2 &* first &+ place] = Element(points[place] + noise * normal)
          }
        }
      }
    }
  }
}
