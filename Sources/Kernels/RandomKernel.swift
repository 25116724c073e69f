import CKernels
import Primitives

extension CounterRandom {
  /// Writes the numbers of `uniforms(_:)` for the blocks from `first` on, two a block, 32 blocks at a time where `variant` can.
  ///
  /// - Precondition: `numbers` has an even count.
  public func copyUniforms(
    from first: UInt64, into numbers: UnsafeMutableBufferPointer<Double>,
    variant: KernelVariant? = .current
  ) {
    precondition(numbers.count % 2 == 0)
    guard let functions = variant?.functions, let base = numbers.baseAddress else {
      for block in 0..<numbers.count / 2 {
        (numbers[2 * block], numbers[2 * block + 1]) = uniforms(first &+ UInt64(block))
      }
      return
    }
    functions.pointee.uniforms(
      seed, purpose.rawValue, stream, first, base, Int64(numbers.count / 2))
  }

  /// Writes the numbers of `normals(_:)` for the blocks from `first` on, two a block.
  ///
  /// - Precondition: `numbers` has an even count.
  public func copyNormals(
    from first: UInt64, into numbers: UnsafeMutableBufferPointer<Double>,
    variant: KernelVariant? = .current
  ) {
    copyUniforms(from: first, into: numbers, variant: variant)
    for block in 0..<numbers.count / 2 {
      (numbers[2 * block], numbers[2 * block + 1]) = Self.normals(
        of: (numbers[2 * block], numbers[2 * block + 1]))
    }
  }
}
