import Kernels
import Primitives

/// The targets of some rows.
public enum Targets<Element: BitwiseCopyable> {
  /// Numbers, rows by outputs.
  case values(Matrix<Element>)
  /// A class for each row, in 0..<outputs.
  case labels(UnsafeBufferPointer<Int32>)
}

/// What training makes small: a mean over the rows of a minibatch.
public enum Loss: String, Sendable, CaseIterable {
  /// The mean over rows and targets of (a - t)^2.
  case meanSquaredError = "mse"
  /// The mean over rows of -log(probability of the row's class); the output layer is softmax.
  case crossEntropy = "cross-entropy"
  /// The mean over rows and targets of -t log a - (1 - t) log(1 - a); the output layer is sigmoid.
  case binaryCrossEntropy = "binary-cross-entropy"

  /// The output activation that this loss is fused with and requires, or nil if it takes any.
  public var requiredActivation: Activation? {
    switch self {
    case .meanSquaredError: nil
    case .crossEntropy: .softmax
    case .binaryCrossEntropy: .sigmoid
    }
  }

  /// What a sum over rows is divided by, besides the number of rows.
  @inlinable public func divisor(outputs: Int) -> Int { self == .crossEntropy ? 1 : outputs }

  /// The sum of the loss over the rows of `outputs`, and its derivative by the last layer's weighted sums.
  ///
  /// - Parameters:
  ///   - outputs: the last layer's weighted sums; replaced by its activations.
  ///   - activation: the last layer's activation.
  ///   - targets: of the kind that the loss takes, one entry a row.
  ///   - gradient: receives the derivative.
  @inlinable public func evaluate<Element: Scalar>(
    outputs: MutableMatrix<Element>, activation: Activation, targets: Targets<Element>,
    gradient: MutableMatrix<Element>
  ) -> Element {
    switch (self, targets) {
    case (.meanSquaredError, .values(let targets)):
      activation.apply(to: outputs)
      let total = LossKernels.squaredError(
        outputs: outputs.readOnly, targets: targets, gradient: gradient)
      activation.backpropagate(outputs: outputs.readOnly, gradient: gradient)
      return total
    case (.binaryCrossEntropy, .values(let targets)):
      return LossKernels.binaryCrossEntropy(outputs: outputs, targets: targets, gradient: gradient)
    case (.crossEntropy, .labels(let labels)):
      return LossKernels.crossEntropy(outputs: outputs, labels: labels, gradient: gradient)
    default:
      preconditionFailure("the loss \(rawValue) does not take targets of this kind")
    }
  }
}
