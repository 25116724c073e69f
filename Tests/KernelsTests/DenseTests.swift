import Kernels
import Primitives
import Testing

/// The shapes of a product.
struct Shape: CustomTestStringConvertible {
  var rows: Int
  var inputs: Int
  var outputs: Int
  var testDescription: String { "\(rows)x\(inputs)x\(outputs)" }

  static let ragged = [
    Shape(rows: 1, inputs: 1, outputs: 1), Shape(rows: 1, inputs: 1, outputs: 17),
    Shape(rows: 1, inputs: 17, outputs: 1), Shape(rows: 17, inputs: 1, outputs: 1),
    Shape(rows: 2, inputs: 3, outputs: 5), Shape(rows: 7, inputs: 11, outputs: 13),
    Shape(rows: 3, inputs: 31, outputs: 2), Shape(rows: 5, inputs: 16, outputs: 16),
  ]
}

@Suite struct DenseTests {
  @Test(arguments: Shape.ragged) func forwardIsTheProductPlusTheBias(shape: Shape) {
    forBothPrecisions { Self.checkForward(shape, as: $0) }
  }

  private static func checkForward<Element: Scalar>(_ shape: Shape, as type: Element.Type) {
    let (rows, inputs, outputs) = (shape.rows, shape.inputs, shape.outputs)
    var numbers = Numbers(seed: 1)
    let input = numbers.buffer(rows * inputs, as: type)
    let kernel = numbers.buffer(inputs * outputs, as: type)
    let bias = numbers.buffer(outputs, as: type)
    let output = AlignedBuffer(repeating: Element.nan, count: rows * outputs)
    Dense.forward(
      input: input.matrix(rows, inputs).readOnly, kernel: kernel.matrix(inputs, outputs).readOnly,
      bias: bias.readOnly, output: output.matrix(rows, outputs))
    let (x, w, b) = (input.doubles, kernel.doubles, bias.doubles)
    for row in 0..<rows {
      for column in 0..<outputs {
        var sum = ExactSum()
        var inOrder = bias.elements[column]
        sum.add(b[column])
        for inner in 0..<inputs {
          sum.add(x[row * inputs + inner] * w[inner * outputs + column])
          inOrder += input.elements[row * inputs + inner] * kernel.elements[inner * outputs + column]
        }
        let result = output.elements[row * outputs + column]
        #expect(sum.agrees(with: result))
        #expect(result == inOrder, "starts with the bias and runs up the inputs")
      }
    }
  }

  @Test(arguments: Shape.ragged) func gradientsAreAddedRowByRow(shape: Shape) {
    forBothPrecisions { Self.checkGradient(shape, as: $0) }
  }

  private static func checkGradient<Element: Scalar>(_ shape: Shape, as type: Element.Type) {
    let (rows, inputs, outputs) = (shape.rows, shape.inputs, shape.outputs)
    var numbers = Numbers(seed: 2)
    let input = numbers.buffer(rows * inputs, as: type)
    let delta = numbers.buffer(rows * outputs, as: type)
    let kernelGradient = numbers.buffer(inputs * outputs, as: type)
    let biasGradient = numbers.buffer(outputs, as: type)
    let (kernelBefore, biasBefore) = (kernelGradient.array, biasGradient.array)
    Dense.accumulateGradient(
      input: input.matrix(rows, inputs).readOnly, delta: delta.matrix(rows, outputs).readOnly,
      kernelGradient: kernelGradient.matrix(inputs, outputs), biasGradient: biasGradient.elements)
    let (x, d) = (input.doubles, delta.doubles)
    for column in 0..<outputs {
      var biasSum = ExactSum()
      var biasInOrder = biasBefore[column]
      biasSum.add(Double(biasBefore[column]))
      for row in 0..<rows {
        biasSum.add(d[row * outputs + column])
        biasInOrder += delta.elements[row * outputs + column]
      }
      #expect(biasSum.agrees(with: biasGradient.elements[column]))
      #expect(biasGradient.elements[column] == biasInOrder)
      for inner in 0..<inputs {
        let place = inner * outputs + column
        var sum = ExactSum()
        var inOrder = kernelBefore[place]
        sum.add(Double(kernelBefore[place]))
        for row in 0..<rows {
          sum.add(x[row * inputs + inner] * d[row * outputs + column])
          inOrder += input.elements[row * inputs + inner] * delta.elements[row * outputs + column]
        }
        #expect(sum.agrees(with: kernelGradient.elements[place]))
        #expect(kernelGradient.elements[place] == inOrder)
      }
    }
  }

  @Test(arguments: Shape.ragged) func backwardIsTheProductWithTheTransposedKernel(shape: Shape) {
    forBothPrecisions { Self.checkBackward(shape, as: $0) }
  }

  private static func checkBackward<Element: Scalar>(_ shape: Shape, as type: Element.Type) {
    let (rows, inputs, outputs) = (shape.rows, shape.inputs, shape.outputs)
    var numbers = Numbers(seed: 3)
    let delta = numbers.buffer(rows * outputs, as: type)
    let kernel = numbers.buffer(inputs * outputs, as: type)
    let gradient = AlignedBuffer(repeating: Element.nan, count: rows * inputs)
    Dense.backward(
      delta: delta.matrix(rows, outputs).readOnly, kernel: kernel.matrix(inputs, outputs).readOnly,
      inputGradient: gradient.matrix(rows, inputs))
    let (d, w) = (delta.doubles, kernel.doubles)
    for row in 0..<rows {
      for inner in 0..<inputs {
        var sum = ExactSum()
        var inOrder = delta.elements[row * outputs] * kernel.elements[inner * outputs]
        for column in 0..<outputs {
          sum.add(d[row * outputs + column] * w[inner * outputs + column])
          if column > 0 {
            inOrder += delta.elements[row * outputs + column] * kernel.elements[inner * outputs + column]
          }
        }
        let result = gradient.elements[row * inputs + inner]
        #expect(sum.agrees(with: result))
        #expect(result == inOrder, "starts with the first product and runs up the outputs")
      }
    }
  }

  @Test func aPassOverNoRowsWritesNothing() {
    let (empty, two) = (AlignedBuffer(repeating: 0.0, count: 0), AlignedBuffer([1.0, 2], filler: 0))
    Dense.forward(
      input: empty.matrix(0, 2).readOnly, kernel: two.matrix(2, 1).readOnly,
      bias: UnsafeBufferPointer(rebasing: two.readOnly[..<1]), output: empty.matrix(0, 1))
    let gradient = AlignedBuffer([3.0, 4], filler: 0)
    let bias = AlignedBuffer([5.0], filler: 0)
    Dense.accumulateGradient(
      input: empty.matrix(0, 2).readOnly, delta: empty.matrix(0, 1).readOnly,
      kernelGradient: gradient.matrix(2, 1), biasGradient: bias.elements)
    #expect(gradient.array == [3, 4] && bias.array == [5])
  }

  @Test func notANumberSpreadsAlongItsRowOnly() {
    let input = AlignedBuffer([1.0, .nan, 1, 1], filler: 0)
    let kernel = AlignedBuffer(repeating: 1.0, count: 6)
    let bias = AlignedBuffer(repeating: 0.0, count: 3)
    let output = AlignedBuffer(repeating: 0.0, count: 6)
    Dense.forward(
      input: input.matrix(2, 2).readOnly, kernel: kernel.matrix(2, 3).readOnly, bias: bias.readOnly,
      output: output.matrix(2, 3))
    #expect(output.array.map(\.isNaN) == [true, true, true, false, false, false])
  }
}
