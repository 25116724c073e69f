import Primitives

/// Stochastic gradient descent: w -= learningRate g.
///
/// With momentum, v = momentum v - learningRate g and w += v, as Keras has it (B. Polyak, "Some methods of speeding up
/// the convergence of iteration methods", 1964); Nesterov's form looks ahead along the velocity, w += momentum v -
/// learningRate g (I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013,
/// rewritten for the point that is looked ahead to, as in Keras and PyTorch). PyTorch's velocity is -v / learningRate:
/// the steps are the same as long as the learning rate is.
///
/// g is the gradient plus `weightDecay` w. Defaults: Keras's learning rate; PyTorch and Keras agree on the others.
public struct SGD: Sendable, Equatable {
  /// The size of the steps.
  public var learningRate: Double
  /// The part of the last step that is kept, in [0, 1).
  public var momentum: Double
  /// Whether the gradient's step starts from where the momentum leads.
  public var nesterov: Bool
  /// The strength of an L2 penalty.
  public var weightDecay: Double

  /// Gradient descent; see the properties.
  public init(
    learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  @inlinable func prepare<Element: Scalar>(scale: Double, learningRate: Double) -> PreparedStep<Element> {
    let (scale, decay, rate) = (Element(scale), Element(weightDecay), Element(learningRate))
    if momentum == 0 { return .gradientDescent(scale: scale, decay: decay, rate: rate) }
    return nesterov
      ? .nesterov(scale: scale, decay: decay, rate: rate, momentum: Element(momentum))
      : .momentum(scale: scale, decay: decay, rate: rate, momentum: Element(momentum))
  }
}
