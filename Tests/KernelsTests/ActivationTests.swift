import Glibc
import Kernels
import Primitives
import Testing

@Suite struct ActivationTests {
  /// Weighted sums from the smallest to the largest that matter.
  private static let points: [Double] =
    [-1e4, -745, -104, -88, -20, -3, -1, -0.5, -0x1p-20, 0, 0x1p-20, 0.5, 1, 3, 20, 88, 104, 745, 1e4]

  private static func applied<Element: Scalar>(
    _ activation: Activation, to values: [Element], rows: Int = 1
  ) -> [Element] {
    let buffer = AlignedBuffer(values, filler: 0)
    activation.apply(to: buffer.matrix(rows, values.count / rows))
    return buffer.array
  }

  @Test func identityChangesNothing() {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let values = Self.points.map { Element($0) } + [.infinity, -.infinity]
        #expect(Self.applied(.identity, to: values) == values)
      }
      check(type)
    }
  }

  @Test func reluIsTheLargerOfZeroAndTheSum() {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let values = Self.points.map { Element($0) } + [.infinity, -.infinity]
        #expect(Self.applied(.relu, to: values) == values.map { max($0, 0) })
      }
      check(type)
    }
  }

  @Test(arguments: Activation.allCases) func notANumberStaysOne(activation: Activation) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        // Whichever column it stands in, softmax must not lose it in looking for the largest.
        for column in 0..<3 {
          var values: [Element] = [1, 2, 3]
          values[column] = .nan
          #expect(Self.applied(activation, to: values)[column].isNaN)
        }
      }
      check(type)
    }
  }

  @Test func sigmoidIsTheLogisticFunctionEverywhere() {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let values = Self.applied(.sigmoid, to: Self.points.map { Element($0) })
        for (value, z) in zip(values, Self.points) {
          let exact = 1 / (1 + Glibc.exp(-z))
          // The exponential, the addition and the division.
          #expect(agrees(value, exact, roundings: 4), "at \(z)")
        }
        #expect(values.first == 0 && values.last == 1)
      }
      check(type)
    }
    #expect(Activation.sigmoid(Float.infinity) == 1 && Activation.sigmoid(-Float.infinity) == 0)
  }

  @Test func tanhIsThatOfTheCLibrary() {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        for (value, z) in zip(Self.applied(.tanh, to: Self.points.map { Element($0) }), Self.points) {
          #expect(agrees(value, Glibc.tanh(z), roundings: 2), "at \(z)")
        }
      }
      check(type)
    }
  }

  @Test(
    arguments: [
      [0], [-1e4], [1, 2, 3], [0.25, 0.25, 0.25, 0.25], [1e4, -1e4], [-1e4, -1e4, -1e4], [1e4, 1e4],
      [1e4, 1e4 - 1, 1e4 - 20, 0], [-3, 80, 7, 79.5, 11],
    ] as [[Double]]) func softmaxIsADistribution(logits: [Double])
  {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let logits = logits.map { Element($0) }
        let values = Self.applied(.softmax, to: logits + logits, rows: 2)
        // A plain formula over differences, which are exact here, and so are not the logits' own exponentials.
        for (value, logit) in zip(values, logits + logits) {
          let exact = 1 / logits.reduce(0) { $0 + Glibc.exp(Double($1) - Double(logit)) }
          #expect(agrees(value, exact, roundings: 4 + logits.count))
        }
        let sum = values[..<logits.count].reduce(0, +)
        #expect(agrees(sum, 1, roundings: 2 * logits.count + 2))
      }
      check(type)
    }
  }

  @Test func softmaxReturnsTheLargestLogitAndTheLogarithmOfTheRest() {
    let row = AlignedBuffer([1.0, 5, 2], filler: 0)
    let result = Activation.softmax(row.elements)
    let exact = Double.log(Double.exp(-4) + 1 + Double.exp(-3))
    #expect(result.largest == 5 && agrees(result.logSum, exact, roundings: 3))
  }

  @Test(arguments: Activation.allCases) func derivativesAreThoseOfCentralDifferences(activation: Activation) {
    let z = [-2.5, -0.75, -0.1, 0.2, 1.1, 3]
    let slopes = [0.3, -1.2, 2, 0.7, -0.4, 1.5]
    let (rows, columns) = (2, 3)
    let outputs = AlignedBuffer(Self.applied(activation, to: z, rows: rows), filler: 0)
    let gradient = AlignedBuffer(slopes, filler: 0)
    activation.backpropagate(
      outputs: outputs.matrix(rows, columns).readOnly, gradient: gradient.matrix(rows, columns))
    func value(_ index: Int, _ step: Double) -> Double {
      var moved = z
      moved[index] += step
      return zip(Self.applied(activation, to: moved, rows: rows), slopes).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let h = 0x1p-10
    for index in z.indices {
      // Five points: the error is below h^4 times the fifth derivative, here about 1e-11.
      let difference =
        (8 * (value(index, h) - value(index, -h)) - (value(index, 2 * h) - value(index, -2 * h))) / (12 * h)
      #expect(abs(gradient.elements[index] - difference) < 1e-10)
    }
  }

  @Test func derivativesOfSaturatedUnitsAreZero() {
    for activation in [Activation.sigmoid, .tanh, .softmax] {
      let outputs = AlignedBuffer(Self.applied(activation, to: [1e4, -1e4] as [Float]), filler: 0)
      let gradient = AlignedBuffer([1, 1] as [Float], filler: 0)
      activation.backpropagate(outputs: outputs.matrix(1, 2).readOnly, gradient: gradient.matrix(1, 2))
      #expect(gradient.array == [0, 0])
    }
  }

  @Test func reluPassesNothingAtItsKink() {
    let outputs = AlignedBuffer([0.0, -0.0, 1e-300, 5], filler: 0)
    let gradient = AlignedBuffer([1.0, 2, 3, 4], filler: 0)
    Activation.relu.backpropagate(outputs: outputs.matrix(1, 4).readOnly, gradient: gradient.matrix(1, 4))
    #expect(gradient.array == [0, 0, 3, 4])
  }
}
