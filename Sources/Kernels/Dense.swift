import Primitives

/// The products of a dense layer. `B` rows, `I` inputs, `O` outputs; every matrix is row-major.
///
/// These loops are the specification: which products are added in which order. Kernels that are faster are
/// measured and tested against them.
public enum Dense {
  /// output[B, O] = input[B, I] . kernel[I, O] + bias[O]; each sum starts with the bias and runs up `I`.
  @inlinable public static func forward<Element: Scalar>(
    input: Matrix<Element>, kernel: Matrix<Element>, bias: UnsafeBufferPointer<Element>,
    output: MutableMatrix<Element>
  ) {
    assert(input.columns == kernel.rows && kernel.columns == output.columns)
    assert(bias.count == output.columns && input.rows == output.rows)
    for row in 0..<output.rows {
      let result = output.row(row)
      for column in 0..<result.count { result[column] = bias[column] }
      for inner in 0..<input.columns {
        let factor = input[row, inner]
        let weights = kernel.row(inner)
        for column in 0..<result.count { result[column] += factor * weights[column] }
      }
    }
  }

  /// kernelGradient[I, O] += input[B, I]^T . delta[B, O] and biasGradient[O] += sum of delta over `B`; row by row.
  @inlinable public static func accumulateGradient<Element: Scalar>(
    input: Matrix<Element>, delta: Matrix<Element>, kernelGradient: MutableMatrix<Element>,
    biasGradient: UnsafeMutableBufferPointer<Element>
  ) {
    assert(input.rows == delta.rows && kernelGradient.rows == input.columns)
    assert(kernelGradient.columns == delta.columns && biasGradient.count == delta.columns)
    for row in 0..<delta.rows {
      let error = delta.row(row)
      for inner in 0..<input.columns {
        let factor = input[row, inner]
        let gradient = kernelGradient.row(inner)
        for column in 0..<error.count { gradient[column] += factor * error[column] }
      }
      for column in 0..<error.count { biasGradient[column] += error[column] }
    }
  }

  /// inputGradient[B, I] = delta[B, O] . kernel[I, O]^T; each sum starts with its first product and runs up `O`.
  @inlinable public static func backward<Element: Scalar>(
    delta: Matrix<Element>, kernel: Matrix<Element>, inputGradient: MutableMatrix<Element>
  ) {
    assert(delta.rows == inputGradient.rows && kernel.rows == inputGradient.columns)
    assert(kernel.columns == delta.columns)
    for row in 0..<delta.rows {
      let error = delta.row(row)
      for inner in 0..<kernel.rows {
        let weights = kernel.row(inner)
        var sum = error[0] * weights[0]
        for column in 1..<error.count { sum += error[column] * weights[column] }
        inputGradient[row, inner] = sum
      }
    }
  }
}
