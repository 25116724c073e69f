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
    let matrix = buffer.matrix(rows, values.count / rows)
    activation.apply(to: matrix.readOnly, outputs: matrix)
    return buffer.array
  }

  /// The gradient by the weighted sums `z` of the sum of `slopes` times outputs.
  private static func derived<Element: Scalar>(
    _ activation: Activation, at z: [Element], slopes: [Element]
  ) -> [Element] {
    let known = AlignedBuffer(activation.needsSums ? z : applied(activation, to: z), filler: 0)
    let gradient = AlignedBuffer(slopes, filler: 0)
    activation.backpropagate(known: known.matrix(1, z.count).readOnly, gradient: gradient.matrix(1, z.count))
    return gradient.array
  }

  /// The definition, in double precision; by other formulas than the product's where there are any.
  private static func textbook(_ activation: Activation, _ z: Double) -> Double {
    switch activation {
    case .identity: z
    case .relu: max(z, 0)
    case .leakyRelu: max(z, 0) + 0.01 * min(z, 0)
    case .elu: z > 0 ? z : Glibc.exp(z) - 1
    case .gelu: z / 2 * (1 + Glibc.erf(z / 2.0.squareRoot()))
    case .silu: z > -700 ? z / (1 + Glibc.exp(-z)) : 0
    case .softplus: z < 40 ? Glibc.log(1 + Glibc.exp(z)) : z
    case .sigmoid: 1 / (1 + Glibc.exp(-z))
    case .tanh: Glibc.tanh(z)
    case .step: z < 0 ? 0 : 1
    case .softmax: .nan
    }
  }

  private static let elementwise = Activation.allCases.filter { $0 != .softmax }

  @Test(arguments: elementwise) func activationsAreThoseOfTheTextbook(activation: Activation) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let points = Self.points.map { Element($0) }
        for (value, z) in zip(Self.applied(activation, to: points), points) {
          let exact = Self.textbook(activation, Double(z))
          #expect(abs(Double(value) - exact) <= 4 * Double(Element.ulpOfOne) * max(1, abs(exact)), "at \(z)")
        }
      }
      check(type)
    }
  }

  @Test func whatIsPiecewiseLinearIsExact() {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let values = Self.points.map { Element($0) } + [.infinity, -.infinity]
        #expect(Self.applied(.identity, to: values) == values)
        #expect(Self.applied(.relu, to: values) == values.map { max($0, 0) })
        #expect(Self.applied(.leakyRelu, to: values) == values.map { $0 < 0 ? 0.01 * $0 : $0 })
        #expect(Self.applied(.step, to: values) == values.map { $0 < 0 ? 0 : 1 })
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

  @Test(arguments: elementwise) func derivativesAreThoseOfCentralDifferences(activation: Activation) {
    let z = [-2.5, -0.75, -0.1, 0.2, 1.1, 3]
    let slopes = [0.3, -1.2, 2, 0.7, -0.4, 1.5]
    let gradient = Self.derived(activation, at: z, slopes: slopes)
    let h = 0x1p-10
    for index in z.indices {
      func value(_ step: Double) -> Double { slopes[index] * Self.textbook(activation, z[index] + step) }
      // Five points: the error is below h^4 times the fifth derivative, here about 1e-11.
      let difference = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
      #expect(abs(gradient[index] - difference) < 1e-10)
    }
  }

  @Test func derivativesOfSaturatedUnitsAreTheirLimits() {
    for activation in [Activation.sigmoid, .tanh] {
      #expect(Self.derived(activation, at: [1e4, -1e4] as [Float], slopes: [1, 1]) == [0, 0])
    }
    for activation in [Activation.relu, .elu, .gelu, .silu, .softplus] {
      let slopes = Self.derived(activation, at: [1e4, -1e4] as [Float], slopes: [2, 2])
      #expect(slopes == [2, 0], "\(activation)")
    }
  }

  /// The conventions of PyTorch: a kink has the slope of its left side.
  @Test func kinksHaveTheSlopeOfTheirLeftSide() {
    let z = [0.0, -0.0, 1e-300, 5]
    #expect(Self.derived(.relu, at: z, slopes: [1, 2, 3, 4]) == [0, 0, 3, 4])
    #expect(Self.derived(.leakyRelu, at: z, slopes: [1, 2, 3, 4]) == [0.01, 0.02, 3, 4])
    #expect(Self.derived(.elu, at: z, slopes: [1, 2, 3, 4]) == [1, 2, 3, 4])
  }

  @Test func onlyStepCannotBeTrained() {
    #expect(Activation.allCases.filter { !$0.isTrainable } == [.step])
    #expect(Self.derived(.step, at: [-1.0, 0, 1], slopes: [1, 2, 3]) == [0, 0, 0])
  }

  @Test func namesAreThoseOfTheOptionsAndOfKeras() {
    let names = Activation.allCases.map { "\($0.rawValue) \($0.kerasName ?? "-")" }
    #expect(
      names == [
        "identity linear", "relu relu", "leaky-relu leaky_relu", "elu elu", "gelu gelu", "silu silu",
        "softplus softplus", "sigmoid sigmoid", "tanh tanh", "step -", "softmax softmax",
      ])
  }

  @Test func softmaxHasNoDerivativeOfItsOwn() async {
    await #expect(processExitsWith: .failure) {
      let values = AlignedBuffer([0.5, 0.5], filler: 0)
      Activation.softmax.backpropagate(
        known: Matrix(UnsafeBufferPointer(values.elements), rows: 1, columns: 2),
        gradient: MutableMatrix(values.elements, rows: 1, columns: 2))
    }
  }
}
