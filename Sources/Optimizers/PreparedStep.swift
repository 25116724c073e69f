import Kernels
import Primitives

/// One step of an optimizer, ready to be applied to any slice of the parameters by any thread.
///
/// In all cases `scale` makes the sums over the batch the gradient, and `decay` times the parameter is added to it.
public enum PreparedStep<Element: Scalar>: Sendable {
  /// See ``SGD``.
  case gradientDescent(scale: Element, decay: Element, rate: Element)
  /// See ``SGD``.
  case momentum(scale: Element, decay: Element, rate: Element, momentum: Element)
  /// See ``SGD``.
  case nesterov(scale: Element, decay: Element, rate: Element, momentum: Element)
  /// See ``AdaGrad``.
  case adaGrad(scale: Element, decay: Element, rate: Element, epsilon: Element)
  /// See ``RMSProp``.
  case rmsProp(scale: Element, decay: Element, rate: Element, oneMinusRho: Element, epsilon: Element)
  /// See ``AdaDelta``.
  case adaDelta(scale: Element, decay: Element, rate: Element, oneMinusRho: Element, epsilon: Element)
  /// See ``Adam`` and ``AdamW``; `rate` and `rootScale` include the corrections of bias, and `shrink` is what a decay
  /// beside the gradient leaves of a parameter.
  case adam(
    scale: Element, decay: Element, shrink: Element, rate: Element, rootScale: Element,
    oneMinusBeta1: Element, oneMinusBeta2: Element, epsilon: Element)

  /// Applies the step to the parameters in `range`.
  ///
  /// - Parameters:
  ///   - range: the slice, which no other thread touches meanwhile.
  ///   - parameters: all `P` parameters.
  ///   - gradient: sums over the batch, one for each parameter in `range`.
  ///   - state: the optimizer's `slots * P` numbers.
  ///   - kernels: the loops to use; all give the same bits.
  @inlinable public func apply(
    to range: Range<Int>, parameters: UnsafeMutableBufferPointer<Element>,
    gradient: UnsafeBufferPointer<Element>, state: UnsafeMutableBufferPointer<Element>,
    kernels: FastKernels<Element> = FastKernels(.current)
  ) {
    let w = UnsafeMutableBufferPointer(rebasing: parameters[range])
    let g = gradient
    func slot(_ index: Int) -> UnsafeMutableBufferPointer<Element> {
      let start = index * parameters.count
      return UnsafeMutableBufferPointer(
        rebasing: state[start + range.lowerBound..<start + range.upperBound])
    }
    switch self {
    case .gradientDescent(let scale, let decay, let rate):
      kernels.gradientDescent(parameters: w, gradient: g, scale: scale, decay: decay, rate: rate)
    case .momentum(let scale, let decay, let rate, let momentum):
      kernels.momentum(
        parameters: w, gradient: g, velocity: slot(0), scale: scale, decay: decay, rate: rate,
        momentum: momentum)
    case .nesterov(let scale, let decay, let rate, let momentum):
      kernels.nesterov(
        parameters: w, gradient: g, velocity: slot(0), scale: scale, decay: decay, rate: rate,
        momentum: momentum)
    case .adaGrad(let scale, let decay, let rate, let epsilon):
      kernels.adaGrad(
        parameters: w, gradient: g, squares: slot(0), scale: scale, decay: decay, rate: rate,
        epsilon: epsilon)
    case .rmsProp(let scale, let decay, let rate, let oneMinusRho, let epsilon):
      kernels.rmsProp(
        parameters: w, gradient: g, squares: slot(0), scale: scale, decay: decay, rate: rate,
        oneMinusRho: oneMinusRho, epsilon: epsilon)
    case .adaDelta(let scale, let decay, let rate, let oneMinusRho, let epsilon):
      kernels.adaDelta(
        parameters: w, gradient: g, squares: slot(0), steps: slot(1), scale: scale, decay: decay,
        rate: rate, oneMinusRho: oneMinusRho, epsilon: epsilon)
    case .adam(
      let scale, let decay, let shrink, let rate, let rootScale, let oneMinusBeta1, let oneMinusBeta2,
      let epsilon):
      kernels.adam(
        parameters: w, gradient: g, firstMoment: slot(0), secondMoment: slot(1), scale: scale,
        decay: decay, shrink: shrink, rate: rate, rootScale: rootScale, oneMinusBeta1: oneMinusBeta1,
        oneMinusBeta2: oneMinusBeta2, epsilon: epsilon)
    }
  }
}
