import CKernels
import Primitives

/// The products of dense layers: those of a variant in C, or the plain ones of ``Dense`` that specify them.
///
/// Each result is one sum in the order of ``Dense``, by fused multiply-adds, so its bits do not depend on the variant or on
/// how the work is tiled. One thread at a time may use an object: it owns its scratch memory.
public final class DenseKernels<Element: Scalar>: Sendable {
  @usableFromInline let variant: KernelVariant?
  @usableFromInline let scratch: AlignedBuffer<Element>

  /// Kernels for sums of up to `terms` terms.
  public init(variant: KernelVariant?, terms: Int) {
    self.variant = variant
    scratch = AlignedBuffer(repeating: 0, count: variant == nil ? 0 : ck_product_scratch(Int64(terms)))
  }

  /// output[B, O] = input[B, I] . kernel[I, O] + bias[O]
  @inlinable public func forward(
    input: Matrix<Element>, kernel: Matrix<Element>, bias: UnsafeBufferPointer<Element>,
    output: MutableMatrix<Element>
  ) {
    guard let variant else {
      return Dense.forward(input: input, kernel: kernel, bias: bias, output: output)
    }
    precondition(input.columns == kernel.rows && kernel.columns == output.columns)
    precondition(bias.count == output.columns && input.rows == output.rows)
    multiply(
      variant, terms: input.columns, input.elements, (input.columns, 1), kernel.elements,
      (kernel.columns, 1), start: bias.baseAddress, output)
  }

  /// kernelGradient[I, O] = input[B, I]^T . delta[B, O] and biasGradient[O] = sum of delta over `B`
  @inlinable public func gradient(
    input: Matrix<Element>, delta: Matrix<Element>, kernelGradient: MutableMatrix<Element>,
    biasGradient: UnsafeMutableBufferPointer<Element>
  ) {
    guard let variant else {
      Elementwise.clear(kernelGradient.elements)
      Elementwise.clear(biasGradient)
      return Dense.accumulateGradient(
        input: input, delta: delta, kernelGradient: kernelGradient, biasGradient: biasGradient)
    }
    precondition(input.rows == delta.rows && kernelGradient.rows == input.columns)
    precondition(kernelGradient.columns == delta.columns && biasGradient.count == delta.columns)
    multiply(
      variant, terms: input.rows, input.elements, (1, input.columns), delta.elements,
      (delta.columns, 1), start: nil, kernelGradient)
    Elementwise.clear(biasGradient)
    let fast = FastKernels<Element>(variant)
    for row in 0..<delta.rows { fast.add(delta.row(row), to: biasGradient) }
  }

  /// inputGradient[B, I] = delta[B, O] . kernel[I, O]^T
  @inlinable public func backward(
    delta: Matrix<Element>, kernel: Matrix<Element>, inputGradient: MutableMatrix<Element>
  ) {
    guard let variant else {
      return Dense.backward(delta: delta, kernel: kernel, inputGradient: inputGradient)
    }
    precondition(delta.rows == inputGradient.rows && kernel.rows == inputGradient.columns)
    precondition(kernel.columns == delta.columns)
    multiply(
      variant, terms: delta.columns, delta.elements, (delta.columns, 1), kernel.elements,
      (1, kernel.columns), start: nil, inputGradient)
  }

  /// c = a . b + start, with the strides of rows and columns of a and b.
  @inlinable func multiply(
    _ variant: KernelVariant, terms: Int, _ a: UnsafeBufferPointer<Element>, _ aStrides: (Int, Int),
    _ b: UnsafeBufferPointer<Element>, _ bStrides: (Int, Int), start: UnsafePointer<Element>?,
    _ c: MutableMatrix<Element>
  ) {
    precondition(scratch.count >= ck_product_scratch(Int64(terms)))
    let (m, n, k) = (Int64(c.rows), Int64(c.columns), Int64(terms))
    let (a0, a1, b0, b1) = (Int64(aStrides.0), Int64(aStrides.1), Int64(bStrides.0), Int64(bStrides.1))
    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.elements.baseAddress,
      let scratch = scratch.elements.baseAddress
    else { return }
    switch Element.precision {
    case .float32:
      variant.functions.pointee.product_f32(
        m, n, k, raw(a), a0, a1, raw(b), b0, b1, start.map { raw($0) }, raw(c), raw(scratch))
    case .float64:
      variant.functions.pointee.product_f64(
        m, n, k, raw(a), a0, a1, raw(b), b0, b1, start.map { raw($0) }, raw(c), raw(scratch))
    }
  }

  // `Element` is `Float` or `Double`, as its precision says: these only tell the compiler.
  @inlinable func raw<Number>(_ pointer: UnsafePointer<Element>) -> UnsafePointer<Number> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Number.self)
  }
  @inlinable func raw<Number>(_ pointer: UnsafeMutablePointer<Element>) -> UnsafeMutablePointer<Number> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Number.self)
  }
}
