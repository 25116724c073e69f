import Kernels
import Primitives

/// The passes over a ``SharedWorkspace``, on its plain addresses.
public struct SharedPasses<Element: Scalar>: BitwiseCopyable {
  /// The network's layers.
  public let layers: UnsafeBufferPointer<SharedWorkspace<Element>.LayerPlan>
  @usableFromInline let base: UnsafeMutablePointer<Element>
  /// The panels of all kernels.
  public let kernelPanels: UnsafeMutableBufferPointer<Element>
  @usableFromInline let panelStride: Int
  @usableFromInline let kernels: PanelKernels<Element>

  @inlinable static var lanes: Int { PanelKernels<Element>.lanes }

  /// Where the row and column of a matrix are whose panels begin at `offset`.
  @inlinable @inline(__always) func address(_ offset: Int, row: Int, column: Int = 0) -> UnsafeMutablePointer<
    Element
  > {
    base + offset + column / Self.lanes * panelStride + row * Self.lanes + column % Self.lanes
  }

  /// Fills the rows of the minibatch's input from `first` on with the rows `chosen` of `features`.
  @inlinable public func collectInput(
    first: Int, from features: UnsafeBufferPointer<Element>, rows chosen: UnsafeBufferPointer<Int>
  ) {
    kernels.gather(
      of: features, width: layers[0].inputs, indices: chosen, to: address(0, row: first),
      panelStride: panelStride)
  }

  /// Computes the outputs of all layers for `rows`; of the last one, the weighted sums.
  @inlinable public func forward(_ rows: Range<Int>, parameters: UnsafePointer<Element>) {
    var below = UnsafePointer(address(0, row: rows.lowerBound))
    for index in layers.indices {
      let layer = layers[index]
      let output = address(layer.outputOffset, row: rows.lowerBound)
      kernels.product(
        rows: rows.count, columns: layer.outputs, terms: layer.inputs, input: below,
        matrix: panels(of: layer),
        start: parameters + layer.kernelOffset + layer.inputs * layer.outputs, output: output, gate: nil,
        panelStride: panelStride, activation: index == layers.count - 1 ? .identity : layer.activation)
      below = UnsafePointer(output)
    }
  }

  /// Computes the sum of the loss over `rows` and the deltas of the last layer.
  ///
  /// - Parameters:
  ///   - rows: at most as many as the scratch matrices have.
  ///   - targets: one entry for each of `rows`.
  ///   - weights: likewise, if the rows have any.
  ///   - loss: what is differentiated.
  ///   - sums: scratch, rows by outputs.
  ///   - outputs: likewise; the same memory unless the last activation needs its sums.
  ///   - delta: likewise.
  ///   - loops: the loops of losses and activations.
  @inlinable @inline(__always) public func loss(
    _ rows: Range<Int>, targets: Targets<Element>, weights: UnsafeBufferPointer<Element>? = nil, loss: Loss,
    sums: MutableMatrix<Element>, outputs: MutableMatrix<Element>, delta: MutableMatrix<Element>,
    loops: FastKernels<Element>
  ) -> Element {
    let layer = layers[layers.count - 1]
    for row in 0..<rows.count {
      let to = sums.row(row)
      for column in 0..<layer.outputs {
        to[column] = address(layer.outputOffset, row: rows.lowerBound + row, column: column).pointee
      }
    }
    let total = loss.evaluate(
      sums: sums, outputs: outputs, activation: layer.activation, targets: targets, weights: weights,
      gradient: delta, kernels: loops)
    for row in 0..<rows.count {
      let from = delta.row(row)
      for column in 0..<layer.outputs {
        address(layer.deltaOffset, row: rows.lowerBound + row, column: column).pointee = from[column]
      }
    }
    return total
  }

  /// Computes the deltas of all layers for `rows`, from those of the last one.
  @inlinable public func backward(_ rows: Range<Int>) {
    for index in layers.indices.dropFirst().reversed() {
      let (layer, below) = (layers[index], layers[index - 1])
      let first = rows.lowerBound
      kernels.product(
        rows: rows.count, columns: layer.inputs, terms: layer.outputs,
        input: address(layer.deltaOffset, row: first), matrix: base + layer.backwardOffset, start: nil,
        output: address(below.deltaOffset, row: first), gate: address(below.outputOffset, row: first),
        panelStride: panelStride, activation: below.activation)
    }
  }

  /// Whether a block of a layer's parameters lives in ``kernelPanels``: all but biases and narrow layers.
  @inlinable @inline(__always) public func livesInPanels(layer index: Int, inputs: Range<Int>) -> Bool {
    !layers[index].isNarrow && inputs.lowerBound < layers[index].inputs
  }

  /// Where among ``kernelPanels`` the rows `inputs` of a layer's panel `panel` are.
  @inlinable @inline(__always) public func place(layer index: Int, inputs: Range<Int>, panel: Int) -> Range<
    Int
  > {
    let layer = layers[index]
    let start = layer.panelOffset + (panel * layer.inputs + inputs.lowerBound) * Self.lanes
    return start..<start + inputs.count * Self.lanes
  }

  /// Sums a block of a layer's gradient over the first `rows` rows, in runs of `shard` rows and along the tree; row
  /// `layer.inputs` is the bias.
  ///
  /// - Parameters:
  ///   - index: the layer.
  ///   - inputs: the block's rows, beginning with a panel; or just the bias.
  ///   - panels: the block's columns in panels.
  ///   - rows: the rows of the minibatch.
  ///   - shard: the rows of a run.
  ///   - stack: see ``PanelKernels``; receives the block: panel after panel if it lives there, otherwise row after row without
  ///     gaps.
  ///   - updated: vectors laid out like ``kernelPanels`` of which the same block is used right after, if it lives there; none if
  ///     nothing is.
  @inlinable public func gradient(
    layer index: Int, inputs: Range<Int>, panels: Range<Int>, rows: Int, shard: Int,
    stack: UnsafeMutablePointer<Element>, updated: UnsafeBufferPointer<PanelKernels<Element>.Address>
  ) {
    let layer = layers[index]
    let isBias = inputs.lowerBound == layer.inputs
    if layer.isNarrow && !isBias {
      return gradientByInputs(layer: index, inputs: inputs, rows: rows, shard: shard, result: stack)
    }
    let column = panels.lowerBound * Self.lanes
    var soon = PanelKernels<Element>.Soon.nothing
    if !isBias, !updated.isEmpty {
      soon = .init(
        vectors: updated, offset: place(layer: index, inputs: inputs, panel: panels.lowerBound).lowerBound,
        panelStride: layer.inputs * Self.lanes)
      if index > 0 {
        soon.turned = base + layer.backwardOffset + inputs.lowerBound * layer.outputs + column * Self.lanes
        soon.turnedStride = layer.outputs * Self.lanes
      }
    }
    kernels.weightGradient(
      columns: inputs.count, panels: panels.count, rows: rows, shard: shard,
      input: isBias ? nil : UnsafePointer(address(inputOffset(of: index), row: 0, column: inputs.lowerBound)),
      delta: address(layer.deltaOffset, row: 0, column: column), panelStride: panelStride, stack: stack,
      soon: soon)
  }

  /// Where among the parameters a block is that does not live in panels. It has no gaps: a bias is one row, and a narrow layer
  /// one panel.
  @inlinable @inline(__always) public func run(layer index: Int, inputs: Range<Int>, panels: Range<Int>)
    -> Range<Int>
  {
    let layer = layers[index]
    let columns = columns(of: layer, panels)
    let start = layer.kernelOffset + inputs.lowerBound * layer.outputs + columns.lowerBound
    return start..<start + inputs.count * columns.count
  }

  /// Copies a block of a layer's gradient, as ``gradient(layer:inputs:panels:rows:shard:stack:updated:)`` leaves it, to `vector`,
  /// laid out like the parameters.
  @inlinable public func store(
    _ block: UnsafePointer<Element>, layer index: Int, inputs: Range<Int>, panels: Range<Int>,
    to vector: UnsafeMutablePointer<Element>
  ) {
    let run = run(layer: index, inputs: inputs, panels: panels)
    let to = vector + run.lowerBound
    guard livesInPanels(layer: index, inputs: inputs) else {
      return to.update(from: block, count: run.count)
    }
    kernels.unpack(
      block, inputs: inputs.count, outputs: layers[index].outputs, rows: 0..<inputs.count,
      columns: 0..<run.count / inputs.count, matrix: to)
  }

  /// Brings a block back that ``store(_:layer:inputs:panels:to:)`` copied to `vector`.
  @inlinable public func restore(
    _ vector: UnsafePointer<Element>, layer index: Int, inputs: Range<Int>, panels: Range<Int>,
    to block: UnsafeMutablePointer<Element>
  ) {
    let run = run(layer: index, inputs: inputs, panels: panels)
    let from = vector + run.lowerBound
    guard livesInPanels(layer: index, inputs: inputs) else {
      return block.update(from: from, count: run.count)
    }
    kernels.pack(
      from, inputs: inputs.count, outputs: layers[index].outputs, rows: 0..<inputs.count,
      columns: 0..<run.count / inputs.count, panels: block)
  }

  /// The offset of the matrix that is the layer's input.
  @inlinable @inline(__always) func inputOffset(of layer: Int) -> Int {
    layer == 0 ? 0 : layers[layer - 1].outputOffset
  }

  /// Sums rows of a narrow layer's gradient, without gaps: the transpose's blocks, each put in place.
  @inlinable func gradientByInputs(
    layer index: Int, inputs: Range<Int>, rows: Int, shard: Int, result: UnsafeMutablePointer<Element>
  ) {
    let layer = layers[index]
    // Blocks are summed behind the result. Lines begin with whole vectors.
    let stack = result + PanelKernels<Element>.padded(inputs.count * layer.outputs)
    for first in stride(from: inputs.lowerBound, to: inputs.upperBound, by: kernels.mostPanels * Self.lanes) {
      let count = min(kernels.mostPanels * Self.lanes, inputs.upperBound - first)
      let width = PanelKernels<Element>.padded(count)
      kernels.weightGradient(
        columns: layer.outputs, panels: width / Self.lanes, rows: rows, shard: shard,
        input: address(layer.deltaOffset, row: 0),
        delta: address(inputOffset(of: index), row: 0, column: first), panelStride: panelStride,
        stack: stack, soon: .nothing)
      var to = result + (first - inputs.lowerBound) * layer.outputs
      for input in 0..<count {
        let from = stack + input / Self.lanes * layer.outputs * Self.lanes + input % Self.lanes
        for output in 0..<layer.outputs { to[output] = from[output * Self.lanes] }
        to += layer.outputs
      }
    }
  }

  /// Brings a block of a layer's kernel from among the parameters to where the passes read it.
  @inlinable public func load(
    layer index: Int, inputs: Range<Int>, panels: Range<Int>, parameters: UnsafePointer<Element>
  ) {
    copy(parameters, layer: index, inputs: inputs, panels: panels, to: kernelPanels)
    turn(layer: index, inputs: inputs, panels: panels)
  }

  /// Makes the transpose of a block of a layer's kernel what its panels say, for the pass backward.
  @inlinable public func turn(layer index: Int, inputs: Range<Int>, panels: Range<Int>) {
    let layer = layers[index]
    if index == 0 || inputs.lowerBound == layer.inputs { return }
    kernels.turn(
      self.panels(of: layer), inputs: layer.inputs, outputs: layer.outputs, rows: inputs,
      columns: columns(of: layer, panels), turned: base + layer.backwardOffset)
  }

  /// Copies a block of a layer's kernel in `vector`, laid out like the parameters, to `panels`, laid out like ``kernelPanels``.
  @inlinable public func copy(
    _ vector: UnsafePointer<Element>, layer index: Int, inputs: Range<Int>, panels: Range<Int>,
    to destination: UnsafeMutableBufferPointer<Element>
  ) {
    let layer = layers[index]
    guard inputs.lowerBound < layer.inputs, let to = destination.baseAddress else { return }
    kernels.pack(
      vector + layer.kernelOffset, inputs: layer.inputs, outputs: layer.outputs, rows: inputs,
      columns: columns(of: layer, panels), panels: to + layer.panelOffset)
  }

  /// Copies a block of a layer's kernel from `source`, laid out like ``kernelPanels``, to `vector`, laid out like the parameters.
  @inlinable public func copy(
    _ source: UnsafeMutableBufferPointer<Element>, layer index: Int, inputs: Range<Int>, panels: Range<Int>,
    to vector: UnsafeMutablePointer<Element>
  ) {
    let layer = layers[index]
    guard inputs.lowerBound < layer.inputs, let from = source.baseAddress else { return }
    kernels.unpack(
      from + layer.panelOffset, inputs: layer.inputs, outputs: layer.outputs, rows: inputs,
      columns: columns(of: layer, panels), matrix: vector + layer.kernelOffset)
  }

  @inlinable @inline(__always) func panels(of layer: SharedWorkspace<Element>.LayerPlan)
    -> UnsafeMutablePointer<Element>
  {
    // Never nil: a network has layers, and these have parameters.
    kernelPanels.baseAddress.unsafelyUnwrapped + layer.panelOffset
  }

  @inlinable @inline(__always) func columns(
    of layer: SharedWorkspace<Element>.LayerPlan, _ panels: Range<Int>
  ) -> Range<Int> {
    panels.lowerBound * Self.lanes..<min(panels.upperBound * Self.lanes, layer.outputs)
  }
}
