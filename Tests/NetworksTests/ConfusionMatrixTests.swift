import Networks
import Primitives
import Testing

@Suite struct ConfusionMatrixTests {
  private static func counts(_ matrix: ConfusionMatrix) -> [[Int]] {
    (0..<matrix.classes).map { truth in
      (0..<matrix.classes).map { matrix[truth: truth, predicted: $0] }
    }
  }

  @Test func rowsAreTrueClassesAndColumnsPredictedOnes() {
    let outputs = AlignedBuffer([0.1, 0.2, 0.7, 0.8, 0.1, 0.1, 0, 1, 0, 0.5, 0.5, 0], filler: 0)
    let labels = AlignedBuffer([2, 1, 1, 2] as [Int32], filler: 0)
    var matrix = ConfusionMatrix(classes: 3)
    matrix.add(outputs: outputs.matrix(4, 3), labels: UnsafeBufferPointer(labels.elements))
    #expect(Self.counts(matrix) == [[0, 0, 0], [1, 1, 0], [1, 0, 1]])
  }

  @Test func aProbabilityOfOneHalfPredictsClassOne() {
    let probabilities = AlignedBuffer([0.5, 0.49, 0.9, 0.1, 0.2] as [Float], filler: 0)
    let targets = AlignedBuffer([1, 1, 0, 0, 0] as [Float], filler: 0)
    var matrix = ConfusionMatrix(classes: 2)
    matrix.add(probabilities: probabilities.matrix(5, 1), targets: targets.matrix(5, 1))
    #expect(Self.counts(matrix) == [[2, 1], [1, 1]])
  }

  @Test func theyAddUp() {
    let outputs = AlignedBuffer([0.0, 1, 1, 0], filler: 0)
    let labels = AlignedBuffer([1, 1] as [Int32], filler: 0)
    var one = ConfusionMatrix(classes: 2)
    one.add(outputs: outputs.matrix(2, 2), labels: UnsafeBufferPointer(labels.elements))
    var sum = ConfusionMatrix(classes: 2)
    sum += one
    #expect(sum == one)
    sum += one
    #expect(Self.counts(sum) == [[0, 0], [2, 2]])
  }
}
