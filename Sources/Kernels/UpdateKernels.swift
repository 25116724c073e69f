import Primitives

/// One optimizer step over a slice of the parameters.
///
/// `gradient` holds sums over the batch. In all formulas g stands for `scale` times that plus `decay` times the parameter:
/// `scale` makes the sums means, and `decay` is the strength of an L2 penalty (half the squared parameters times it).
public enum UpdateKernels {
  /// w -= rate * g
  @inlinable public static func gradientDescent<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    scale: Element, decay: Element, rate: Element
  ) {
    assert(parameters.count == gradient.count)
    for index in parameters.indices {
      parameters[index] -= rate * (scale * gradient[index] + decay * parameters[index])
    }
  }

  /// v = momentum * v - rate * g; w += v
  @inlinable public static func momentum<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    velocity: UnsafeMutableBufferPointer<Element>, scale: Element, decay: Element, rate: Element,
    momentum: Element
  ) {
    assert(parameters.count == gradient.count && parameters.count == velocity.count)
    for index in parameters.indices {
      let step = rate * (scale * gradient[index] + decay * parameters[index])
      let v = momentum * velocity[index] - step
      velocity[index] = v
      parameters[index] += v
    }
  }

  /// v = momentum * v - rate * g; w += momentum * v - rate * g
  @inlinable public static func nesterov<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    velocity: UnsafeMutableBufferPointer<Element>, scale: Element, decay: Element, rate: Element,
    momentum: Element
  ) {
    assert(parameters.count == gradient.count && parameters.count == velocity.count)
    for index in parameters.indices {
      let step = rate * (scale * gradient[index] + decay * parameters[index])
      let v = momentum * velocity[index] - step
      velocity[index] = v
      parameters[index] += momentum * v - step
    }
  }

  /// s += g^2; w -= rate * g / (sqrt(s) + epsilon)
  @inlinable public static func adaGrad<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    squares: UnsafeMutableBufferPointer<Element>, scale: Element, decay: Element, rate: Element,
    epsilon: Element
  ) {
    assert(parameters.count == gradient.count && parameters.count == squares.count)
    for index in parameters.indices {
      let g = scale * gradient[index] + decay * parameters[index]
      let s = squares[index] + g * g
      squares[index] = s
      parameters[index] -= rate * g / (s.squareRoot() + epsilon)
    }
  }

  /// s += (g^2 - s)(1 - rho); w -= rate * g / (sqrt(s) + epsilon)
  @inlinable public static func rmsProp<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    squares: UnsafeMutableBufferPointer<Element>, scale: Element, decay: Element, rate: Element,
    oneMinusRho: Element, epsilon: Element
  ) {
    assert(parameters.count == gradient.count && parameters.count == squares.count)
    for index in parameters.indices {
      let g = scale * gradient[index] + decay * parameters[index]
      let s = squares[index] + (g * g - squares[index]) * oneMinusRho
      squares[index] = s
      parameters[index] -= rate * g / (s.squareRoot() + epsilon)
    }
  }

  /// s += (g^2 - s)(1 - rho); p = sqrt(d + epsilon) / sqrt(s + epsilon) * g; d += (p^2 - d)(1 - rho); w -= rate * p
  @inlinable public static func adaDelta<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    squares: UnsafeMutableBufferPointer<Element>, steps: UnsafeMutableBufferPointer<Element>,
    scale: Element, decay: Element, rate: Element, oneMinusRho: Element, epsilon: Element
  ) {
    assert(parameters.count == gradient.count)
    assert(parameters.count == squares.count && parameters.count == steps.count)
    for index in parameters.indices {
      let g = scale * gradient[index] + decay * parameters[index]
      let s = squares[index] + (g * g - squares[index]) * oneMinusRho
      let p = (steps[index] + epsilon).squareRoot() / (s + epsilon).squareRoot() * g
      squares[index] = s
      steps[index] += (p * p - steps[index]) * oneMinusRho
      parameters[index] -= rate * p
    }
  }

  /// m += (g - m)(1 - beta1); v += (g^2 - v)(1 - beta2); w = shrink * w - rate * m / (sqrt(v) * rootScale + epsilon)
  ///
  /// `rate` and `rootScale` carry the corrections of the moments' bias, which are the same for all parameters; `shrink` is
  /// what a decay that does not go through the moments leaves of a parameter.
  @inlinable public static func adam<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    firstMoment: UnsafeMutableBufferPointer<Element>, secondMoment: UnsafeMutableBufferPointer<Element>,
    scale: Element, decay: Element, shrink: Element, rate: Element, rootScale: Element,
    oneMinusBeta1: Element, oneMinusBeta2: Element, epsilon: Element
  ) {
    assert(parameters.count == gradient.count)
    assert(parameters.count == firstMoment.count && parameters.count == secondMoment.count)
    for index in parameters.indices {
      let g = scale * gradient[index] + decay * parameters[index]
      let m = firstMoment[index] + (g - firstMoment[index]) * oneMinusBeta1
      let v = secondMoment[index] + (g * g - secondMoment[index]) * oneMinusBeta2
      firstMoment[index] = m
      secondMoment[index] = v
      parameters[index] =
        shrink * parameters[index] - rate * m / (v.squareRoot() * rootScale + epsilon)
    }
  }
}
