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
          parameters: w.elements, gradient: g.readOnly, scale: 0.125, decay: 0, rate: 0.5)
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
          parameters: w.elements, gradient: g.readOnly, velocity: v.elements, scale: 0.125, decay: 0,
          rate: 0.5, momentum: 0.75)
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

  @Test(arguments: sizes) func nesterovLooksAheadAlongTheVelocity(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 4)
        let (w, g) = (numbers.buffer(count, as: type), numbers.buffer(count, as: type))
        let v = numbers.buffer(count, as: type)
        let (before, velocity) = (w.doubles, v.doubles)
        UpdateKernels.nesterov(
          parameters: w.elements, gradient: g.readOnly, velocity: v.elements, scale: 0.125, decay: 0,
          rate: 0.5, momentum: 0.75)
        for (index, gradient) in g.doubles.enumerated() {
          let next = 0.75 * velocity[index] - 0.5 * 0.125 * gradient
          let step = 0.75 * next - 0.5 * 0.125 * gradient
          // Roundings of terms below one.
          #expect(abs(Double(v.elements[index]) - next) <= 2 * Double(Element.ulpOfOne))
          #expect(
            abs(Double(w.elements[index]) - (before[index] + step)) <= 5 * Double(Element.ulpOfOne))
        }
      }
      check(type)
    }
  }

  @Test(arguments: sizes) func adaGradDividesByTheRootOfTheSumOfSquares(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 5)
        let (w, g) = (numbers.buffer(count, as: type), numbers.buffer(count, as: type))
        let s = AlignedBuffer(numbers.buffer(count, as: type).array.map { $0 * $0 }, filler: 0)
        let (before, squares) = (w.doubles, s.doubles)
        UpdateKernels.adaGrad(
          parameters: w.elements, gradient: g.readOnly, squares: s.elements, scale: 0.5, decay: 0,
          rate: 0.25, epsilon: 0x1p-10)
        let unit = Double(Element.ulpOfOne)
        for (index, sum) in g.doubles.enumerated() {
          let gradient = 0.5 * sum
          #expect(abs(Double(s.elements[index]) - (squares[index] + gradient * gradient)) <= 2 * unit)
          // The step itself from the sum as it is stored.
          let step = 0.25 * gradient / (Double(s.elements[index]).squareRoot() + 0x1p-10)
          #expect(abs(Double(w.elements[index]) - (before[index] - step)) <= (5 * abs(step) + 2) * unit)
        }
      }
      check(type)
    }
  }

  @Test(arguments: sizes) func rmsPropDividesByTheRootOfTheMeanOfSquares(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 6)
        let (w, g) = (numbers.buffer(count, as: type), numbers.buffer(count, as: type))
        let s = AlignedBuffer(numbers.buffer(count, as: type).array.map { $0 * $0 }, filler: 0)
        let (before, squares) = (w.doubles, s.doubles)
        UpdateKernels.rmsProp(
          parameters: w.elements, gradient: g.readOnly, squares: s.elements, scale: 0.5, decay: 0,
          rate: 0.25, oneMinusRho: 0.125, epsilon: 0x1p-10)
        let unit = Double(Element.ulpOfOne)
        for (index, sum) in g.doubles.enumerated() {
          let gradient = 0.5 * sum
          let mean = 0.875 * squares[index] + 0.125 * gradient * gradient
          #expect(abs(Double(s.elements[index]) - mean) <= 4 * unit)
          let step = 0.25 * gradient / (Double(s.elements[index]).squareRoot() + 0x1p-10)
          #expect(abs(Double(w.elements[index]) - (before[index] - step)) <= (5 * abs(step) + 2) * unit)
        }
      }
      check(type)
    }
  }

  @Test(arguments: sizes) func adaDeltaMeasuresStepsByEarlierSteps(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 7)
        let (w, g) = (numbers.buffer(count, as: type), numbers.buffer(count, as: type))
        let s = AlignedBuffer(numbers.buffer(count, as: type).array.map { $0 * $0 }, filler: 0)
        let d = AlignedBuffer(numbers.buffer(count, as: type).array.map { $0 * $0 }, filler: 0)
        let (before, squares, steps) = (w.doubles, s.doubles, d.doubles)
        UpdateKernels.adaDelta(
          parameters: w.elements, gradient: g.readOnly, squares: s.elements, steps: d.elements,
          scale: 0.5, decay: 0, rate: 0.25, oneMinusRho: 0.125, epsilon: 0x1p-10)
        let unit = Double(Element.ulpOfOne)
        for (index, sum) in g.doubles.enumerated() {
          let gradient = 0.5 * sum
          let mean = 0.875 * squares[index] + 0.125 * gradient * gradient
          #expect(abs(Double(s.elements[index]) - mean) <= 4 * unit)
          let ratio = (steps[index] + 0x1p-10) / (Double(s.elements[index]) + 0x1p-10)
          let step = ratio.squareRoot() * gradient
          let stepMean = 0.875 * steps[index] + 0.125 * step * step
          #expect(abs(Double(d.elements[index]) - stepMean) <= (4 + 8 * step * step) * unit)
          #expect(
            abs(Double(w.elements[index]) - (before[index] - 0.25 * step)) <= (8 * abs(step) + 2) * unit)
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
          scale: 0.5, decay: 0, shrink: 0.5, rate: 0.25, rootScale: 2, oneMinusBeta1: 0.125,
          oneMinusBeta2: 0.0625, epsilon: 0x1p-10)
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
            abs(Double(w.elements[index]) - (0.5 * before[index] - step)) <= (5 * abs(step) + 2) * unit)
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
      secondMoment: zeros[2].elements, scale: 1, decay: 0, shrink: 1, rate: 0.1, rootScale: 1,
      oneMinusBeta1: 0.1, oneMinusBeta2: 0.001, epsilon: 1e-8)
    #expect(w.array == [1, -2] && zeros[1].array == [0, 0] && zeros[2].array == [0, 0])
  }

  @Test func aDecayIsAGradientInTheParametersDirection() {
    // Whatever the rule, a zero gradient with a decay of 1/2 is the gradient w / 2 without one.
    typealias Rule = (_ w: AlignedBuffer<Double>, _ g: AlignedBuffer<Double>, _ decay: Double) -> Void
    let zeros = AlignedBuffer(repeating: 0.0, count: 4)
    let more = AlignedBuffer(repeating: 0.0, count: 4)
    let rules: [Rule] = [
      { w, g, decay in
        UpdateKernels.gradientDescent(
          parameters: w.elements, gradient: g.readOnly, scale: 1, decay: decay, rate: 0.1)
      },
      { w, g, decay in
        UpdateKernels.momentum(
          parameters: w.elements, gradient: g.readOnly, velocity: zeros.elements, scale: 1, decay: decay,
          rate: 0.1, momentum: 0.5)
      },
      { w, g, decay in
        UpdateKernels.nesterov(
          parameters: w.elements, gradient: g.readOnly, velocity: zeros.elements, scale: 1, decay: decay,
          rate: 0.1, momentum: 0.5)
      },
      { w, g, decay in
        UpdateKernels.adaGrad(
          parameters: w.elements, gradient: g.readOnly, squares: zeros.elements, scale: 1, decay: decay,
          rate: 0.1, epsilon: 1e-8)
      },
      { w, g, decay in
        UpdateKernels.rmsProp(
          parameters: w.elements, gradient: g.readOnly, squares: zeros.elements, scale: 1, decay: decay,
          rate: 0.1, oneMinusRho: 0.1, epsilon: 1e-8)
      },
      { w, g, decay in
        UpdateKernels.adaDelta(
          parameters: w.elements, gradient: g.readOnly, squares: zeros.elements, steps: more.elements,
          scale: 1, decay: decay, rate: 0.1, oneMinusRho: 0.1, epsilon: 1e-6)
      },
      { w, g, decay in
        UpdateKernels.adam(
          parameters: w.elements, gradient: g.readOnly, firstMoment: zeros.elements,
          secondMoment: more.elements, scale: 1, decay: decay, shrink: 1, rate: 0.1, rootScale: 1,
          oneMinusBeta1: 0.1, oneMinusBeta2: 0.001, epsilon: 1e-8)
      },
    ]
    let start = [1.0, -2, 0, 3]
    for rule in rules {
      func run(_ gradient: [Double], decay: Double) -> [Double] {
        zeros.elements.update(repeating: 0)
        more.elements.update(repeating: 0)
        let w = AlignedBuffer(start, filler: 0)
        rule(w, AlignedBuffer(gradient, filler: 0), decay)
        return w.array
      }
      let after = run([0, 0, 0, 0], decay: 0.5)
      #expect(after == run(start.map { $0 / 2 }, decay: 0))
      #expect(after[0] < 1 && after[1] > -2 && after[2] == 0)
    }
  }
}
