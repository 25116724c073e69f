import Primitives

/// AdaDelta: M. Zeiler, "ADADELTA: an adaptive learning rate method", 2012, algorithm 1:
/// s = rho s + (1 - rho) g^2, p = sqrt(d + epsilon) / sqrt(s + epsilon) g, d = rho d + (1 - rho) p^2, w -= learningRate p.
///
/// The paper has no learning rate, which is the default of 1. g is the gradient plus `weightDecay` w. Defaults: PyTorch's
/// (the paper tries several rho, most often 0.95).
public struct AdaDelta: Sendable, Equatable {
  /// The size of the steps.
  public var learningRate: Double
  /// The decay of the means of squared gradients and of squared steps, in [0, 1).
  public var rho: Double
  /// What the first steps are made of, and what keeps the division finite.
  public var epsilon: Double
  /// The strength of an L2 penalty.
  public var weightDecay: Double

  /// AdaDelta; see the properties.
  public init(
    learningRate: Double = 1, rho: Double = 0.9, epsilon: Double = 1e-6, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.rho = rho
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  @inlinable func prepare<Element: Scalar>(scale: Double, learningRate: Double) -> PreparedStep<Element> {
    .adaDelta(
      scale: Element(scale), decay: Element(weightDecay), rate: Element(learningRate),
      oneMinusRho: Element(1 - rho), epsilon: Element(epsilon))
  }
}
