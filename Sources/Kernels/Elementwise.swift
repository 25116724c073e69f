import Primitives

/// Loops over flat vectors.
public enum Elementwise {
  /// Sets every element to zero.
  @inlinable public static func clear<Element: Scalar>(_ values: UnsafeMutableBufferPointer<Element>) {
    for index in values.indices { values[index] = 0 }
  }

  /// destination += source
  @inlinable public static func add<Element: Scalar>(
    _ source: UnsafeBufferPointer<Element>, to destination: UnsafeMutableBufferPointer<Element>
  ) {
    assert(source.count == destination.count)
    for index in destination.indices { destination[index] += source[index] }
  }

  /// The position of the first element that is NaN or infinite, or nil.
  @inlinable public static func firstNonFinite<Element: Scalar>(_ values: UnsafeBufferPointer<Element>)
    -> Int?
  {
    // A finite number times zero is zero; a block is looked at closely only if that fails somewhere in it.
    var start = 0
    while start < values.count {
      let end = min(start &+ 4096, values.count)
      var probe: Element = 0
      for index in start..<end { probe += values[index] * 0 }
      // NaN is not equal to zero either.
      if probe != 0 {
        for index in start..<end where !values[index].isFinite { return index }
      }
      start = end
    }
    return nil
  }

  /// The sum of squares, in double precision: number i is added in lane i modulo 16, and the lanes halves first.
  ///
  /// In double precision the squares of `Float`s neither round nor overflow.
  @inlinable public static func sumOfSquares<Element: Scalar>(_ values: UnsafeBufferPointer<Element>)
    -> Double
  {
    var lanes = SIMD16<Double>()
    for index in values.indices {
      let value = Double(values[index])
      lanes[index % 16] += value * value
    }
    let eight = lanes.lowHalf + lanes.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}
