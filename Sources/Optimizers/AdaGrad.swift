import Primitives

/// AdaGrad: J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic
/// optimization", JMLR 12, 2011, with a diagonal matrix: s += g^2, w -= learningRate g / (sqrt(s) + epsilon).
///
/// `epsilon` is outside the root and the sums start at zero, as in the paper and in PyTorch; Keras has it inside and starts
/// at 0.1. g is the gradient plus `weightDecay` w. Defaults: PyTorch's.
public struct AdaGrad: Sendable, Equatable {
  /// The size of the steps.
  public var learningRate: Double
  /// What keeps the division finite.
  public var epsilon: Double
  /// The strength of an L2 penalty.
  public var weightDecay: Double

  /// AdaGrad; see the properties.
  public init(learningRate: Double = 0.01, epsilon: Double = 1e-10, weightDecay: Double = 0) {
    self.learningRate = learningRate
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  @inlinable func prepare<Element: Scalar>(scale: Double, learningRate: Double) -> PreparedStep<Element> {
    .adaGrad(
      scale: Element(scale), decay: Element(weightDecay), rate: Element(learningRate),
      epsilon: Element(epsilon))
  }
}
