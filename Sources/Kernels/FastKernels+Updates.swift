import CKernels
import Primitives

/// The steps of optimizers, as ``UpdateKernels`` specifies them and equal to it bit for bit.
extension FastKernels {
  /// A step of gradient descent.
  @inlinable public func gradientDescent(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    scale: Element, decay: Element, rate: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress, let g = gradient.baseAddress
    else {
      return UpdateKernels.gradientDescent(
        parameters: parameters, gradient: gradient, scale: scale, decay: decay, rate: rate)
    }
    precondition(parameters.count == gradient.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.descend_f32(
        float(w), float(g), count, Float(scale), Float(decay), Float(rate))
    case .float64:
      table.descend_f64(
        double(w), double(g), count, Double(scale), Double(decay), Double(rate))
    }
  }

  /// A step of gradient descent with momentum.
  @inlinable public func momentum(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    velocity: UnsafeMutableBufferPointer<Element>,
    scale: Element, decay: Element, rate: Element, momentum: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress,
      let g = gradient.baseAddress, let v = velocity.baseAddress
    else {
      return UpdateKernels.momentum(
        parameters: parameters, gradient: gradient, velocity: velocity, scale: scale, decay: decay,
        rate: rate, momentum: momentum)
    }
    precondition(parameters.count == gradient.count && parameters.count == velocity.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.momentum_f32(
        float(w), float(g), float(v), count, Float(scale), Float(decay), Float(rate), Float(momentum))
    case .float64:
      table.momentum_f64(
        double(w), double(g), double(v), count, Double(scale), Double(decay), Double(rate), Double(momentum))
    }
  }

  /// A step of gradient descent with Nesterov's momentum.
  @inlinable public func nesterov(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    velocity: UnsafeMutableBufferPointer<Element>,
    scale: Element, decay: Element, rate: Element, momentum: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress,
      let g = gradient.baseAddress, let v = velocity.baseAddress
    else {
      return UpdateKernels.nesterov(
        parameters: parameters, gradient: gradient, velocity: velocity, scale: scale, decay: decay,
        rate: rate, momentum: momentum)
    }
    precondition(parameters.count == gradient.count && parameters.count == velocity.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.nesterov_f32(
        float(w), float(g), float(v), count, Float(scale), Float(decay), Float(rate), Float(momentum))
    case .float64:
      table.nesterov_f64(
        double(w), double(g), double(v), count, Double(scale), Double(decay), Double(rate), Double(momentum))
    }
  }

  /// A step of AdaGrad.
  @inlinable public func adaGrad(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    squares: UnsafeMutableBufferPointer<Element>,
    scale: Element, decay: Element, rate: Element, epsilon: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress,
      let g = gradient.baseAddress, let s = squares.baseAddress
    else {
      return UpdateKernels.adaGrad(
        parameters: parameters, gradient: gradient, squares: squares, scale: scale, decay: decay, rate: rate,
        epsilon: epsilon)
    }
    precondition(parameters.count == gradient.count && parameters.count == squares.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.adagrad_f32(
        float(w), float(g), float(s), count, Float(scale), Float(decay), Float(rate), Float(epsilon))
    case .float64:
      table.adagrad_f64(
        double(w), double(g), double(s), count, Double(scale), Double(decay), Double(rate), Double(epsilon))
    }
  }

  /// A step of RMSProp.
  @inlinable public func rmsProp(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    squares: UnsafeMutableBufferPointer<Element>,
    scale: Element, decay: Element, rate: Element, oneMinusRho: Element, epsilon: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress,
      let g = gradient.baseAddress, let s = squares.baseAddress
    else {
      return UpdateKernels.rmsProp(
        parameters: parameters, gradient: gradient, squares: squares, scale: scale, decay: decay, rate: rate,
        oneMinusRho: oneMinusRho, epsilon: epsilon)
    }
    precondition(parameters.count == gradient.count && parameters.count == squares.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.rmsprop_f32(
        float(w), float(g), float(s), count, Float(scale), Float(decay), Float(rate), Float(oneMinusRho),
        Float(epsilon))
    case .float64:
      table.rmsprop_f64(
        double(w), double(g), double(s), count, Double(scale), Double(decay), Double(rate),
        Double(oneMinusRho), Double(epsilon))
    }
  }

  /// A step of AdaDelta.
  @inlinable public func adaDelta(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    squares: UnsafeMutableBufferPointer<Element>,
    steps: UnsafeMutableBufferPointer<Element>,
    scale: Element, decay: Element, rate: Element, oneMinusRho: Element, epsilon: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress,
      let g = gradient.baseAddress, let s = squares.baseAddress, let d = steps.baseAddress
    else {
      return UpdateKernels.adaDelta(
        parameters: parameters, gradient: gradient, squares: squares, steps: steps, scale: scale,
        decay: decay, rate: rate, oneMinusRho: oneMinusRho, epsilon: epsilon)
    }
    precondition(parameters.count == gradient.count)
    precondition(parameters.count == squares.count && parameters.count == steps.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.adadelta_f32(
        float(w), float(g), float(s), float(d), count, Float(scale), Float(decay), Float(rate),
        Float(oneMinusRho), Float(epsilon))
    case .float64:
      table.adadelta_f64(
        double(w), double(g), double(s), double(d), count, Double(scale), Double(decay), Double(rate),
        Double(oneMinusRho), Double(epsilon))
    }
  }

  /// A step of Adam.
  @inlinable public func adam(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    firstMoment: UnsafeMutableBufferPointer<Element>,
    secondMoment: UnsafeMutableBufferPointer<Element>,
    scale: Element, decay: Element, shrink: Element, rate: Element, rootScale: Element,
    oneMinusBeta1: Element, oneMinusBeta2: Element, epsilon: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress,
      let g = gradient.baseAddress, let m = firstMoment.baseAddress, let v = secondMoment.baseAddress
    else {
      return UpdateKernels.adam(
        parameters: parameters, gradient: gradient, firstMoment: firstMoment, secondMoment: secondMoment,
        scale: scale, decay: decay, shrink: shrink, rate: rate, rootScale: rootScale,
        oneMinusBeta1: oneMinusBeta1, oneMinusBeta2: oneMinusBeta2, epsilon: epsilon)
    }
    precondition(parameters.count == gradient.count)
    precondition(parameters.count == firstMoment.count && parameters.count == secondMoment.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.adam_f32(
        float(w), float(g), float(m), float(v), count, Float(scale), Float(decay), Float(shrink), Float(rate),
        Float(rootScale), Float(oneMinusBeta1), Float(oneMinusBeta2), Float(epsilon))
    case .float64:
      table.adam_f64(
        double(w), double(g), double(m), double(v), count, Double(scale), Double(decay), Double(shrink),
        Double(rate), Double(rootScale), Double(oneMinusBeta1), Double(oneMinusBeta2), Double(epsilon))
    }
  }
}
