import Kernels
import Networks
import Testing

@Suite struct MLPTests {
  @Test func aNetworkIsHiddenLayersAndAnOutputLayer() {
    let network = MLP(inputs: 3, hidden: [5, 4], outputs: 2, activation: .tanh, outputActivation: .sigmoid)
    #expect(
      network.layers == [
        DenseLayer(units: 5, activation: .tanh), DenseLayer(units: 4, activation: .tanh),
        DenseLayer(units: 2, activation: .sigmoid),
      ])
    #expect(network.outputs == 2 && network.outputActivation == .sigmoid)
    #expect(network.summary == "3-5-4-2")
    #expect(MLP(inputs: 7, hidden: [], outputs: 1).summary == "7-1")
  }

  @Test func theDefaultsAreReluAndALinearOutput() {
    let network = MLP(inputs: 2, hidden: [10], outputs: 1)
    #expect(network.layers.map(\.activation) == [.relu, .identity])
  }

  @Test func parametersAreKernelsAndBiases() {
    #expect(MLP(inputs: 2, hidden: [10], outputs: 1).parameterCount == 2 * 10 + 10 + 10 + 1)
    #expect(MLP(inputs: 3, hidden: [], outputs: 2).parameterCount == 8)
  }

  @Test func aCountBeyondAnIntIsNil() {
    #expect(MLP(inputs: .max, hidden: [], outputs: 1).parameterCount == nil)
    #expect(MLP(inputs: .max - 1, hidden: [], outputs: 1).parameterCount == .max)
    #expect(MLP(inputs: .max - 1, hidden: [1], outputs: 1).parameterCount == nil)
    #expect(MLP(inputs: 1, hidden: [1 << 31, 1 << 31], outputs: 1 << 31).parameterCount == nil)
    #expect(MLP(inputs: 1, hidden: [1 << 32, 1 << 32], outputs: 1).parameterCount == nil)
    #expect(MLP(inputs: 1, hidden: [1 << 30, 1 << 30], outputs: 1).parameterCount != nil)
  }

  @Test func aGradientTakesThreeMultiplyAddsAWeightButTwoInTheFirstLayer() {
    // Forward 2 * 3 + 3 * 4, by weights the same, by the inputs of the second layer 3 * 4.
    #expect(MLP(inputs: 2, hidden: [3], outputs: 4).gradientOperations(rows: 5) == 2 * 5 * (18 + 18 + 12))
    #expect(MLP(inputs: 7, hidden: [], outputs: 2).gradientOperations(rows: 1) == 2 * (14 + 14))
    #expect(MLP(inputs: .max, hidden: [], outputs: .max).gradientOperations(rows: .max).isFinite)
  }

  @Test func aWidthOfZeroIsACallersError() async {
    await #expect(processExitsWith: .failure) { _ = MLP(inputs: 0, hidden: [], outputs: 1) }
    await #expect(processExitsWith: .failure) { _ = MLP(inputs: 1, hidden: [0], outputs: 1) }
    await #expect(processExitsWith: .failure) { _ = MLP(inputs: 1, layers: []) }
  }
}
