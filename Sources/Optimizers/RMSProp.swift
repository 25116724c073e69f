import Primitives

/// RMSProp: T. Tieleman, G. Hinton, "Neural networks for machine learning", lecture 6.5, 2012:
/// s = rho s + (1 - rho) g^2, w -= learningRate g / (sqrt(s) + epsilon).
///
/// `epsilon` is outside the root, as in PyTorch; Keras has it inside. g is the gradient plus `weightDecay` w. Defaults:
/// PyTorch's (the lecture and Keras have a rho of 0.9).
public struct RMSProp: Sendable, Equatable {
  /// The size of the steps.
  public var learningRate: Double
  /// The decay of the mean of squared gradients, in [0, 1).
  public var rho: Double
  /// What keeps the division finite.
  public var epsilon: Double
  /// The strength of an L2 penalty.
  public var weightDecay: Double

  /// RMSProp; see the properties.
  public init(
    learningRate: Double = 0.01, rho: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.rho = rho
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  @inlinable func prepare<Element: Scalar>(scale: Double, learningRate: Double) -> PreparedStep<Element> {
    .rmsProp(
      scale: Element(scale), decay: Element(weightDecay), rate: Element(learningRate),
      oneMinusRho: Element(1 - rho), epsilon: Element(epsilon))
  }
}
