import Networks
import Testing

@Suite struct ParameterLayoutTests {
  @Test func kernelsAndBiasesFollowEachOtherFromTheInputOn() {
    let layout = ParameterLayout(MLP(inputs: 3, hidden: [5, 4], outputs: 2))
    #expect(layout.layers.map(\.kernel) == [0..<15, 20..<40, 44..<52])
    #expect(layout.layers.map(\.bias) == [15..<20, 40..<44, 52..<54])
    #expect(layout.layers.map(\.inputs) == [3, 5, 4])
    #expect(layout.layers.map(\.outputs) == [5, 4, 2])
    #expect(layout.count == 54)
  }

  @Test(arguments: [[], [1], [7, 3], [2, 9, 1, 4]]) func thePlacesCoverTheVectorWithoutGaps(hidden: [Int]) {
    let network = MLP(inputs: 6, hidden: hidden, outputs: 3)
    let layout = ParameterLayout(network)
    let places = layout.layers.flatMap { Array($0.kernel) + Array($0.bias) }
    #expect(places == Array(0..<layout.count))
    #expect(layout.count == network.parameterCount)
  }
}
