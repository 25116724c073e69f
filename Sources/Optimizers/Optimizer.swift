import Kernels
import Primitives

/// A rule that turns gradients into steps. It sees flat vectors and its own state, never a model.
///
/// The state is `slots` vectors as long as the parameters, laid one after the other and zero at the start, and the number
/// of the step; nothing else is remembered between steps.
public enum Optimizer: Sendable, Equatable {
  /// Gradient descent, with momentum if that is not zero.
  case sgd(SGD)
  /// Steps divided by the root of the sum of squared gradients.
  case adaGrad(AdaGrad)
  /// Steps divided by the root of the mean of squared gradients.
  case rmsProp(RMSProp)
  /// Steps in the units of the parameters.
  case adaDelta(AdaDelta)
  /// Adaptive moments.
  case adam(Adam)
  /// Adaptive moments, and a decay of the parameters beside them.
  case adamW(AdamW)

  /// The number of state vectors.
  public var slots: Int {
    switch self {
    case .sgd(let sgd): sgd.momentum == 0 ? 0 : 1
    case .adaGrad, .rmsProp: 1
    case .adaDelta, .adam, .adamW: 2
    }
  }

  /// The size of the steps, before any schedule.
  public var learningRate: Double {
    switch self {
    case .sgd(let rule): rule.learningRate
    case .adaGrad(let rule): rule.learningRate
    case .rmsProp(let rule): rule.learningRate
    case .adaDelta(let rule): rule.learningRate
    case .adam(let rule): rule.learningRate
    case .adamW(let rule): rule.learningRate
    }
  }

  /// The factors of step `step`, the first being 1, of a gradient that is to be multiplied by `scale`.
  ///
  /// The factors are the same for all parameters: they are worked out once a step, in double precision.
  ///
  /// - Parameters:
  ///   - step: the number of the step.
  ///   - scale: what makes the sums over the batch the gradient.
  ///   - learningRate: the size of this step, in place of the rule's own.
  @inlinable public func prepare<Element: Scalar>(step: Int, scale: Double, learningRate: Double)
    -> PreparedStep<Element>
  {
    switch self {
    case .sgd(let rule): rule.prepare(scale: scale, learningRate: learningRate)
    case .adaGrad(let rule): rule.prepare(scale: scale, learningRate: learningRate)
    case .rmsProp(let rule): rule.prepare(scale: scale, learningRate: learningRate)
    case .adaDelta(let rule): rule.prepare(scale: scale, learningRate: learningRate)
    case .adam(let rule): rule.prepare(step: step, scale: scale, learningRate: learningRate)
    case .adamW(let rule): rule.prepare(step: step, scale: scale, learningRate: learningRate)
    }
  }

  /// The factors of step `step` at the rule's own learning rate.
  @inlinable public func prepare<Element: Scalar>(step: Int, scale: Double) -> PreparedStep<Element> {
    prepare(step: step, scale: scale, learningRate: learningRate)
  }
}
