import Kernels
import Networks
import Primitives
import Testing

/// A network and a loss that go together.
struct Combination: CustomTestStringConvertible {
  var hidden: [Int]
  var activation: Activation
  var outputActivation: Activation
  var loss: Loss

  var network: MLP {
    MLP(
      inputs: 3, hidden: hidden, outputs: 3, activation: activation, outputActivation: outputActivation)
  }

  var testDescription: String { "\(network.summary) \(activation) \(outputActivation) \(loss)" }

  /// Every activation of hidden layers with every loss, every output activation, and 0 to 3 hidden layers.
  static let all: [Combination] = {
    let trainable = Activation.allCases.filter { $0.isTrainable && $0 != .softmax }
    let losses = Loss.all.map { $0.huberDelta == nil ? $0 : .huber(delta: 0.6) }
    return [[], [4, 2]].flatMap { hidden in
      trainable.flatMap { activation in
        losses.map {
          Combination(
            hidden: hidden, activation: activation, outputActivation: $0.requiredActivation ?? .identity,
            loss: $0)
        }
      }
    }
      + [[], [4], [2, 5, 3]].flatMap { hidden in
        trainable.map {
          Combination(hidden: hidden, activation: .tanh, outputActivation: $0, loss: .meanSquaredError)
        }
      }
  }()

  /// The first of many batches and parameters for which no ReLU comes near its kink.
  func example<Element: Scalar>(rows: Int, as type: Element.Type = Double.self) throws -> (
    batch: Batch<Element>, parameters: [Element]
  ) {
    let count = try #require(network.parameterCount)
    for seed in 0..<1000 {
      var numbers = Numbers(seed: UInt64(seed))
      let parameters = numbers.array(count).map { 1.5 * $0 }
      let start = numbers
      let batch = Batch<Double>(for: network, loss: loss, rows: rows, numbers: &numbers)
      let naive = NaiveNetwork(network: network, parameters: parameters)
      guard naive.distanceToKinks(of: batch, loss: loss) > 0.05 else { continue }
      var again = start
      return (
        Batch(for: network, loss: loss, rows: rows, numbers: &again), parameters.map { Element($0) }
      )
    }
    throw NoExample()
  }

  struct NoExample: Error {}
}

@Suite struct WorkspaceTests {
  @Test(arguments: Combination.all) func gradientsAreThoseOfCentralDifferences(combination: Combination)
    throws
  {
    let network = combination.network
    let (batch, parameters) = try combination.example(rows: 2)
    let workspace = Workspace<Double>(network: network, capacity: 2)
    let (loss, gradient) = workspace.gradient(of: batch, parameters: parameters, loss: combination.loss)
    var naive = NaiveNetwork(network: network, parameters: parameters)
    let exact = naive.loss(combination.loss, of: batch)
    #expect(abs(loss - exact) < 1e-13 * max(1, exact))
    let scale = try #require(gradient.map(\.magnitude).max())
    var worst = 0.0
    for index in parameters.indices {
      func value(_ step: Double) -> Double {
        naive.parameters[index] = parameters[index] + step
        return naive.loss(combination.loss, of: batch)
      }
      let h = 0x1p-10
      let difference = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
      naive.parameters[index] = parameters[index]
      worst = max(worst, abs(gradient[index] - difference) / scale)
    }
    #expect(worst < 1e-6)
  }

  @Test(arguments: Combination.all) func predictionsAreThoseOfTheTextbook(combination: Combination) throws {
    let (batch, parameters) = try combination.example(rows: 3)
    let naive = NaiveNetwork(network: combination.network, parameters: parameters)
    let expected = (0..<3).flatMap { naive.run(Array(batch.input.row($0))).outputs }
    let workspace = Workspace<Double>(network: combination.network, capacity: 3)
    let (predicted, evaluated, loss) = parameters.withUnsafeBufferPointer { parameters in
      let predicted = Array(workspace.predict(input: batch.input, parameters: parameters).elements)
      let result = workspace.evaluate(
        input: batch.input, targets: batch.targets, parameters: parameters, loss: combination.loss)
      return (predicted, Array(result.outputs.elements), result.loss)
    }
    #expect(zip(predicted, expected).allSatisfy { abs($0 - $1) <= 1e-14 * max(1, abs($1)) })
    #expect(evaluated == predicted)
    #expect(loss == workspace.gradient(of: batch, parameters: parameters, loss: combination.loss).loss)
  }

  /// No pass may read what it did not write, or what an earlier pass left.
  @Test(arguments: Combination.all) func whatLiesInTheScratchMemoryDoesNotMatter(combination: Combination)
    throws
  {
    func check<Element: Scalar>(_ type: Element.Type) throws {
      let (batch, parameters) = try combination.example(rows: 3, as: type)
      let workspace = Workspace<Element>(network: combination.network, capacity: 5)
      let clean = workspace.gradient(of: batch, parameters: parameters, loss: combination.loss)
      #expect(clean.loss.isFinite && clean.gradient.allSatisfy { $0.isFinite })
      for byte in [0x00, 0xff, 0x7f] as [UInt8] {
        workspace.poison(with: byte)
        let poisoned = workspace.gradient(of: batch, parameters: parameters, loss: combination.loss)
        #expect(Self.bits([poisoned.loss]) == Self.bits([clean.loss]))
        #expect(Self.bits(poisoned.gradient) == Self.bits(clean.gradient))
        workspace.poison(with: byte)
        let (predicted, evaluated) = parameters.withUnsafeBufferPointer { parameters in
          let predicted = Array(workspace.predict(input: batch.input, parameters: parameters).elements)
          workspace.poison(with: byte)
          return (
            predicted,
            Array(
              workspace.evaluate(
                input: batch.input, targets: batch.targets, parameters: parameters, loss: combination.loss
              ).outputs.elements)
          )
        }
        #expect(Self.bits(predicted) == Self.bits(evaluated))
      }
    }
    try check(Float.self)
    try check(Double.self)
  }

  @Test(arguments: Combination.all) func theCapacityDoesNotMatter(combination: Combination) throws {
    let (batch, parameters) = try combination.example(rows: 3)
    let results = [3, 4, 64].map { capacity in
      Workspace<Double>(network: combination.network, capacity: capacity)
        .gradient(of: batch, parameters: parameters, loss: combination.loss)
    }
    for other in results[1...] {
      #expect(other.loss == results[0].loss && Self.bits(other.gradient) == Self.bits(results[0].gradient))
    }
  }

  @Test func float32GradientsAreNearThoseOfFloat64() throws {
    for combination in Combination.all where combination.hidden.count == 2 {
      let wide = try combination.example(rows: 3)
      let narrow = try combination.example(rows: 3, as: Float.self)
      let (loss, loss32, gradient, gradient32): (Double, Float, [Double], [Float])
      (loss, gradient) = Workspace(network: combination.network, capacity: 3)
        .gradient(of: wide.batch, parameters: wide.parameters, loss: combination.loss)
      (loss32, gradient32) = Workspace(network: combination.network, capacity: 3)
        .gradient(of: narrow.batch, parameters: narrow.parameters, loss: combination.loss)
      // About a hundred roundings of numbers below the largest.
      let bound = 100 * Double(Float.ulpOfOne) * max(1, gradient.map(\.magnitude).max() ?? 0)
      #expect(abs(Double(loss32) - loss) < bound * max(1, loss))
      #expect(zip(gradient, gradient32).allSatisfy { abs($0 - Double($1)) < bound })
    }
  }

  @Test func workspacesOfOneNetworkDoNotShareMemory() throws {
    let combination = Combination(
      hidden: [4], activation: .tanh, outputActivation: .identity, loss: .meanSquaredError)
    let (batch, parameters) = try combination.example(rows: 2)
    let first = Workspace<Double>(network: combination.network, capacity: 2)
    let second = Workspace<Double>(network: combination.network, capacity: 2)
    let outputs = parameters.withUnsafeBufferPointer { first.predict(input: batch.input, parameters: $0) }
    let before = Array(outputs.elements)
    second.poison(with: 0xff)
    #expect(Array(outputs.elements) == before)
  }

  @Test func moreRowsThanTheCapacityAreACallersError() async {
    await #expect(processExitsWith: .failure) {
      let x = AlignedBuffer(repeating: 0.0, count: 3)
      let workspace = Workspace<Double>(network: MLP(inputs: 1, hidden: [], outputs: 1), capacity: 2)
      _ = [0.0, 0].withUnsafeBufferPointer { workspace.predict(input: x.matrix(3, 1), parameters: $0) }
    }
  }

  private static func bits<Element: Scalar>(_ values: [Element]) -> [UInt64] {
    values.map { Double($0).bitPattern }
  }
}
