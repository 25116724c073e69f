import Primitives

/// What a layer applies to its weighted sums.
public enum Activation: String, Sendable, BitwiseCopyable, CaseIterable {
  /// z
  case identity
  /// max(z, 0)
  case relu
  /// z, or z / 100 below zero: the slope of PyTorch's `LeakyReLU`. (That of Keras is 0.2 unless told otherwise.)
  case leakyRelu = "leaky-relu"
  /// z, or e^z - 1 below zero.
  case elu
  /// z times the standard normal distribution function of z: the exact form, as PyTorch and Keras have by default, not the one
  /// with tanh. D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016.
  case gelu
  /// z / (1 + e^-z), also called swish.
  case silu
  /// log(1 + e^z)
  case softplus
  /// 1 / (1 + e^-z)
  case sigmoid
  /// The hyperbolic tangent of z.
  case tanh
  /// 0 below zero and 1 from zero on. Its derivative is zero: a network that has it can run, and cannot be trained.
  case step
  /// e^z over its sum along the row: a distribution over classes. For output layers, with the loss cross-entropy.
  case softmax
}

extension Activation {
  /// Whether descent gets anywhere through this activation.
  public var isTrainable: Bool { self != .step }

  /// Whether it is like ReLU: about z above zero and flat far below, so that half of a layer's variance is lost.
  public var isRectifier: Bool {
    switch self {
    case .relu, .leakyRelu, .elu, .gelu, .silu, .softplus: true
    case .identity, .sigmoid, .tanh, .step, .softmax: false
    }
  }

  /// Whether the derivative is told by the weighted sums. That of others is told by the outputs; but gelu and silu fall and
  /// rise, and take most of their values below zero twice.
  @inlinable public var needsSums: Bool { self == .gelu || self == .silu }

  /// The name in Keras 3, or nil if it has none. (Keras's leaky ReLU has the slope 0.2 unless told otherwise.)
  public var kerasName: String? {
    switch self {
    case .identity: "linear"
    case .leakyRelu: "leaky_relu"
    case .step: nil
    case .relu, .elu, .gelu, .silu, .softplus, .sigmoid, .tanh, .softmax: rawValue
    }
  }

  /// The slope of leaky ReLU below zero.
  @inlinable static func leak<Element: Scalar>(_ type: Element.Type = Element.self) -> Element { 0.01 }

  /// Sets `outputs` to the activation of every weighted sum in `sums`, which may be the same memory.
  @inlinable public func apply<Element: Scalar>(
    to sums: Matrix<Element>, outputs: MutableMatrix<Element>
  ) {
    assert(sums.rows == outputs.rows && sums.columns == outputs.columns)
    let z = sums.elements
    let a = outputs.elements
    switch self {
    case .identity: for index in a.indices { a[index] = z[index] }
    case .relu:
      // Written so that NaN stays NaN: a diverged layer must not look like an idle one.
      for index in a.indices { a[index] = z[index] < 0 ? 0 : z[index] }
    case .leakyRelu:
      for index in a.indices { a[index] = z[index] < 0 ? Self.leak() * z[index] : z[index] }
    case .elu: for index in a.indices { a[index] = z[index] < 0 ? Element.expm1(z[index]) : z[index] }
    case .gelu: for index in a.indices { a[index] = z[index] * Self.normal(z[index]) }
    case .silu: for index in a.indices { a[index] = z[index] * Self.sigmoid(z[index]) }
    case .softplus:
      for index in a.indices {
        a[index] = (z[index] < 0 ? 0 : z[index]) + Element.log1p(Element.exp(-abs(z[index])))
      }
    case .sigmoid: for index in a.indices { a[index] = Self.sigmoid(z[index]) }
    case .tanh: for index in a.indices { a[index] = Element.tanh(z[index]) }
    case .step: for index in a.indices { a[index] = z[index] < 0 ? 0 : z[index] >= 0 ? 1 : z[index] }
    case .softmax:
      Activation.identity.apply(to: sums, outputs: outputs)
      for row in 0..<outputs.rows { Self.softmax(outputs.row(row)) }
    }
  }

  /// Turns `gradient`, the loss's derivative by this layer's outputs, into its derivative by the weighted sums.
  ///
  /// - Parameters:
  ///   - known: the layer's outputs, or its weighted sums if ``needsSums``.
  ///   - gradient: as large as `known`.
  /// - Precondition: it is not softmax, which is differentiated together with its loss.
  @inlinable public func backpropagate<Element: Scalar>(
    known: Matrix<Element>, gradient: MutableMatrix<Element>
  ) {
    assert(known.rows == gradient.rows && known.columns == gradient.columns)
    let a = known.elements
    let g = gradient.elements
    switch self {
    case .identity: break
    case .relu: for index in g.indices { g[index] = a[index] > 0 ? g[index] : 0 }
    case .leakyRelu:
      for index in g.indices { g[index] = a[index] > 0 ? g[index] : Self.leak() * g[index] }
    case .elu: for index in g.indices { g[index] = a[index] > 0 ? g[index] : g[index] * (a[index] + 1) }
    case .gelu:
      for index in g.indices {
        let z = a[index]
        let density = Element.exp(-z * z / 2) / (2 * Element.pi).squareRoot()
        g[index] *= Self.normal(z) + z * density
      }
    case .silu:
      for index in g.indices {
        let s = Self.sigmoid(a[index])
        g[index] *= s + a[index] * s * (1 - s)
      }
    case .softplus: for index in g.indices { g[index] *= -Element.expm1(-a[index]) }
    case .sigmoid: for index in g.indices { g[index] *= a[index] * (1 - a[index]) }
    case .tanh: for index in g.indices { g[index] *= 1 - a[index] * a[index] }
    case .step: for index in g.indices { g[index] = 0 }
    case .softmax: preconditionFailure("softmax is differentiated together with its loss")
    }
  }

  /// The logistic function, by the form that cannot overflow on either side.
  @inlinable public static func sigmoid<Element: Scalar>(_ z: Element) -> Element {
    if z >= 0 { return 1 / (1 + Element.exp(-z)) }
    let e = Element.exp(z)
    return e / (1 + e)
  }

  /// The distribution function of the standard normal distribution.
  @inlinable static func normal<Element: Scalar>(_ z: Element) -> Element {
    Element.erfc(-z * Element(0.5).squareRoot()) / 2
  }

  /// Replaces the logits z of one row by their softmax, and returns the largest of them and log(sum of e^(z - largest)),
  /// for the loss.
  @inlinable @discardableResult public static func softmax<Element: Scalar>(
    _ row: UnsafeMutableBufferPointer<Element>
  ) -> (largest: Element, logSum: Element) {
    var largest = row[0]
    for index in row.indices where row[index] > largest { largest = row[index] }
    var sum: Element = 0
    for index in row.indices {
      row[index] = Element.exp(row[index] - largest)
      sum += row[index]
    }
    let scale = 1 / sum
    for index in row.indices { row[index] *= scale }
    return (largest, Element.log(sum))
  }
}
