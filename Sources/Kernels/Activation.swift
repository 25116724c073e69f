import Primitives

/// What a layer applies to its weighted sums.
public enum Activation: String, Sendable, BitwiseCopyable, CaseIterable {
  /// z
  case identity
  /// max(z, 0)
  case relu
  /// 1 / (1 + e^-z)
  case sigmoid
  /// The hyperbolic tangent of z.
  case tanh
  /// e^z over its sum along the row: a distribution over classes. For output layers.
  case softmax
}

extension Activation {
  /// Replaces every weighted sum z in `values` by its activation.
  @inlinable public func apply<Element: Scalar>(to values: MutableMatrix<Element>) {
    let elements = values.elements
    switch self {
    case .identity: break
    case .relu:
      // Written so that NaN stays NaN: a diverged layer must not look like an idle one.
      for index in elements.indices { elements[index] = elements[index] < 0 ? 0 : elements[index] }
    case .sigmoid:
      for index in elements.indices { elements[index] = Self.sigmoid(elements[index]) }
    case .tanh:
      for index in elements.indices { elements[index] = Element.tanh(elements[index]) }
    case .softmax:
      for row in 0..<values.rows { Self.softmax(values.row(row)) }
    }
  }

  /// Turns `gradient`, the loss's derivative by this layer's outputs, into its derivative by the weighted sums.
  /// All these derivatives can be told from the `outputs`.
  @inlinable public func backpropagate<Element: Scalar>(
    outputs: Matrix<Element>, gradient: MutableMatrix<Element>
  ) {
    assert(outputs.rows == gradient.rows && outputs.columns == gradient.columns)
    let a = outputs.elements
    let g = gradient.elements
    switch self {
    case .identity: break
    case .relu:
      for index in g.indices { g[index] = a[index] > 0 ? g[index] : 0 }
    case .sigmoid:
      for index in g.indices { g[index] *= a[index] * (1 - a[index]) }
    case .tanh:
      for index in g.indices { g[index] *= 1 - a[index] * a[index] }
    case .softmax:
      for row in 0..<gradient.rows {
        let outputs = outputs.row(row)
        let slopes = gradient.row(row)
        var mean: Element = 0
        for index in slopes.indices { mean += outputs[index] * slopes[index] }
        for index in slopes.indices { slopes[index] = outputs[index] * (slopes[index] - mean) }
      }
    }
  }

  /// The logistic function, by the form that cannot overflow on either side.
  @inlinable public static func sigmoid<Element: Scalar>(_ z: Element) -> Element {
    if z >= 0 { return 1 / (1 + Element.exp(-z)) }
    let e = Element.exp(z)
    return e / (1 + e)
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
