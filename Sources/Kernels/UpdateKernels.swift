import Primitives

/// One optimizer step over a slice of the parameters. `gradient` holds sums over the batch; `scale` makes them means.
public enum UpdateKernels {
  /// w -= rate * scale * g
  @inlinable public static func gradientDescent<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    scale: Element, rate: Element
  ) {
    assert(parameters.count == gradient.count)
    for index in parameters.indices {
      parameters[index] -= rate * (scale * gradient[index])
    }
  }

  /// v = momentum * v - rate * scale * g; w += v
  @inlinable public static func momentum<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    velocity: UnsafeMutableBufferPointer<Element>, scale: Element, rate: Element, momentum: Element
  ) {
    assert(parameters.count == gradient.count && parameters.count == velocity.count)
    for index in parameters.indices {
      let v = momentum * velocity[index] - rate * (scale * gradient[index])
      velocity[index] = v
      parameters[index] += v
    }
  }

  /// m += (g - m)(1 - beta1); v += (g^2 - v)(1 - beta2); w -= rate * m / (sqrt(v) * rootScale + epsilon), with g scaled.
  ///
  /// `rate` and `rootScale` carry the corrections of the moments' bias, which are the same for all parameters.
  @inlinable public static func adam<Element: Scalar>(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    firstMoment: UnsafeMutableBufferPointer<Element>, secondMoment: UnsafeMutableBufferPointer<Element>,
    scale: Element, rate: Element, rootScale: Element, oneMinusBeta1: Element, oneMinusBeta2: Element,
    epsilon: Element
  ) {
    assert(parameters.count == gradient.count)
    assert(parameters.count == firstMoment.count && parameters.count == secondMoment.count)
    for index in parameters.indices {
      let g = scale * gradient[index]
      let m = firstMoment[index] + (g - firstMoment[index]) * oneMinusBeta1
      let v = secondMoment[index] + (g * g - secondMoment[index]) * oneMinusBeta2
      firstMoment[index] = m
      secondMoment[index] = v
      parameters[index] -= rate * m / (v.squareRoot() * rootScale + epsilon)
    }
  }
}
