import Kernels
import Networks
import Primitives
import Testing

@Suite struct LossTests {
  @Test func lossesRequireTheActivationsThatTheyAreFusedWith() {
    #expect(Loss.meanSquaredError.requiredActivation == nil)
    #expect(Loss.crossEntropy.requiredActivation == .softmax)
    #expect(Loss.binaryCrossEntropy.requiredActivation == .sigmoid)
  }

  @Test func meansAreOverTargetsUnlessThereIsOneLabelARow() {
    #expect(Loss.meanSquaredError.divisor(outputs: 3) == 3)
    #expect(Loss.binaryCrossEntropy.divisor(outputs: 3) == 3)
    #expect(Loss.crossEntropy.divisor(outputs: 3) == 1)
  }

  @Test func namesAreThoseOfTheOptions() {
    #expect(Loss.allCases.map(\.rawValue) == ["mse", "cross-entropy", "binary-cross-entropy"])
  }

  @Test func evaluatingReplacesTheSumsByTheirActivations() {
    let outputs = AlignedBuffer([1.0, -2], filler: 0)
    let targets = AlignedBuffer([0.5, 0.25], filler: 0)
    let gradient = AlignedBuffer(repeating: Double.nan, count: 2)
    let loss = Loss.meanSquaredError.evaluate(
      outputs: MutableMatrix(outputs.elements, rows: 2, columns: 1), activation: .relu,
      targets: .values(targets.matrix(2, 1)),
      gradient: MutableMatrix(gradient.elements, rows: 2, columns: 1))
    #expect(outputs.array == [1, 0])
    #expect(loss == 0.25 + 0.0625)
    #expect(gradient.array == [1, 0])
  }

  @Test func targetsOfTheOtherKindAreACallersError() async {
    await #expect(processExitsWith: .failure) {
      let buffer = AlignedBuffer([1.0], filler: 0)
      let matrix = MutableMatrix(buffer.elements, rows: 1, columns: 1)
      _ = Loss.crossEntropy.evaluate(
        outputs: matrix, activation: .softmax, targets: .values(matrix.readOnly), gradient: matrix)
    }
  }
}
