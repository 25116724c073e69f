import Kernels
import Networks
import Testing

@Suite struct InitializerTests {
  /// A kernel large enough to tell a distribution.
  private static let network = MLP(inputs: 60, hidden: [50], outputs: 10, activation: .tanh)

  private static func kernel(_ initializer: Initializer, activation: Activation = .tanh) -> [Double] {
    let network = MLP(inputs: 60, hidden: [50], outputs: 10, activation: activation)
    return Array(initializer.parameters(for: network, seed: 3)[..<3000])
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test(arguments: [(Initializer.he, 2.0 / 60), (.normal, 1)])
  func normalKernelsHaveTheirVariance(initializer: Initializer, variance: Double) {
    let kernel = Self.kernel(initializer)
    let root = Double(kernel.count).squareRoot()
    // Five standard deviations of a mean, of a variance (2 for the square of a standard normal) and of a share.
    #expect(abs(Self.mean(kernel)) < 5 * variance.squareRoot() / root)
    #expect(abs(Self.mean(kernel.map { $0 * $0 }) / variance - 1) < 5 * 2.0.squareRoot() / root)
    let within = kernel.count { $0 * $0 < variance }
    #expect(abs(Double(within) / Double(kernel.count) - 0.6827) < 5 * 0.4655 / root)
  }

  @Test(arguments: [(Initializer.glorot, (6.0 / 110).squareRoot()), (.uniform, 1 / 60.0.squareRoot())])
  func uniformKernelsAreUniformUpToTheirLimit(initializer: Initializer, limit: Double) {
    let kernel = Self.kernel(initializer)
    let root = Double(kernel.count).squareRoot()
    #expect(kernel.allSatisfy { abs($0) <= limit })
    #expect(kernel.contains { $0 > 0.99 * limit } && kernel.contains { $0 < -0.99 * limit })
    // The square of a number uniform in [-1, 1) has mean 1/3 and variance 4/45; a half of the numbers is within 1/2.
    #expect(abs(Self.mean(kernel)) < 5 * limit / 3.0.squareRoot() / root)
    #expect(
      abs(Self.mean(kernel.map { $0 * $0 / limit / limit }) - 1.0 / 3) < 5 * (4.0 / 45).squareRoot() / root)
    let within = kernel.count { abs($0) < limit / 2 }
    #expect(abs(Double(within) / Double(kernel.count) - 0.5) < 5 * 0.5 / root)
  }

  @Test func zerosAreZero() {
    #expect(Self.kernel(.zeros).allSatisfy { $0 == 0 })
  }

  @Test(arguments: Activation.allCases) func automaticIsHeBeforeReluAndItsKinAndGlorotElsewhere(
    activation: Activation
  ) {
    let kin: [Activation] = [.relu, .leakyRelu, .elu, .gelu, .silu, .softplus]
    let expected = kin.contains(activation) ? Initializer.he : .glorot
    #expect(Self.kernel(.auto, activation: activation) == Self.kernel(expected, activation: activation))
    let output = ParameterLayout(Self.network).layers[1].kernel
    let parameters: [Double] = Initializer.auto.parameters(for: Self.network, seed: 1)
    let glorot: [Double] = Initializer.glorot.parameters(for: Self.network, seed: 1)
    #expect(parameters[output] == glorot[output])
  }

  @Test(arguments: Initializer.allCases) func biasesAreZero(initializer: Initializer) {
    let parameters: [Float] = initializer.parameters(for: Self.network, seed: 1)
    #expect(parameters.count == Self.network.parameterCount)
    for layer in ParameterLayout(Self.network).layers {
      #expect(parameters[layer.bias].allSatisfy { $0.bitPattern == 0 })
    }
  }

  @Test(arguments: Initializer.allCases) func float32IsTheRoundedFloat64(initializer: Initializer) {
    let narrow: [Float] = initializer.parameters(for: Self.network, seed: 7)
    let wide: [Double] = initializer.parameters(for: Self.network, seed: 7)
    #expect(narrow.map(\.bitPattern) == wide.map { Float($0).bitPattern })
  }

  @Test func theNumbersDependOnTheSeedAlone() {
    let first: [Double] = Initializer.normal.parameters(for: Self.network, seed: 1)
    let again: [Double] = Initializer.normal.parameters(for: Self.network, seed: 1)
    let other: [Double] = Initializer.normal.parameters(for: Self.network, seed: 2)
    #expect(first == again)
    let places = ParameterLayout(Self.network).layers.flatMap(\.kernel)
    #expect(places.allSatisfy { first[$0] != other[$0] })
  }

  @Test func aLayersNumbersDoNotDependOnTheOthers() {
    let narrow = MLP(inputs: 4, hidden: [6], outputs: 5)
    let wide = MLP(inputs: 9, hidden: [6], outputs: 5)
    let first: [Double] = Initializer.normal.parameters(for: narrow, seed: 1)
    let second: [Double] = Initializer.normal.parameters(for: wide, seed: 1)
    #expect(first[ParameterLayout(narrow).layers[1].kernel] == second[ParameterLayout(wide).layers[1].kernel])
    // Number j of a layer is the same, whatever its shape.
    #expect(first[..<24] == second[..<24])
  }

  @Test func layersAreDrawnIndependently() {
    let network = MLP(inputs: 30, hidden: [30], outputs: 30)
    let parameters: [Double] = Initializer.normal.parameters(for: network, seed: 1)
    let kernels = ParameterLayout(network).layers.map { Array(parameters[$0.kernel]) }
    let correlation = Self.mean(zip(kernels[0], kernels[1]).map { $0 * $1 })
    #expect(abs(correlation) < 5 / Double(kernels[0].count).squareRoot())
  }
}
