import Lockstep
import Testing

@testable import Lessons

@Suite("A worked network")
struct WorkedNetworkTests {
  let network = WorkedNetwork([
    WorkedLayer([[1, -2], [3, 4]], bias: [0.5, -1], .relu),
    WorkedLayer([[2], [-1]], bias: [0.25], .identity),
  ])
  /// Two rows.
  let x = [1.0, 1, -1, 2]

  @Test("shows weighted sums and outputs of every layer and row")
  func intermediates() {
    #expect(network.totalInput(of: 0, x) == [4.5, 1, 5.5, 9])
    #expect(network.totalInput(of: 0, [-1, -1]) == [-3.5, -3])
    #expect(network.output(of: 0, [-1, -1]) == [0, 0])
    #expect(network.output(x) == [8.25, 2.25])
    #expect(network.outputBiasLast([1, 1]) == [8.25])
  }

  @Test("has mean losses and summed gradients")
  func losses() {
    #expect(network.loss(.meanSquaredError, x, .values([8, 2])) == 0.0625)
    // Both rows are active, errors 0.25 each: the second bias's derivative is 2 * 0.25 twice.
    let gradient = network.gradient(of: .meanSquaredError, x, .values([8, 2]))
    #expect(gradient.last == 1)
    #expect(Array(gradient[network.layout.layers[1].kernel]) == [5, 5])
  }
}
