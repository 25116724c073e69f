import Kernels
import Primitives

/// How the first kernels are drawn. Biases start at zero.
public enum Initializer: String, Sendable, CaseIterable {
  /// `he` before ReLU and its kin, `glorot` otherwise, for each layer by itself.
  case auto
  /// Normal, variance 2 / inputs: K. He et al., "Delving deep into rectifiers", 2015.
  case he
  /// Uniform, limit sqrt(6 / (inputs + outputs)): X. Glorot, Y. Bengio, "Understanding the difficulty of training deep
  /// feedforward neural networks", 2010.
  case glorot
  /// Standard normal.
  case normal
  /// Uniform, limit 1 / sqrt(inputs): the customary heuristic that Glorot and Bengio start from (their equation 1), and what
  /// PyTorch gives to linear layers.
  case uniform
  /// All zero.
  case zeros

  /// Draws the parameters of `network`. Number j of layer l depends on (seed, l, j) alone, and is drawn in double
  /// precision: a float32 network starts from the rounded values of the float64 one.
  @inlinable public func parameters<Element: Scalar>(
    for network: MLP, seed: UInt64, as type: Element.Type = Element.self
  ) -> [Element] {
    let layout = ParameterLayout(network)
    var parameters = [Element](repeating: 0, count: layout.count)
    for (index, layer) in layout.layers.enumerated() {
      let random = CounterRandom(seed: seed, purpose: .initialization, stream: UInt32(index))
      let draw = distribution(for: layer, activation: network.layers[index].activation)
      for (position, parameter) in layer.kernel.enumerated() {
        parameters[parameter] = Element(draw(random, UInt64(position)))
      }
    }
    return parameters
  }

  @usableFromInline func distribution(for layer: ParameterLayout.Layer, activation: Activation)
    -> (CounterRandom, UInt64) -> Double
  {
    switch self {
    case .auto:
      return (activation.isRectifier ? Initializer.he : .glorot).distribution(
        for: layer, activation: activation)
    case .he:
      let deviation = (2 / Double(layer.inputs)).squareRoot()
      return { deviation * $0.normal($1) }
    case .glorot:
      return Self.uniformNumbers(limit: (6 / Double(layer.inputs + layer.outputs)).squareRoot())
    case .uniform:
      return Self.uniformNumbers(limit: 1 / Double(layer.inputs).squareRoot())
    case .normal:
      return { $0.normal($1) }
    case .zeros:
      return { _, _ in 0 }
    }
  }

  /// Numbers in [-limit, limit).
  private static func uniformNumbers(limit: Double) -> (CounterRandom, UInt64) -> Double {
    { limit * (2 * $0.uniforms($1).0 - 1) }
  }
}
