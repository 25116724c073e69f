import Kernels
import Primitives

extension Workspace {
  /// Runs the network over the rows of `input` and returns its outputs, which stay valid until the next pass.
  @inlinable public func predict(input: Matrix<Element>, parameters: UnsafeBufferPointer<Element>)
    -> Matrix<Element>
  {
    forward(input: input, parameters: parameters)
    let last = layers.count - 1
    let outputs = outputs(of: last, rows: input.rows)
    // As the losses do it: predictions have the bits of evaluations.
    kernels.activate(
      layers.elements[last].activation, sums: sums(of: last, rows: input.rows).readOnly, outputs: outputs)
    return outputs.readOnly
  }

  /// Runs the network over the rows of `input` and returns the sum of the loss over them, and the outputs, which stay
  /// valid until the next pass. `weights` are one a row, if the rows have any: what their losses are multiplied by.
  @inlinable public func evaluate(
    input: Matrix<Element>, targets: Targets<Element>, weights: UnsafeBufferPointer<Element>? = nil,
    parameters: UnsafeBufferPointer<Element>, loss: Loss
  ) -> (loss: Element, outputs: Matrix<Element>) {
    let delta = matrix(at: deltaOffsets.0, rows: input.rows, columns: outputs)
    let total = evaluate(
      input: input, targets: targets, weights: weights, parameters: parameters, loss: loss, delta: delta)
    return (total, outputs(of: layers.count - 1, rows: input.rows).readOnly)
  }

  /// Sets `gradient` to the sum over the rows of `input` of the loss's derivatives by the parameters, and returns the
  /// sum of the loss.
  ///
  /// Both are plain sums: to get the gradient of the mean, divide by the rows and by ``Loss/divisor(outputs:)``.
  ///
  /// - Parameters:
  ///   - input: rows by features; at most `capacity` rows.
  ///   - targets: one entry a row.
  ///   - weights: likewise, if the rows have any: what their losses are multiplied by.
  ///   - parameters: laid out as ``ParameterLayout`` says.
  ///   - loss: what is differentiated.
  ///   - gradient: as long as `parameters`.
  @inlinable public func computeGradient(
    input: Matrix<Element>, targets: Targets<Element>, weights: UnsafeBufferPointer<Element>? = nil,
    parameters: UnsafeBufferPointer<Element>, loss: Loss, gradient: UnsafeMutableBufferPointer<Element>
  ) -> Element {
    let total = evaluate(
      input: input, targets: targets, weights: weights, parameters: parameters, loss: loss
    ).loss
    backpropagate(input: input, parameters: parameters, gradient: gradient)
    return total
  }

  /// The second half of ``computeGradient(input:targets:weights:parameters:loss:gradient:)``: sets `gradient` to the derivatives of
  /// the loss, which was evaluated last in this workspace, on the same `input` with the same `parameters`.
  @inlinable public func backpropagate(
    input: Matrix<Element>, parameters: UnsafeBufferPointer<Element>,
    gradient: UnsafeMutableBufferPointer<Element>
  ) {
    assert(gradient.count == parameters.count)
    let rows = input.rows
    var delta = matrix(at: deltaOffsets.0, rows: rows, columns: outputs)
    var index = layers.count - 1
    while true {
      let layer = layers.elements[index]
      let below = index > 0 ? outputs(of: index - 1, rows: rows).readOnly : input
      let bias = layer.kernelOffset + layer.inputs * layer.outputs
      dense.gradient(
        input: below, delta: delta.readOnly,
        kernelGradient: MutableMatrix(
          UnsafeMutableBufferPointer(rebasing: gradient[layer.kernelOffset..<bias]),
          rows: layer.inputs, columns: layer.outputs),
        biasGradient: UnsafeMutableBufferPointer(rebasing: gradient[bias..<bias + layer.outputs]))
      if index == 0 { return }
      let offset = (layers.count - index) % 2 == 0 ? deltaOffsets.0 : deltaOffsets.1
      let next = matrix(at: offset, rows: rows, columns: layer.inputs)
      dense.backward(
        delta: delta.readOnly, kernel: kernel(of: layer, in: parameters), inputGradient: next)
      index -= 1
      let activation = layers.elements[index].activation
      kernels.backpropagate(
        activation, known: activation.needsSums ? sums(of: index, rows: rows).readOnly : below,
        gradient: next)
      delta = next
    }
  }

  /// Runs all layers and the loss, whose derivative by the last layer's weighted sums `delta` receives.
  @inlinable func evaluate(
    input: Matrix<Element>, targets: Targets<Element>, weights: UnsafeBufferPointer<Element>?,
    parameters: UnsafeBufferPointer<Element>, loss: Loss, delta: MutableMatrix<Element>
  ) -> Element {
    forward(input: input, parameters: parameters)
    let last = layers.count - 1
    return loss.evaluate(
      sums: sums(of: last, rows: input.rows), outputs: outputs(of: last, rows: input.rows),
      activation: layers.elements[last].activation, targets: targets, weights: weights, gradient: delta,
      kernels: kernels)
  }

  /// Runs all layers but for the last one's activation, which goes with the loss.
  @inlinable func forward(input: Matrix<Element>, parameters: UnsafeBufferPointer<Element>) {
    precondition(input.rows <= capacity && input.columns == inputs)
    var below = input
    for index in 0..<layers.count {
      let layer = layers.elements[index]
      let sums = sums(of: index, rows: input.rows)
      let bias = layer.kernelOffset + layer.inputs * layer.outputs
      dense.forward(
        input: below, kernel: kernel(of: layer, in: parameters),
        bias: UnsafeBufferPointer(rebasing: parameters[bias..<bias + layer.outputs]), output: sums)
      if index == layers.count - 1 { return }
      let outputs = outputs(of: index, rows: input.rows)
      kernels.activate(layer.activation, sums: sums.readOnly, outputs: outputs)
      below = outputs.readOnly
    }
  }

  @inlinable func sums(of index: Int, rows: Int) -> MutableMatrix<Element> {
    let layer = layers.elements[index]
    return matrix(at: layer.sumOffset, rows: rows, columns: layer.outputs)
  }

  @inlinable func outputs(of index: Int, rows: Int) -> MutableMatrix<Element> {
    let layer = layers.elements[index]
    return matrix(at: layer.outputOffset, rows: rows, columns: layer.outputs)
  }

  @inlinable func kernel(of layer: LayerPlan, in parameters: UnsafeBufferPointer<Element>)
    -> Matrix<Element>
  {
    let end = layer.kernelOffset + layer.inputs * layer.outputs
    return Matrix(
      UnsafeBufferPointer(rebasing: parameters[layer.kernelOffset..<end]), rows: layer.inputs,
      columns: layer.outputs)
  }
}
