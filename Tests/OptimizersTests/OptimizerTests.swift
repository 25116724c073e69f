import Optimizers
import Primitives
import Testing

/// What a step of an optimizer does to one parameter, written from its publication in double precision.
private protocol NaiveRule {
  /// The value of a parameter after `step`, the first being 1, from its value and the mean gradient.
  mutating func updated(_ w: Double, gradient g: Double, step: Int) -> Double
}

/// w - rate g; with momentum the heavy ball: v = momentum v - rate g, w + v.
private struct NaiveSGD: NaiveRule {
  var rate: Double
  var momentum = 0.0
  var v = 0.0

  mutating func updated(_ w: Double, gradient g: Double, step: Int) -> Double {
    v = momentum * v - rate * g
    return w + v
  }
}

/// Algorithm 1 of Kingma and Ba, line by line.
private struct NaiveAdam: NaiveRule {
  var (rate, beta1, beta2, epsilon): (Double, Double, Double, Double)
  var m = 0.0
  var v = 0.0

  mutating func updated(_ w: Double, gradient g: Double, step: Int) -> Double {
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    var (power1, power2) = (1.0, 1.0)
    for _ in 0..<step { (power1, power2) = (power1 * beta1, power2 * beta2) }
    let corrected1 = m / (1 - power1)
    let corrected2 = v / (1 - power2)
    return w - rate * corrected1 / (corrected2.squareRoot() + epsilon)
  }
}

@Suite struct OptimizerTests {
  private static let parameterCount = 37
  private static let steps = 50
  private static let batch = 3.0

  /// A parameter each of gradients large and small, always positive, of changing sign, and zero.
  private static func gradient(_ step: Int) -> [Double] {
    let random = CounterRandom(seed: 1, purpose: .testing, stream: UInt32(step))
    return (0..<parameterCount).map { index in
      let (u, v) = random.uniforms(UInt64(index))
      let size = [0, 1e-4, 0.1, 1, 30][index % 5]
      return Double(Float(index % 2 == 0 ? size * u : size * (2 * v - 1)))
    }
  }

  private static func start() -> [Double] { gradient(1000).map { Double(Float($0 / 10)) } }

  /// The parameters and the state after `steps`, each applied slice by slice as `cuts` say.
  private static func run<Element: Scalar>(
    _ optimizer: Optimizer, steps: Int = steps, cuts: [Int] = [], as type: Element.Type
  ) -> (parameters: [Element], state: [Element]) {
    let parameters = AlignedBuffer(start().map { Element($0) }, filler: 0)
    let state = AlignedBuffer(repeating: Element(0), count: optimizer.slots * parameterCount)
    let borders = [0] + cuts + [parameterCount]
    for step in 1...steps {
      // Sums over the batch, which the step makes means.
      let gradient = AlignedBuffer(gradient(step).map { Element($0 * batch) }, filler: 0)
      let prepared: PreparedStep<Element> = optimizer.prepare(step: step, scale: 1 / batch)
      for (from, to) in zip(borders, borders.dropFirst()).reversed() {
        prepared.apply(
          to: from..<to, parameters: parameters.elements,
          gradient: UnsafeBufferPointer(rebasing: gradient.elements[from..<to]), state: state.elements)
      }
    }
    return (parameters.array, state.array)
  }

  private static func check(_ optimizer: Optimizer, _ rule: some NaiveRule) {
    func check<Element: Scalar>(_ type: Element.Type) {
      let result = run(optimizer, as: type).parameters
      for (index, start) in start().enumerated() {
        var (rule, w, largest) = (rule, start, abs(start))
        for step in 1...steps {
          w = rule.updated(w, gradient: gradient(step)[index], step: step)
          largest = max(largest, abs(w))
        }
        // Ten roundings a step of numbers that are no larger than the largest value on the way.
        let bound = Double(10 * steps) * Double(Element.ulpOfOne) * largest
        #expect(abs(Double(result[index]) - w) <= bound, "\(Element.precision), parameter \(index)")
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test(arguments: [1, 0.01]) func gradientDescentIsThatOfTheTextbook(rate: Double) {
    Self.check(.sgd(SGD(learningRate: rate)), NaiveSGD(rate: rate))
  }

  @Test(arguments: [0.5, 0.9]) func momentumIsTheHeavyBall(momentum: Double) {
    Self.check(
      .sgd(SGD(learningRate: 0.01, momentum: momentum)), NaiveSGD(rate: 0.01, momentum: momentum))
  }

  @Test(arguments: [(0.001, 0.9, 0.999, 1e-8), (0.1, 0.5, 0.9, 1e-3), (0.01, 0, 0.99, 1e-7)])
  func adamIsThatOfThePaper(rate: Double, beta1: Double, beta2: Double, epsilon: Double) {
    Self.check(
      .adam(Adam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon)),
      NaiveAdam(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon))
  }

  @Test func adamsFirstStepIsTheLearningRateWhateverTheGradientsSize() {
    let (start, after) = (Self.start(), Self.run(.adam(Adam()), steps: 1, as: Double.self).parameters)
    for (index, gradient) in Self.gradient(1).enumerated() where abs(gradient) > 0 {
      // But for epsilon, beside a gradient that may be small.
      let expected = 0.001 * gradient / (abs(gradient) + 1e-8)
      #expect(abs(start[index] - after[index] - expected) < 1e-14)
    }
  }

  private static let all: [Optimizer] =
    Optimizer.Name.allCases.map { Optimizer($0) } + [
      .sgd(SGD(learningRate: 0.1, momentum: 0.5, weightDecay: 0.1)),
      .adam(Adam(weightDecay: 0.1, biasCorrection: .fixed)),
    ]

  @Test(arguments: all) func slicesAreTheWholeBitForBit(optimizer: Optimizer) {
    func check<Element: Scalar>(_ type: Element.Type) {
      let whole = Self.run(optimizer, as: type)
      for cuts in [[1], [16, 32], [0, 5, 5, 36], Array(1..<Self.parameterCount)] {
        let sliced = Self.run(optimizer, cuts: cuts, as: type)
        #expect(
          sliced.parameters.map { Double($0).bitPattern } == whole.parameters.map { Double($0).bitPattern })
        #expect(sliced.state.map { Double($0).bitPattern } == whole.state.map { Double($0).bitPattern })
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test func theStateIsTheSlotsOneAfterTheOther() {
    let gradient = Self.gradient(1)
    #expect(Self.run(.sgd(SGD()), steps: 1, as: Double.self).state.isEmpty)
    let velocity = Self.run(.sgd(SGD(learningRate: 0.5, momentum: 0.9)), steps: 1, as: Double.self).state
    let moments = Self.run(
      .adam(Adam(beta1: 0.5, beta2: 0.75)), steps: 1, as: Double.self
    ).state
    #expect(velocity.count == Self.parameterCount && moments.count == 2 * Self.parameterCount)
    for (index, g) in gradient.enumerated() {
      // One rounding where the sum over the batch is scaled, two for each product after that.
      let unit = Double.ulpOfOne
      #expect(abs(velocity[index] + 0.5 * g) <= 2 * unit * abs(g))
      #expect(abs(moments[index] - 0.5 * g) <= 2 * unit * abs(g))
      #expect(abs(moments[Self.parameterCount + index] - 0.25 * g * g) <= 4 * unit * g * g)
    }
  }

  @Test func onlyTheSliceIsTouched() {
    for optimizer in Self.all {
      let parameters = AlignedBuffer(repeating: 1.0, count: 10)
      let gradient = AlignedBuffer(repeating: 1.0, count: 10)
      let state = AlignedBuffer(repeating: 0.0, count: optimizer.slots * 10)
      let step: PreparedStep<Double> = optimizer.prepare(step: 1, scale: 1)
      step.apply(
        to: 3..<7, parameters: parameters.elements,
        gradient: UnsafeBufferPointer(rebasing: gradient.elements[..<4]), state: state.elements)
      let inside = (0..<10).map { (3..<7).contains($0) }
      #expect(parameters.array.map { $0 != 1 } == inside)
      for slot in 0..<optimizer.slots {
        #expect(state.array[(slot * 10)..<(slot * 10 + 10)].map { $0 != 0 } == inside)
      }
    }
  }

  @Test func slotsRatesAndNamesAreThoseOfTheRule() {
    let rules = Optimizer.Name.allCases.map { Optimizer($0) }
    #expect(rules.map(\.name) == Optimizer.Name.allCases)
    #expect(rules.map(\.slots) == [0, 1, 1, 1, 1, 2, 2, 2])
    #expect(rules.map(\.learningRate) == [0.01, 0.01, 0.01, 0.01, 0.01, 1, 0.001, 0.001])
  }

  @Test func momentumMakesTheName() {
    #expect(Optimizer.sgd(SGD(momentum: 0.1)).name == .momentum)
    #expect(Optimizer.sgd(SGD(momentum: 0.1, nesterov: true)).name == .nesterov)
    var optimizer = Optimizer(.momentum)
    optimizer[.momentum] = 0
    #expect(optimizer == Optimizer(.sgd))
  }

  @Test func everyNumberOfARuleCanBeReadAndSet() {
    for name in Optimizer.Name.allCases {
      var optimizer = Optimizer(name)
      #expect(optimizer.hyperparameters.contains(.learningRate))
      #expect(optimizer.hyperparameters.contains(.weightDecay))
      for (index, hyperparameter) in optimizer.hyperparameters.enumerated() {
        optimizer[hyperparameter] = 0.25 + Double(index) / 64
      }
      for (index, hyperparameter) in optimizer.hyperparameters.enumerated() {
        #expect(optimizer[hyperparameter] == 0.25 + Double(index) / 64)
      }
      let before = optimizer
      for hyperparameter in Hyperparameter.allCases where optimizer[hyperparameter] == nil {
        optimizer[hyperparameter] = 0.5
      }
      #expect(optimizer == before)
    }
  }

  @Test func onlyAdamHasABiasToCorrect() {
    for name in Optimizer.Name.allCases {
      var optimizer = Optimizer(name)
      let hasBias = [.adam, .adamw].contains(name)
      #expect(optimizer.biasCorrection == (hasBias ? .stepwise : nil))
      optimizer.biasCorrection = .fixed
      #expect(optimizer.biasCorrection == (hasBias ? .fixed : nil))
    }
  }

  @Test func theFixedCorrectionIsThatOfTheFirstStep() {
    let (fixed, stepwise) = (
      Optimizer.adam(Adam(biasCorrection: .fixed)), Optimizer.adam(Adam(biasCorrection: .stepwise))
    )
    let first = Self.run(stepwise, steps: 1, as: Double.self)
    #expect(Self.run(fixed, steps: 1, as: Double.self).parameters == first.parameters)
    #expect(
      Self.run(fixed, steps: 2, as: Double.self).parameters
        != Self.run(stepwise, steps: 2, as: Double.self).parameters)
  }

  @Test func aLearningRateInPlaceOfTheRulesOwnIsUsedThroughout() {
    for var optimizer in Self.all {
      let other: PreparedStep<Double> = optimizer.prepare(step: 3, scale: 1, learningRate: 0.125)
      optimizer[.learningRate] = 0.125
      let own: PreparedStep<Double> = optimizer.prepare(step: 3, scale: 1)
      #expect("\(other)" == "\(own)")
    }
  }

  @Test func theCorrectionsOfBiasVanishInTheLongRun() {
    let step: PreparedStep<Double> = Optimizer.adam(Adam()).prepare(step: 1_000_000_000, scale: 1)
    guard case .adam(_, _, _, let rate, let rootScale, _, _, _) = step else {
      Issue.record("another rule")
      return
    }
    #expect(rate == 0.001 && rootScale == 1)
  }
}
