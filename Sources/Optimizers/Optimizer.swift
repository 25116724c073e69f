import Kernels
import Primitives

/// A rule that turns gradients into steps. It sees flat vectors and its own state, never a model.
///
/// The state is `slots` vectors as long as the parameters, laid one after the other and zero at the start, and the number
/// of the step; nothing else is remembered between steps.
public enum Optimizer: Sendable, Equatable {
  /// Gradient descent, with momentum if that is not zero.
  case sgd(SGD)
  /// Adaptive moments.
  case adam(Adam)

  /// The number of state vectors.
  public var slots: Int {
    switch self {
    case .sgd(let sgd): sgd.momentum == 0 ? 0 : 1
    case .adam: 2
    }
  }

  /// The size of the steps.
  public var learningRate: Double {
    switch self {
    case .sgd(let sgd): sgd.learningRate
    case .adam(let adam): adam.learningRate
    }
  }

  /// The name in options and files.
  public var name: String {
    switch self {
    case .sgd: "sgd"
    case .adam: "adam"
    }
  }

  /// The factors of step `step`, the first being 1, of a gradient that is to be multiplied by `scale`.
  ///
  /// The factors are the same for all parameters: they are worked out once a step, in double precision.
  @inlinable public func prepare<Element: Scalar>(step: Int, scale: Double) -> PreparedStep<Element> {
    switch self {
    case .sgd(let sgd) where sgd.momentum == 0:
      .gradientDescent(scale: Element(scale), rate: Element(sgd.learningRate))
    case .sgd(let sgd):
      .momentum(
        scale: Element(scale), rate: Element(sgd.learningRate), momentum: Element(sgd.momentum))
    case .adam(let adam): adam.prepare(step: step, scale: scale)
    }
  }
}

/// Stochastic gradient descent: w -= learningRate g.
///
/// With momentum, v = momentum v - learningRate g and w += v, as Keras has it (B. Polyak, "Some methods of speeding up
/// the convergence of iteration methods", 1964).
public struct SGD: Sendable, Equatable {
  /// The size of the steps.
  public var learningRate: Double
  /// The part of the last step that is kept, in [0, 1).
  public var momentum: Double

  /// Gradient descent; see the properties.
  public init(learningRate: Double = 0.01, momentum: Double = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
  }
}

/// Adam: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
///
/// `epsilon` is added to the root of the corrected second moment, as in the paper and in PyTorch.
public struct Adam: Sendable, Equatable {
  /// The size of the steps.
  public var learningRate: Double
  /// The decay of the mean of gradients.
  public var beta1: Double
  /// The decay of the mean of squared gradients.
  public var beta2: Double
  /// What keeps the division finite.
  public var epsilon: Double

  /// Adam; see the properties.
  public init(
    learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  @inlinable func prepare<Element: Scalar>(step: Int, scale: Double) -> PreparedStep<Element> {
    let correction1 = 1 - Self.power(beta1, step)
    let correction2 = 1 - Self.power(beta2, step)
    return .adam(
      scale: Element(scale), rate: Element(learningRate / correction1),
      rootScale: Element(1 / correction2.squareRoot()), oneMinusBeta1: Element(1 - beta1),
      oneMinusBeta2: Element(1 - beta2), epsilon: Element(epsilon))
  }

  /// base to the power `exponent` by repeated squaring: the same bits with any C library.
  @inlinable static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}
