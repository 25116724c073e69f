import Datasets
import Foundation
import Testing

@Suite("Teachers")
struct TeacherTests {
  /// What a teacher makes of one row, in plain loops.
  private func answer(_ teacher: Teacher, _ x: ArraySlice<Double>) -> [Double] {
    var values = Array(x)
    for (layer, weights) in teacher.weights.enumerated() {
      let outputs = weights.count / values.count
      var sums = [Double](repeating: 0, count: outputs)
      for output in 0..<outputs {
        for (input, value) in values.enumerated() {
          sums[output] += weights[input * outputs + output] * value
        }
      }
      values = layer < teacher.weights.count - 1 ? sums.map { tanh($0) } : sums
    }
    return values
  }

  @Test(
    "have the targets that their weights make of the features as stored, bit for bit",
    arguments: [[], [1], [16], [33, 7], [3, 5, 4]], [1, 3])
  func network(hidden: [Int], targets: Int) {
    let teacher = Teacher(features: 6, hidden: hidden, targets: targets, seed: 2)
    let rows = Rows<Double>(teacher, 200)
    let narrow = Rows<Float>(teacher, 200)
    let rounded = narrow.x.map(Double.init)
    for row in 0..<200 {
      let (features, columns) = (row * 6..<(row + 1) * 6, row * targets..<(row + 1) * targets)
      #expect(Array(rows.values[columns]) == answer(teacher, rows.x[features]))
      #expect(Array(narrow.values[columns]) == answer(teacher, rounded[features]).map { Float($0) })
    }
  }

  @Test("have features that are standard normal, and weights of variance 1 / fan in")
  func distributions() {
    let teacher = Teacher(features: 100, hidden: [200, 50], seed: 4)
    #expect(areNoise(Rows<Double>(teacher, 500).x, deviation: 1))
    #expect(teacher.weights.map(\.count) == [20_000, 10_000, 50])
    #expect(areNoise(teacher.weights[0], deviation: 0.1))
    #expect(areNoise(teacher.weights[1], deviation: (1.0 / 200).squareRoot()))
    #expect(teacher.weights[0][..<100] != teacher.weights[1][..<100])
    #expect(Teacher(features: 100, hidden: [200, 50], seed: 5).weights != teacher.weights)
  }

  @Test("have normal noise with the deviation asked for, of its own in every column")
  func noise() {
    let clean = Rows<Double>(Teacher(targets: 3, seed: 5), 10_000)
    let noisy = Rows<Double>(Teacher(targets: 3, noise: 2, seed: 5), 10_000)
    let noise = zip(clean.values, noisy.values).map { $1 - $0 }
    #expect(areNoise(noise, deviation: 2))
    // Five standard deviations for columns that have nothing to do with each other.
    #expect(abs(covariance(noise, width: 3)) < 5 * 4.0 / 100)
  }

  @Test("read as people write them")
  func text() {
    #expect(Teacher(hidden: [4, 5], noise: 0.5).formula == "y = tanh(tanh(x W0) W1) W2 + 0.5*normal")
    #expect(Teacher(hidden: []).formula == "y = x W0")
    #expect(Teacher(targets: 2).targetNames == ["y0", "y1"])
  }
}
