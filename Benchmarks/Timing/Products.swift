import Benchmark
import Lockstep

/// The products of layers, on one thread.
func products() {
  // Rows, inputs, outputs: narrow, ragged, and wide layers.
  for shape in [(64, 64, 64), (100, 37, 53), (256, 784, 512), (1024, 1024, 1024)] {
    products(rows: shape.0, inputs: shape.1, outputs: shape.2, as: Float.self)
    products(rows: shape.0, inputs: shape.1, outputs: shape.2, as: Double.self)
  }
}

private func products<Element: Scalar>(rows: Int, inputs: Int, outputs: Int, as type: Element.Type) {
  let name = "\(rows) by \(inputs) by \(outputs), \(Element.precision.rawValue)"
  let work = (Rate.operations, amount: 2 * Double(rows * inputs * outputs))
  let repetitions: BenchmarkScalingFactor = work.amount < 1e6 ? .kilo : .one
  measure("product of a shard, forward: \(name)", work, repetitions: repetitions) {
    let layer = Layer<Element>(rows: rows, inputs: inputs, outputs: outputs)
    return { layer.forward() }
  }
  measure("product of a shard, weight gradient: \(name)", work, repetitions: repetitions) {
    let layer = Layer<Element>(rows: rows, inputs: inputs, outputs: outputs)
    return { layer.gradient() }
  }
  measure("product of a shard, backward: \(name)", work, repetitions: repetitions) {
    let layer = Layer<Element>(rows: rows, inputs: inputs, outputs: outputs)
    return { layer.backward() }
  }
  guard let variant = KernelVariant.current else { return }
  measure("product with panels, forward: \(name)", work, repetitions: repetitions) {
    let layer = PanelLayer<Element>(rows: rows, inputs: inputs, outputs: outputs, variant: variant)
    return { layer.forward() }
  }
}

/// A layer as shards are computed with it.
private final class Layer<Element: Scalar> {
  private let kernels: DenseKernels<Element>
  private let (input, kernel, output):
    (AlignedBuffer<Element>, AlignedBuffer<Element>, AlignedBuffer<Element>)
  private let bias: AlignedBuffer<Element>
  private let (rows, inputs, outputs): (Int, Int, Int)

  init(rows: Int, inputs: Int, outputs: Int) {
    (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
    kernels = DenseKernels(variant: .current, terms: max(rows, inputs, outputs))
    (input, kernel, output) = (numbers(rows * inputs), numbers(inputs * outputs), numbers(rows * outputs))
    bias = numbers(outputs)
  }

  func forward() {
    kernels.forward(
      input: Matrix(input.reading, rows: rows, columns: inputs),
      kernel: Matrix(kernel.reading, rows: inputs, columns: outputs), bias: bias.reading,
      output: MutableMatrix(output.elements, rows: rows, columns: outputs))
  }

  func gradient() {
    kernels.gradient(
      input: Matrix(input.reading, rows: rows, columns: inputs),
      delta: Matrix(output.reading, rows: rows, columns: outputs),
      kernelGradient: MutableMatrix(kernel.elements, rows: inputs, columns: outputs),
      biasGradient: bias.elements)
  }

  func backward() {
    kernels.backward(
      delta: Matrix(output.reading, rows: rows, columns: outputs),
      kernel: Matrix(kernel.reading, rows: inputs, columns: outputs),
      inputGradient: MutableMatrix(input.elements, rows: rows, columns: inputs))
  }
}

/// A layer as minibatches that a team shares are computed with it.
private final class PanelLayer<Element: Scalar> {
  private let kernels: PanelKernels<Element>
  private let (input, matrix, output):
    (AlignedBuffer<Element>, AlignedBuffer<Element>, AlignedBuffer<Element>)
  private let (rows, inputs, outputs, panelStride): (Int, Int, Int, Int)

  init(rows: Int, inputs: Int, outputs: Int, variant: KernelVariant) {
    (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
    kernels = PanelKernels(variant)
    panelStride = PanelKernels<Element>.panelStride(rows: rows)
    let lanes = PanelKernels<Element>.lanes
    let (height, width) = (PanelKernels<Element>.padded(inputs), PanelKernels<Element>.padded(outputs))
    input = numbers(height / lanes * panelStride)
    matrix = numbers(inputs * width)
    output = numbers(width / lanes * panelStride)
  }

  func forward() {
    guard let input = input.reading.baseAddress, let matrix = matrix.reading.baseAddress,
      let output = output.elements.baseAddress
    else { return }
    kernels.product(
      rows: rows, columns: outputs, terms: inputs, input: input, matrix: matrix, start: nil, output: output,
      gate: nil, panelStride: panelStride, activation: .identity)
  }
}
