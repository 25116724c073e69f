import CKernels
import Primitives

/// The inner loops that a step uses: those of a variant in C, or the plain ones in Swift that specify them.
///
/// A plain value: using it counts no references.
public struct FastKernels<Element: Scalar>: BitwiseCopyable, Sendable {
  /// Nil stands for the plain loops.
  public let variant: KernelVariant?

  /// The loops of `variant`, or the plain ones.
  public init(_ variant: KernelVariant?) { self.variant = variant }

  /// destination += source; see ``Elementwise``.
  @inlinable public func add(
    _ source: UnsafeBufferPointer<Element>, to destination: UnsafeMutableBufferPointer<Element>
  ) {
    guard let table = variant?.functions.pointee, let s = source.baseAddress, let d = destination.baseAddress
    else { return Elementwise.add(source, to: destination) }
    precondition(source.count == destination.count)
    let count = Int64(source.count)
    switch Element.precision {
    case .float32: table.add_f32(float(s), float(d), count)
    case .float64: table.add_f64(double(s), double(d), count)
    }
  }

  /// The sum of squares; see ``Elementwise``. Equal to it bit for bit.
  @inlinable public func sumOfSquares(_ values: UnsafeBufferPointer<Element>) -> Double {
    guard let table = variant?.functions.pointee, let v = values.baseAddress else {
      return Elementwise.sumOfSquares(values)
    }
    let count = Int64(values.count)
    return switch Element.precision {
    case .float32: table.squares_f32(float(v), count)
    case .float64: table.squares_f64(double(v), count)
    }
  }

  // `Element` is `Float` or `Double`, as its precision says: these only tell the compiler.
  @inlinable func float(_ pointer: UnsafePointer<Element>) -> UnsafePointer<Float> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Float.self)
  }
  @inlinable func float(_ pointer: UnsafeMutablePointer<Element>) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self)
  }
  @inlinable func double(_ pointer: UnsafePointer<Element>) -> UnsafePointer<Double> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Double.self)
  }
  @inlinable func double(_ pointer: UnsafeMutablePointer<Element>) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Double.self)
  }
}
