import Primitives

/// What the moments of Adam are divided by, which start at zero and so are too small at first.
public enum BiasCorrection: String, Sendable, CaseIterable {
  /// 1 - beta^t at step t, as in the paper: the moments are then means of the gradients so far.
  case stepwise
  /// 1 - beta at every step, as for the first one: in the long run the steps of `stepwise` times sqrt(1 - beta2) /
  /// (1 - beta1), which is 0.32 by default.
  case fixed

  /// The divisor of a moment of decay `beta` at step `step`, the first being 1.
  @inlinable func divisor(_ beta: Double, step: Int) -> Double {
    guard self == .stepwise else { return 1 - beta }
    // Below exp(-40), which is less than half of the last bit of one, the power changes nothing.
    return (1 - beta) * Double(step) > 40 ? 1 : 1 - Self.power(beta, step)
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

/// Adam: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1:
/// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w -= learningRate m' / (sqrt(v') + epsilon), where m' and
/// v' are m and v over the divisors of ``BiasCorrection``.
///
/// `epsilon` is added to the root of the corrected second moment, as in the paper and in PyTorch; Keras adds it to that of
/// the uncorrected one. g is the gradient plus `weightDecay` w, as in PyTorch. Defaults: the paper's and PyTorch's.
public struct Adam: Sendable, Equatable {
  /// The size of the steps.
  public var learningRate: Double
  /// The decay of the mean of gradients, in [0, 1).
  public var beta1: Double
  /// The decay of the mean of squared gradients, in [0, 1).
  public var beta2: Double
  /// What keeps the division finite.
  public var epsilon: Double
  /// The strength of an L2 penalty.
  public var weightDecay: Double
  /// What the moments are divided by.
  public var biasCorrection: BiasCorrection

  /// Adam; see the properties.
  public init(
    learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, biasCorrection: BiasCorrection = .stepwise
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.biasCorrection = biasCorrection
  }

  @inlinable func prepare<Element: Scalar>(step: Int, scale: Double, learningRate: Double)
    -> PreparedStep<Element>
  {
    prepare(step: step, scale: scale, learningRate: learningRate, decay: weightDecay, shrink: 1)
  }

  /// A step that adds `decay` w to the gradient and, apart from that, multiplies w by `shrink`.
  @inlinable func prepare<Element: Scalar>(
    step: Int, scale: Double, learningRate: Double, decay: Double, shrink: Double
  ) -> PreparedStep<Element> {
    let correction1 = biasCorrection.divisor(beta1, step: step)
    let correction2 = biasCorrection.divisor(beta2, step: step)
    return .adam(
      scale: Element(scale), decay: Element(decay), shrink: Element(shrink),
      rate: Element(learningRate / correction1), rootScale: Element(1 / correction2.squareRoot()),
      oneMinusBeta1: Element(1 - beta1), oneMinusBeta2: Element(1 - beta2), epsilon: Element(epsilon))
  }
}

/// AdamW: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2: the step of ``Adam``
/// for the gradient alone, from a w that is first multiplied by 1 - learningRate weightDecay.
///
/// As in PyTorch and Keras, the decay goes with the learning rate; in the paper, with the schedule's part of it alone.
/// Defaults: PyTorch's.
public struct AdamW: Sendable, Equatable {
  /// The size of the steps.
  public var learningRate: Double
  /// The decay of the mean of gradients, in [0, 1).
  public var beta1: Double
  /// The decay of the mean of squared gradients, in [0, 1).
  public var beta2: Double
  /// What keeps the division finite.
  public var epsilon: Double
  /// The part of a parameter that a learning rate of 1 would take away in a step.
  public var weightDecay: Double
  /// What the moments are divided by.
  public var biasCorrection: BiasCorrection

  /// AdamW; see the properties.
  public init(
    learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, biasCorrection: BiasCorrection = .stepwise
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.biasCorrection = biasCorrection
  }

  @inlinable func prepare<Element: Scalar>(step: Int, scale: Double, learningRate: Double)
    -> PreparedStep<Element>
  {
    Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, biasCorrection: biasCorrection).prepare(
      step: step, scale: scale, learningRate: learningRate, decay: 0,
      shrink: 1 - learningRate * weightDecay)
  }
}
