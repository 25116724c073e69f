import Kernels
import Primitives

/// The targets of some rows.
public enum Targets<Element: BitwiseCopyable> {
  /// Numbers, rows by outputs.
  case values(Matrix<Element>)
  /// A class for each row, in 0..<outputs.
  case labels(UnsafeBufferPointer<Int32>)
}

extension Loss {
  /// The sum of the loss over some rows, and its derivative by the last layer's weighted sums.
  ///
  /// - Parameters:
  ///   - sums: the last layer's weighted sums.
  ///   - outputs: receives its activations; the same memory as `sums`, unless the activation needs these.
  ///   - activation: the last layer's activation.
  ///   - targets: of the kind that the loss takes, one entry a row.
  ///   - weights: one a row, if the rows have any: what their losses are multiplied by.
  ///   - gradient: receives the derivative.
  ///   - kernels: the loops to use.
  @inlinable public func evaluate<Element: Scalar>(
    sums: MutableMatrix<Element>, outputs: MutableMatrix<Element>, activation: Activation,
    targets: Targets<Element>, weights: UnsafeBufferPointer<Element>? = nil,
    gradient: MutableMatrix<Element>, kernels: FastKernels<Element>
  ) -> Element {
    precondition(requiredActivation == nil || requiredActivation == activation)
    switch (task, targets) {
    case (.numbers, .values(let targets)):
      kernels.activate(activation, sums: sums.readOnly, outputs: outputs)
      let total = kernels.loss(self, outputs: outputs, targets: targets, weights: weights, gradient: gradient)
      kernels.backpropagate(
        activation, known: activation.needsSums ? sums.readOnly : outputs.readOnly, gradient: gradient)
      return total
    case (.probabilities, .values(let targets)):
      return kernels.loss(self, outputs: outputs, targets: targets, weights: weights, gradient: gradient)
    case (.classes, .labels(let labels)):
      return kernels.crossEntropy(outputs: outputs, labels: labels, weights: weights, gradient: gradient)
    default:
      preconditionFailure("the loss \(name) does not take targets of this kind")
    }
  }
}
