import CKernels
import Primitives

/// Fused multiply-adds and nothing else, on numbers that stay in registers: what the CPU can do at most, for products of
/// matrices to be compared with.
public final class MultiplyAdds<Element: Scalar> {
  private let variant: KernelVariant
  /// Independent of each other, so that no multiply-add waits for the one before it.
  let values: AlignedBuffer<Element>

  /// The loop of `variant`.
  public init(_ variant: KernelVariant) {
    self.variant = variant
    let count = Int(variant.functions.pointee.independent_bytes) / MemoryLayout<Element>.stride
    // Different numbers: equal ones would be computed once by a compiler that sees it.
    values = AlignedBuffer((0..<count).map { Element($0) }, filler: 0)
  }

  /// Replaces each number by half of it plus one, `rounds` times over.
  ///
  /// - Returns: the multiply-adds made.
  public func run(rounds: Int) -> Int {
    guard let base = UnsafeMutableRawPointer(values.elements.baseAddress) else { return 0 }
    switch Element.precision {
    case .float32:
      variant.functions.pointee.multiply_adds_f32(Int64(rounds), base.assumingMemoryBound(to: Float.self))
    case .float64:
      variant.functions.pointee.multiply_adds_f64(Int64(rounds), base.assumingMemoryBound(to: Double.self))
    }
    return rounds * values.count
  }
}
