/// What training makes small: a mean over the `B` rows of a minibatch. `a` are the network's `K` outputs, `t` the targets.
public enum Loss: Sendable, Equatable {
  /// "mse": the sum of (a - t)^2 over B K.
  case meanSquaredError
  /// "half-mse": the sum of (a - t)^2 / 2 over B. Its derivative by an output is the error itself, over B.
  case halfSquaredError
  /// "mae": the sum of |a - t| over B K.
  case meanAbsoluteError
  /// "huber": the sum over B K of (a - t)^2 / 2 where |a - t| is at most `delta`, and of delta (|a - t| - delta / 2)
  /// elsewhere. P. Huber, "Robust estimation of a location parameter", 1964.
  case huber(delta: Double = 1)
  /// "cross-entropy": the sum of -log(probability of the row's class) over B. The output layer is softmax.
  case crossEntropy
  /// "binary-cross-entropy": the sum of -t log a - (1 - t) log(1 - a) over B K. The output layer is sigmoid.
  case binaryCrossEntropy
}

extension Loss {
  /// What a network learns to tell.
  public enum Task: Sendable {
    /// Numbers, by how far off they are.
    case numbers
    /// A class for each row.
    case classes
    /// Probabilities, independent of each other.
    case probabilities
  }

  /// All losses, with the default parameters.
  public static let all: [Loss] = [
    .meanSquaredError, .halfSquaredError, .meanAbsoluteError, .huber(), .crossEntropy, .binaryCrossEntropy,
  ]

  /// The loss of this name, with the default parameters.
  public init?(name: String) {
    guard let loss = Loss.all.first(where: { $0.name == name }) else { return nil }
    self = loss
  }

  /// The name on the command line and in checkpoints.
  public var name: String {
    switch self {
    case .meanSquaredError: "mse"
    case .halfSquaredError: "half-mse"
    case .meanAbsoluteError: "mae"
    case .huber: "huber"
    case .crossEntropy: "cross-entropy"
    case .binaryCrossEntropy: "binary-cross-entropy"
    }
  }

  /// What it teaches.
  public var task: Task {
    switch self {
    case .meanSquaredError, .halfSquaredError, .meanAbsoluteError, .huber: .numbers
    case .crossEntropy: .classes
    case .binaryCrossEntropy: .probabilities
    }
  }

  /// Huber's delta; nil for other losses.
  public var huberDelta: Double? {
    if case .huber(let delta) = self { return delta }
    return nil
  }

  /// The output activation that this loss is fused with and requires, or nil if it takes any but softmax.
  @inlinable public var requiredActivation: Activation? {
    switch self {
    case .crossEntropy: .softmax
    case .binaryCrossEntropy: .sigmoid
    case .meanSquaredError, .halfSquaredError, .meanAbsoluteError, .huber: nil
    }
  }

  /// What a sum over rows is divided by, besides the number of rows.
  @inlinable public func divisor(outputs: Int) -> Int {
    self == .crossEntropy || self == .halfSquaredError ? 1 : outputs
  }
}
