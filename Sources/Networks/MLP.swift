import Kernels
import Primitives

/// A dense layer: `units` outputs, each the activation of a weighted sum of all inputs and a bias.
public struct DenseLayer: Sendable, Equatable {
  /// The number of outputs.
  public var units: Int
  /// What is applied to the weighted sums.
  public var activation: Activation

  /// A layer; see the properties.
  public init(units: Int, activation: Activation) {
    self.units = units
    self.activation = activation
  }
}

/// A multilayer perceptron: a value that describes the network and holds no parameters.
public struct MLP: Sendable, Equatable {
  /// The number of features.
  public var inputs: Int
  /// The layers, from the input to the output. Never empty.
  public var layers: [DenseLayer]

  /// A network of `inputs` features through `layers`.
  ///
  /// - Precondition: every width is positive and there is a layer.
  public init(inputs: Int, layers: [DenseLayer]) {
    precondition(inputs > 0 && !layers.isEmpty && layers.allSatisfy { $0.units > 0 })
    self.inputs = inputs
    self.layers = layers
  }

  /// A network with hidden layers of one activation and an output layer.
  public init(
    inputs: Int, hidden: [Int], outputs: Int, activation: Activation = .relu,
    outputActivation: Activation = .identity
  ) {
    self.init(
      inputs: inputs,
      layers: hidden.map { DenseLayer(units: $0, activation: activation) }
        + [DenseLayer(units: outputs, activation: outputActivation)])
  }

  /// The number of outputs.
  public var outputs: Int { layers[layers.count - 1].units }

  /// The activation of the output layer.
  public var outputActivation: Activation { layers[layers.count - 1].activation }

  /// The number of parameters, or nil if it exceeds what an `Int` holds.
  public var parameterCount: Int? {
    var total = 0
    var width = inputs
    for layer in layers {
      let (weights, overflow1) = width.addingReportingOverflow(1)
      let (count, overflow2) = weights.multipliedReportingOverflow(by: layer.units)
      let (sum, overflow3) = total.addingReportingOverflow(count)
      if overflow1 || overflow2 || overflow3 { return nil }
      total = sum
      width = layer.units
    }
    return total
  }

  /// The widths joined by hyphens, as "2-10-1".
  public var summary: String {
    ([inputs] + layers.map(\.units)).map(String.init).joined(separator: "-")
  }
}
