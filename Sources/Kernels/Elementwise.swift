import CKernels
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

  /// The position of the first element that is NaN or infinite, or nil; by the loops of `variant` or plain ones.
  @inlinable public static func firstNonFinite<Element: Scalar>(
    _ values: UnsafeBufferPointer<Element>, variant: KernelVariant? = .current
  ) -> Int? {
    guard let table = variant?.functions.pointee, let base = values.baseAddress else {
      return values.firstIndex { !$0.isFinite }
    }
    let raw = UnsafeRawPointer(base)
    let count = Int64(values.count)
    let position =
      switch Element.precision {
      case .float32: table.first_non_finite_f32(raw.assumingMemoryBound(to: Float.self), count)
      case .float64: table.first_non_finite_f64(raw.assumingMemoryBound(to: Double.self), count)
      }
    return position < 0 ? nil : Int(position)
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

extension Elementwise {
  /// The first element that is no probability, if there is one.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public static func firstOutsideUnitInterval<Element: Scalar>(_ values: UnsafeBufferPointer<Element>)
    -> Element?
  {
    values.first { !($0 >= 0 && $0 <= 1) }
  }

  /// The position of the first element that is negative or not finite, or nil.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public static func firstNotAWeight<Element: Scalar>(_ values: UnsafeBufferPointer<Element>) -> Int? {
    values.firstIndex { !($0 >= 0 && $0.isFinite) }
  }
}
