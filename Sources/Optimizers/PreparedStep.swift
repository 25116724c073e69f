import Kernels
import Primitives

/// One step of an optimizer, ready to be applied to any slice of the parameters by any thread.
public enum PreparedStep<Element: Scalar>: Sendable {
  /// See ``SGD``.
  case gradientDescent(scale: Element, rate: Element)
  /// See ``SGD``.
  case momentum(scale: Element, rate: Element, momentum: Element)
  /// See ``Adam``; `rate` and `rootScale` include the corrections of bias.
  case adam(
    scale: Element, rate: Element, rootScale: Element, oneMinusBeta1: Element,
    oneMinusBeta2: Element, epsilon: Element)

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
    switch self {
    case .gradientDescent(let scale, let rate):
      kernels.gradientDescent(parameters: w, gradient: g, scale: scale, rate: rate)
    case .momentum(let scale, let rate, let momentum):
      kernels.momentum(
        parameters: w, gradient: g, velocity: UnsafeMutableBufferPointer(rebasing: state[range]),
        scale: scale, rate: rate, momentum: momentum)
    case .adam(let scale, let rate, let rootScale, let oneMinusBeta1, let oneMinusBeta2, let epsilon):
      let second = range.lowerBound + parameters.count..<range.upperBound + parameters.count
      kernels.adam(
        parameters: w, gradient: g, firstMoment: UnsafeMutableBufferPointer(rebasing: state[range]),
        secondMoment: UnsafeMutableBufferPointer(rebasing: state[second]), scale: scale, rate: rate,
        rootScale: rootScale, oneMinusBeta1: oneMinusBeta1, oneMinusBeta2: oneMinusBeta2,
        epsilon: epsilon)
    }
  }
}
