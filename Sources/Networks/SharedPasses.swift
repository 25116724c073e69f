import Kernels
import Primitives

/// The passes over a ``SharedWorkspace``, on its plain addresses.
public struct SharedPasses<Element: Scalar>: BitwiseCopyable {
  /// The network's layers.
  public let layers: UnsafeBufferPointer<SharedWorkspace<Element>.LayerPlan>
  let base: UnsafeMutablePointer<Element>
  /// The numbers between rows of the input.
  public let inputStride: Int
  let kernels: PanelKernels<Element>

  /// Row `row` of the minibatch's input, to be filled before ``forward(_:parameters:)``.
  public func input(_ row: Int) -> UnsafeMutablePointer<Element> { base + row * inputStride }

  /// Computes the outputs of all layers for `rows`; of the last one, the weighted sums.
  public func forward(_ rows: Range<Int>, parameters: UnsafePointer<Element>) {
    var below = UnsafePointer(input(rows.lowerBound))
    var stride = inputStride
    for index in layers.indices {
      let layer = layers[index]
      let output = base + layer.outputOffset + rows.lowerBound * layer.stride
      kernels.product(
        rows: rows.count, columns: layer.outputs, terms: layer.inputs, input: below, inputStride: stride,
        panels: base + layer.forwardOffset,
        start: parameters + layer.kernelOffset + layer.inputs * layer.outputs, output: output,
        outputStride: layer.stride, gate: nil,
        activation: index == layers.count - 1 ? .identity : layer.activation)
      below = UnsafePointer(output)
      stride = layer.stride
    }
  }

  /// Computes the sum of the loss over `rows` and the deltas of the last layer.
  ///
  /// - Parameters:
  ///   - rows: at most as many as the scratch matrices have.
  ///   - targets: one entry for each of `rows`.
  ///   - loss: what is differentiated.
  ///   - sums: scratch, rows by outputs.
  ///   - outputs: likewise; the same memory unless the last activation needs its sums.
  ///   - delta: likewise.
  ///   - loops: the loops of losses and activations.
  @inline(__always) public func loss(
    _ rows: Range<Int>, targets: Targets<Element>, loss: Loss, sums: MutableMatrix<Element>,
    outputs: MutableMatrix<Element>, delta: MutableMatrix<Element>, loops: FastKernels<Element>
  ) -> Element {
    let layer = layers[layers.count - 1]
    for row in 0..<rows.count {
      let from = base + layer.outputOffset + (rows.lowerBound + row) * layer.stride
      let to = sums.row(row)
      for column in 0..<layer.outputs { to[column] = from[column] }
    }
    let total = loss.evaluate(
      sums: sums, outputs: outputs, activation: layer.activation, targets: targets, gradient: delta,
      kernels: loops)
    for row in 0..<rows.count {
      let from = delta.row(row)
      let to = base + layer.deltaOffset + (rows.lowerBound + row) * layer.stride
      for column in 0..<layer.outputs { to[column] = from[column] }
    }
    return total
  }

  /// Computes the deltas of all layers for `rows`, from those of the last one.
  public func backward(_ rows: Range<Int>) {
    for index in layers.indices.dropFirst().reversed() {
      let (layer, below) = (layers[index], layers[index - 1])
      let first = rows.lowerBound
      kernels.product(
        rows: rows.count, columns: layer.inputs, terms: layer.outputs,
        input: base + layer.deltaOffset + first * layer.stride, inputStride: layer.stride,
        panels: base + layer.backwardOffset, start: nil,
        output: base + below.deltaOffset + first * below.stride, outputStride: below.stride,
        gate: base + below.outputOffset + first * below.stride, activation: below.activation)
    }
  }

  /// Sums a block of a layer's gradient over the first `rows` rows, in runs of `shard` rows and along the tree; row
  /// `layer.inputs` is the bias.
  ///
  /// - Parameters:
  ///   - index: the layer.
  ///   - inputs: the block's rows, of the kernel or just the bias.
  ///   - panels: the block's columns in panels.
  ///   - rows: the rows of the minibatch.
  ///   - shard: the rows of a run.
  ///   - stack: see ``PanelKernels``; receives the block, `panels.count` panels wide.
  ///   - updated: vectors laid out like the parameters of which the same block is used right after.
  public func gradient(
    layer index: Int, inputs: Range<Int>, panels: Range<Int>, rows: Int, shard: Int,
    stack: UnsafeMutablePointer<Element>, updated: UnsafeBufferPointer<PanelKernels<Element>.Address>
  ) {
    let layer = layers[index]
    let lanes = PanelKernels<Element>.lanes
    let isBias = inputs.lowerBound == layer.inputs
    let below = index == 0 ? UnsafePointer(base) : UnsafePointer(base + layers[index - 1].outputOffset)
    kernels.weightGradient(
      columns: inputs.count, panels: panels.count, rows: rows, shard: shard,
      input: isBias ? nil : below + inputs.lowerBound,
      inputStride: index == 0 ? inputStride : layers[index - 1].stride,
      delta: base + layer.deltaOffset + panels.lowerBound * lanes,
      deltaStride: layer.stride, stack: stack,
      soon: .init(
        vectors: updated,
        offset: layer.kernelOffset + inputs.lowerBound * layer.outputs + panels.lowerBound * lanes,
        rowStride: layer.outputs))
  }

  /// Brings a block of a layer's kernel to where the passes read it.
  public func pack(
    layer index: Int, inputs: Range<Int>, panels: Range<Int>, parameters: UnsafePointer<Element>
  ) {
    let layer = layers[index]
    if inputs.lowerBound == layer.inputs { return }
    let lanes = PanelKernels<Element>.lanes
    kernels.pack(
      parameters + layer.kernelOffset, inputs: layer.inputs, outputs: layer.outputs, rows: inputs,
      columns: panels.lowerBound * lanes..<min(panels.upperBound * lanes, layer.outputs),
      forward: base + layer.forwardOffset, backward: index == 0 ? nil : base + layer.backwardOffset)
  }
}
