import Kernels
import Primitives
import Testing

@Suite struct UpdateKernelsTests {
  private static let sizes = [1, 2, 7, 16, 31]

  @Test(arguments: sizes) func gradientDescentSubtractsTheScaledGradient(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 1)
        let (w, g) = (numbers.buffer(count, as: type), numbers.buffer(count, as: type))
        let before = w.doubles
        UpdateKernels.gradientDescent(
          parameters: w.elements, gradient: g.readOnly, scale: 0.125, rate: 0.5)
        for (index, gradient) in g.doubles.enumerated() {
          #expect(agrees(w.elements[index], before[index] - 0.5 * 0.125 * gradient, roundings: 1))
        }
      }
      check(type)
    }
  }

  @Test(arguments: sizes) func momentumKeepsAPartOfTheLastStep(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 2)
        let (w, g) = (numbers.buffer(count, as: type), numbers.buffer(count, as: type))
        let v = numbers.buffer(count, as: type)
        let (before, velocity) = (w.doubles, v.doubles)
        UpdateKernels.momentum(
          parameters: w.elements, gradient: g.readOnly, velocity: v.elements, scale: 0.125, rate: 0.5,
          momentum: 0.75)
        for (index, gradient) in g.doubles.enumerated() {
          let step = 0.75 * velocity[index] - 0.5 * 0.125 * gradient
          // Roundings of terms below one: of the product, of the difference, of the sum.
          #expect(abs(Double(v.elements[index]) - step) <= 2 * Double(Element.ulpOfOne))
          #expect(
            abs(Double(w.elements[index]) - (before[index] + step)) <= 4 * Double(Element.ulpOfOne))
        }
      }
      check(type)
    }
  }

  @Test(arguments: sizes) func adamFollowsItsMoments(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 3)
        let (w, g) = (numbers.buffer(count, as: type), numbers.buffer(count, as: type))
        let m = numbers.buffer(count, as: type)
        let v = AlignedBuffer(m.array.map { $0 * $0 }, filler: 0)
        let (before, first, second) = (w.doubles, m.doubles, v.doubles)
        UpdateKernels.adam(
          parameters: w.elements, gradient: g.readOnly, firstMoment: m.elements, secondMoment: v.elements,
          scale: 0.5, rate: 0.25, rootScale: 2, oneMinusBeta1: 0.125, oneMinusBeta2: 0.0625,
          epsilon: 0x1p-10)
        let unit = Double(Element.ulpOfOne)
        for (index, sum) in g.doubles.enumerated() {
          let gradient = 0.5 * sum
          let mean = 0.875 * first[index] + 0.125 * gradient
          let square = 0.9375 * second[index] + 0.0625 * gradient * gradient
          // Roundings of terms below two.
          #expect(abs(Double(m.elements[index]) - mean) <= 4 * unit)
          #expect(abs(Double(v.elements[index]) - square) <= 4 * unit)
          // The step itself from the moments as they are stored.
          let (m, v) = (Double(m.elements[index]), Double(v.elements[index]))
          let step = 0.25 * m / (2 * v.squareRoot() + 0x1p-10)
          #expect(
            abs(Double(w.elements[index]) - (before[index] - step)) <= (5 * abs(step) + 2) * unit)
        }
      }
      check(type)
    }
  }

  @Test func aZeroGradientFromZeroStateMovesNothing() {
    let w = AlignedBuffer([1.0, -2], filler: 0)
    let zeros = (0..<3).map { _ in AlignedBuffer(repeating: 0.0, count: 2) }
    UpdateKernels.adam(
      parameters: w.elements, gradient: zeros[0].readOnly, firstMoment: zeros[1].elements,
      secondMoment: zeros[2].elements, scale: 1, rate: 0.1, rootScale: 1, oneMinusBeta1: 0.1,
      oneMinusBeta2: 0.001, epsilon: 1e-8)
    #expect(w.array == [1, -2] && zeros[1].array == [0, 0] && zeros[2].array == [0, 0])
  }
}
