import CKernels
import Primitives

extension Activation {
  /// The number of this activation in C, or nil if it is not one of elements.
  @usableFromInline var code: Int32? {
    switch self {
    case .identity: Int32(ck_identity)
    case .relu: Int32(ck_relu)
    case .leakyRelu: Int32(ck_leaky_relu)
    case .elu: Int32(ck_elu)
    case .gelu: Int32(ck_gelu)
    case .silu: Int32(ck_silu)
    case .softplus: Int32(ck_softplus)
    case .sigmoid: Int32(ck_sigmoid)
    case .tanh: Int32(ck_tanh)
    case .step: Int32(ck_step)
    case .softmax: nil
    }
  }
}

extension FastKernels {
  /// Sets `outputs` to the activation of every weighted sum in `sums`, which may be the same memory; see ``Activation``.
  ///
  /// The compiled loops have elementary functions of their own: e^x, log x and log(1 + x) within 1 unit in the last place,
  /// e^x - 1 and tanh within 2, the logistic function within 3 and the normal distribution function within 8. What is
  /// smaller than the least normal number is zero.
  @inlinable public func activate(
    _ activation: Activation, sums: Matrix<Element>, outputs: MutableMatrix<Element>
  ) {
    guard let table = variant?.functions.pointee, let z = sums.elements.baseAddress,
      let a = outputs.elements.baseAddress
    else { return activation.apply(to: sums, outputs: outputs) }
    precondition(sums.rows == outputs.rows && sums.columns == outputs.columns)
    if activation == .identity, UnsafePointer(a) == z { return }
    let count = Int64(outputs.elements.count)
    guard let code = activation.code else {
      if UnsafePointer(a) != z { _ = outputs.elements.update(fromContentsOf: sums.elements) }
      return softmax(outputs)
    }
    switch Element.precision {
    case .float32: table.activate_f32(float(z), float(a), count, code)
    case .float64: table.activate_f64(double(z), double(a), count, code)
    }
  }

  /// Turns `gradient`, the loss's derivative by a layer's outputs, into that by its weighted sums; see ``Activation``.
  @inlinable public func backpropagate(
    _ activation: Activation, known: Matrix<Element>, gradient: MutableMatrix<Element>
  ) {
    guard let table = variant?.functions.pointee, let code = activation.code,
      let a = known.elements.baseAddress, let g = gradient.elements.baseAddress
    else { return activation.backpropagate(known: known, gradient: gradient) }
    if activation == .identity { return }
    precondition(known.elements.count == gradient.elements.count)
    let count = Int64(gradient.elements.count)
    switch Element.precision {
    case .float32: table.derive_f32(float(g), float(a), count, code)
    case .float64: table.derive_f64(double(g), double(a), count, code)
    }
  }

  /// Replaces every row of logits by its softmax.
  @inlinable func softmax(_ values: MutableMatrix<Element>) {
    guard let table = variant?.functions.pointee, let base = values.elements.baseAddress else {
      for row in 0..<values.rows { Activation.softmax(values.row(row)) }
      return
    }
    let (rows, columns) = (Int64(values.rows), Int64(values.columns))
    switch Element.precision {
    case .float32: table.softmax_f32(float(base), rows, columns)
    case .float64: table.softmax_f64(double(base), rows, columns)
    }
  }
}
