import Primitives

/// The sums of losses over rows, and their derivatives. `B` rows, `K` outputs; nothing is divided by `B` or `K`.
///
/// Where there are weights, one a row, the loss of each row and its derivatives are multiplied by the row's.
public enum LossKernels {
  /// Sum of (a - t)^2; `gradient` receives the derivative by the outputs `a`, 2 (a - t).
  @inlinable public static func squaredError<Element: Scalar>(
    outputs: Matrix<Element>, targets: Matrix<Element>, weights: UnsafeBufferPointer<Element>? = nil,
    gradient: MutableMatrix<Element>
  ) -> Element {
    sum(outputs, targets, weights, gradient) { error in (error * error, error + error) }
  }

  /// Sum of (a - t)^2 / 2; `gradient` receives the derivative by the outputs `a`, a - t.
  @inlinable public static func halfSquaredError<Element: Scalar>(
    outputs: Matrix<Element>, targets: Matrix<Element>, weights: UnsafeBufferPointer<Element>? = nil,
    gradient: MutableMatrix<Element>
  ) -> Element {
    sum(outputs, targets, weights, gradient) { error in (error / 2 * error, error) }
  }

  /// Sum of |a - t|; `gradient` receives the derivative by the outputs `a`: the sign of a - t, zero where they are equal.
  @inlinable public static func absoluteError<Element: Scalar>(
    outputs: Matrix<Element>, targets: Matrix<Element>, weights: UnsafeBufferPointer<Element>? = nil,
    gradient: MutableMatrix<Element>
  ) -> Element {
    sum(outputs, targets, weights, gradient) { error in (abs(error), error > 0 ? 1 : error < 0 ? -1 : error) }
  }

  /// Sum of Huber's loss; `gradient` receives the derivative by the outputs `a`: a - t, cut off at `delta` on either side.
  @inlinable public static func huber<Element: Scalar>(
    delta: Element, outputs: Matrix<Element>, targets: Matrix<Element>,
    weights: UnsafeBufferPointer<Element>? = nil, gradient: MutableMatrix<Element>
  ) -> Element {
    sum(outputs, targets, weights, gradient) { error in
      // One formula for both branches: near (error - near / 2).
      let near = error > delta ? delta : error < -delta ? -delta : error
      return (near * (error - near / 2), near)
    }
  }

  /// Sum of what `term` gives first for each error a - t; `gradient` receives what it gives second.
  @inlinable static func sum<Element: Scalar>(
    _ outputs: Matrix<Element>, _ targets: Matrix<Element>, _ weights: UnsafeBufferPointer<Element>?,
    _ gradient: MutableMatrix<Element>,
    _ term: (_ error: Element) -> (loss: Element, slope: Element)
  ) -> Element {
    var total: Element = 0
    let (a, t, g) = (outputs.elements, targets.elements, gradient.elements)
    for index in g.indices {
      let (loss, slope) = term(a[index] - t[index])
      let weight = weights?[index / gradient.columns] ?? 1
      total += weight * loss
      g[index] = weight * slope
    }
    return total
  }

  /// Sum of the binary cross-entropy of sigmoid(z) against targets in [0, 1], from the weighted sums `z`.
  ///
  /// `outputs` holds z and is replaced by sigmoid(z); `gradient` receives the derivative by z, sigmoid(z) - t. From
  /// z, the loss max(z, 0) - z t + log(1 + e^-|z|) is exact where sigmoid(z) has long rounded to 0 or 1.
  @inlinable public static func binaryCrossEntropy<Element: Scalar>(
    outputs: MutableMatrix<Element>, targets: Matrix<Element>,
    weights: UnsafeBufferPointer<Element>? = nil, gradient: MutableMatrix<Element>
  ) -> Element {
    var total: Element = 0
    let (a, t, g) = (outputs.elements, targets.elements, gradient.elements)
    for index in g.indices {
      let z = a[index]
      let positive = z < 0 ? 0 : z
      let weight = weights?[index / gradient.columns] ?? 1
      total += weight * (positive - z * t[index] + Element.log1p(Element.exp(-abs(z))))
      a[index] = Activation.sigmoid(z)
      g[index] = weight * (a[index] - t[index])
    }
    return total
  }

  /// Sum of -log(softmax(z)[label]) over the rows.
  ///
  /// `outputs` holds the logits z and is replaced by softmax(z); `gradient` receives the derivative by z, softmax(z)
  /// less one at the label.
  @inlinable public static func crossEntropy<Element: Scalar>(
    outputs: MutableMatrix<Element>, labels: UnsafeBufferPointer<Int32>,
    weights: UnsafeBufferPointer<Element>? = nil, gradient: MutableMatrix<Element>
  ) -> Element {
    assert(labels.count == outputs.rows)
    var total: Element = 0
    for row in 0..<outputs.rows {
      let logits = outputs.row(row)
      let slopes = gradient.row(row)
      let label = Int(labels[row])
      let logit = logits[label]
      // In this order: a logarithm added to a large logit first would lose its digits.
      let (largest, logSum) = Activation.softmax(logits)
      let weight = weights?[row] ?? 1
      total += weight * (logSum + (largest - logit))
      for index in slopes.indices { slopes[index] = logits[index] }
      slopes[label] -= 1
      for index in slopes.indices { slopes[index] *= weight }
    }
    return total
  }
}
