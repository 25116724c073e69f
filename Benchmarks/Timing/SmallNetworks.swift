import Benchmark
import Lockstep

/// The gradient of a small network's squared error over the rows of a shard, on one thread.
func smallNetworks() {
  for widths in [[2, 10, 1], [8, 16, 8, 2]] {
    for activation in [Activation.relu, .tanh] {
      smallNetwork(widths, activation, as: Float.self)
      smallNetwork(widths, activation, as: Double.self)
    }
  }
}

private func smallNetwork<Element: Scalar>(_ widths: [Int], _ activation: Activation, as type: Element.Type) {
  guard let variant = KernelVariant.current else { return }
  let rows = 256
  let network = MLP(
    inputs: widths[0], hidden: Array(widths[1..<widths.count - 1]), outputs: widths[widths.count - 1],
    activation: activation)
  measure(
    "gradient of \(network.summary), \(activation.rawValue), \(rows) rows, \(Element.precision.rawValue)",
    (.thousands, amount: Double(rows)), repetitions: .kilo
  ) {
    let small = SmallNetwork<Element>(network, loss: .meanSquaredError, variant: variant)
    let parameters = AlignedBuffer<Element>(Initializer.auto.parameters(for: network, seed: 0), filler: 0)
    let gradient = AlignedBuffer<Element>(repeating: 0, count: parameters.count)
    let x: AlignedBuffer<Element> = numbers(rows * network.inputs)
    let y: AlignedBuffer<Element> = numbers(rows * network.outputs)
    let indices = AlignedBuffer(Array(0..<rows), filler: 0)
    return {
      let loss = withExtendedLifetime((small, parameters, gradient, x, y, indices)) {
        small?.view.gradient(
          parameters: parameters.reading, of: .init(x: x.reading, y: y.reading), rows: indices.reading,
          gradient: gradient.elements)
      }
      blackHole(loss)
    }
  }
}
