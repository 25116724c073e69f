import CKernels
import Primitives

/// The inner loops that a step uses: those of a variant in C, or the plain ones in Swift that specify them.
///
/// A plain value: using it counts no references.
public struct FastKernels<Element: Scalar>: BitwiseCopyable, Sendable {
  /// Nil stands for the plain loops.
  @usableFromInline let variant: KernelVariant?

  /// The loops of `variant`, or the plain ones.
  public init(_ variant: KernelVariant?) { self.variant = variant }

  /// destination += source; see ``Elementwise``.
  @inlinable public func add(
    _ source: UnsafeBufferPointer<Element>, to destination: UnsafeMutableBufferPointer<Element>
  ) {
    guard let table = variant?.functions.pointee, let s = source.baseAddress, let d = destination.baseAddress
    else { return Elementwise.add(source, to: destination) }
    precondition(source.count == destination.count)
    let count = Int64(source.count)
    switch Element.precision {
    case .float32: table.add_f32(float(s), float(d), count)
    case .float64: table.add_f64(double(s), double(d), count)
    }
  }

  /// A step of gradient descent; see ``UpdateKernels``. Equal to it bit for bit.
  @inlinable public func gradientDescent(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    scale: Element, rate: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress, let g = gradient.baseAddress
    else {
      return UpdateKernels.gradientDescent(
        parameters: parameters, gradient: gradient, scale: scale, rate: rate)
    }
    precondition(parameters.count == gradient.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32: table.descend_f32(float(w), float(g), count, Float(scale), Float(rate))
    case .float64: table.descend_f64(double(w), double(g), count, Double(scale), Double(rate))
    }
  }

  /// A step with momentum; see ``UpdateKernels``. Equal to it bit for bit.
  @inlinable public func momentum(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    velocity: UnsafeMutableBufferPointer<Element>, scale: Element, rate: Element, momentum: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress,
      let g = gradient.baseAddress,
      let v = velocity.baseAddress
    else {
      return UpdateKernels.momentum(
        parameters: parameters, gradient: gradient, velocity: velocity, scale: scale, rate: rate,
        momentum: momentum)
    }
    precondition(parameters.count == gradient.count && parameters.count == velocity.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.momentum_f32(
        float(w), float(g), float(v), count, Float(scale), Float(rate), Float(momentum))
    case .float64:
      table.momentum_f64(
        double(w), double(g), double(v), count, Double(scale), Double(rate), Double(momentum))
    }
  }

  /// A step of Adam; see ``UpdateKernels``. Equal to it bit for bit.
  @inlinable public func adam(
    parameters: UnsafeMutableBufferPointer<Element>, gradient: UnsafeBufferPointer<Element>,
    firstMoment: UnsafeMutableBufferPointer<Element>, secondMoment: UnsafeMutableBufferPointer<Element>,
    scale: Element, rate: Element, rootScale: Element, oneMinusBeta1: Element, oneMinusBeta2: Element,
    epsilon: Element
  ) {
    guard let table = variant?.functions.pointee, let w = parameters.baseAddress,
      let g = gradient.baseAddress,
      let m = firstMoment.baseAddress, let v = secondMoment.baseAddress
    else {
      return UpdateKernels.adam(
        parameters: parameters, gradient: gradient, firstMoment: firstMoment,
        secondMoment: secondMoment, scale: scale, rate: rate, rootScale: rootScale,
        oneMinusBeta1: oneMinusBeta1, oneMinusBeta2: oneMinusBeta2, epsilon: epsilon)
    }
    precondition(parameters.count == gradient.count)
    precondition(parameters.count == firstMoment.count && parameters.count == secondMoment.count)
    let count = Int64(parameters.count)
    switch Element.precision {
    case .float32:
      table.adam_f32(
        float(w), float(g), float(m), float(v), count, Float(scale), Float(rate), Float(rootScale),
        Float(oneMinusBeta1), Float(oneMinusBeta2), Float(epsilon))
    case .float64:
      table.adam_f64(
        double(w), double(g), double(m), double(v), count, Double(scale), Double(rate),
        Double(rootScale), Double(oneMinusBeta1), Double(oneMinusBeta2), Double(epsilon))
    }
  }

  // `Element` is `Float` or `Double`, as its precision says: these only tell the compiler.
  @inlinable func float(_ pointer: UnsafePointer<Element>) -> UnsafePointer<Float> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Float.self)
  }
  @inlinable func float(_ pointer: UnsafeMutablePointer<Element>) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self)
  }
  @inlinable func double(_ pointer: UnsafePointer<Element>) -> UnsafePointer<Double> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Double.self)
  }
  @inlinable func double(_ pointer: UnsafeMutablePointer<Element>) -> UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Double.self)
  }
}
