import Kernels
import Networks
import Primitives
import Testing

@Suite struct LossEvaluationTests {
  @Test func evaluatingReplacesTheSumsByTheirActivations() {
    let outputs = AlignedBuffer([1.0, -2], filler: 0)
    let targets = AlignedBuffer([0.5, 0.25], filler: 0)
    let gradient = AlignedBuffer(repeating: Double.nan, count: 2)
    let matrix = MutableMatrix(outputs.elements, rows: 2, columns: 1)
    let loss = Loss.meanSquaredError.evaluate(
      sums: matrix, outputs: matrix, activation: .relu, targets: .values(targets.matrix(2, 1)),
      gradient: MutableMatrix(gradient.elements, rows: 2, columns: 1), kernels: FastKernels(.current))
    #expect(outputs.array == [1, 0])
    #expect(loss == 0.25 + 0.0625)
    #expect(gradient.array == [1, 0])
  }

  @Test func targetsOfTheOtherKindAreACallersError() async {
    await #expect(processExitsWith: .failure) {
      let buffer = AlignedBuffer([1.0], filler: 0)
      let matrix = MutableMatrix(buffer.elements, rows: 1, columns: 1)
      _ = Loss.crossEntropy.evaluate(
        sums: matrix, outputs: matrix, activation: .softmax, targets: .values(matrix.readOnly),
        gradient: matrix, kernels: FastKernels(nil))
    }
  }

  @Test func anActivationThatDoesNotGoWithTheLossIsACallersError() async {
    await #expect(processExitsWith: .failure) {
      let buffer = AlignedBuffer([1.0], filler: 0)
      let matrix = MutableMatrix(buffer.elements, rows: 1, columns: 1)
      _ = Loss.binaryCrossEntropy.evaluate(
        sums: matrix, outputs: matrix, activation: .tanh, targets: .values(matrix.readOnly),
        gradient: matrix, kernels: FastKernels(nil))
    }
  }
}
