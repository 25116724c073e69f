import CKernels
import Primitives

extension Loss {
  /// The number of this loss in C.
  @usableFromInline var code: Int32 {
    switch self {
    case .meanSquaredError: Int32(ck_squared_error)
    case .halfSquaredError: Int32(ck_half_squared_error)
    case .meanAbsoluteError: Int32(ck_absolute_error)
    case .huber: Int32(ck_huber)
    case .binaryCrossEntropy: Int32(ck_binary_cross_entropy)
    case .crossEntropy: Int32(ck_cross_entropy)
    }
  }
}

extension FastKernels {
  /// The sum of any `loss` but cross-entropy; `gradient` receives its derivative by the outputs.
  ///
  /// For binary cross-entropy `outputs` holds the weighted sums, which are replaced by their sigmoid, and the derivative is
  /// by the sums. `weights` are one a row. See ``LossKernels``.
  @inlinable public func loss(
    _ loss: Loss, outputs: MutableMatrix<Element>, targets: Matrix<Element>,
    weights: UnsafeBufferPointer<Element>? = nil, gradient: MutableMatrix<Element>
  ) -> Element {
    precondition(loss != .crossEntropy)
    guard let table = variant?.functions.pointee, let a = outputs.elements.baseAddress,
      let t = targets.elements.baseAddress, let g = gradient.elements.baseAddress
    else { return plain(loss, outputs: outputs, targets: targets, weights: weights, gradient: gradient) }
    precondition(outputs.elements.count == targets.elements.count)
    precondition(outputs.elements.count == gradient.elements.count)
    let (count, code, delta) = (Int64(outputs.elements.count), loss.code, loss.huberDelta ?? 0)
    if let weights {
      precondition(weights.count == outputs.rows)
      guard let w = weights.baseAddress else { return 0 }
      let (rows, columns) = (Int64(outputs.rows), Int64(outputs.columns))
      switch Element.precision {
      case .float32:
        return Element(
          table.weighted_loss_f32(float(a), float(t), float(w), rows, columns, float(g), code, Float(delta)))
      case .float64:
        return Element(
          table.weighted_loss_f64(double(a), double(t), double(w), rows, columns, double(g), code, delta))
      }
    }
    switch Element.precision {
    case .float32:
      return Element(table.loss_f32(float(a), float(t), count, float(g), code, Float(delta)))
    case .float64:
      return Element(table.loss_f64(double(a), double(t), count, double(g), code, delta))
    }
  }

  @inlinable func plain(
    _ loss: Loss, outputs: MutableMatrix<Element>, targets: Matrix<Element>,
    weights: UnsafeBufferPointer<Element>?, gradient: MutableMatrix<Element>
  ) -> Element {
    let a = outputs.readOnly
    switch loss {
    case .meanSquaredError:
      return LossKernels.squaredError(outputs: a, targets: targets, weights: weights, gradient: gradient)
    case .halfSquaredError:
      return LossKernels.halfSquaredError(outputs: a, targets: targets, weights: weights, gradient: gradient)
    case .meanAbsoluteError:
      return LossKernels.absoluteError(outputs: a, targets: targets, weights: weights, gradient: gradient)
    case .huber(let delta):
      return LossKernels.huber(
        delta: Element(delta), outputs: a, targets: targets, weights: weights, gradient: gradient)
    case .binaryCrossEntropy:
      return LossKernels.binaryCrossEntropy(
        outputs: outputs, targets: targets, weights: weights, gradient: gradient)
    case .crossEntropy: preconditionFailure("cross-entropy takes labels")
    }
  }

  /// The sum of -log(softmax(z)[label]) over the rows; see ``LossKernels``.
  ///
  /// `outputs` holds the logits z and is replaced by softmax(z); `gradient` receives the derivative by z. Labels are in
  /// 0..<columns. `weights` are one a row.
  @inlinable public func crossEntropy(
    outputs: MutableMatrix<Element>, labels: UnsafeBufferPointer<Int32>,
    weights: UnsafeBufferPointer<Element>? = nil, gradient: MutableMatrix<Element>
  ) -> Element {
    guard let table = variant?.functions.pointee, let a = outputs.elements.baseAddress,
      let labels = labels.baseAddress, let g = gradient.elements.baseAddress
    else {
      return LossKernels.crossEntropy(outputs: outputs, labels: labels, weights: weights, gradient: gradient)
    }
    precondition(outputs.rows == gradient.rows && outputs.columns == gradient.columns)
    let (rows, columns) = (Int64(outputs.rows), Int64(outputs.columns))
    if let weights {
      precondition(weights.count == outputs.rows)
      guard let w = weights.baseAddress else { return 0 }
      switch Element.precision {
      case .float32:
        return Element(
          table.weighted_cross_entropy_f32(float(a), labels, float(w), rows, columns, float(g)))
      case .float64:
        return Element(
          table.weighted_cross_entropy_f64(double(a), labels, double(w), rows, columns, double(g)))
      }
    }
    switch Element.precision {
    case .float32: return Element(table.cross_entropy_f32(float(a), labels, rows, columns, float(g)))
    case .float64: return Element(table.cross_entropy_f64(double(a), labels, rows, columns, double(g)))
    }
  }
}
