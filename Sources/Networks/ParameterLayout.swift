import Primitives

/// Where each layer's parameters lie in the one flat vector that holds them all.
///
/// The vector is kernel, bias, kernel, bias, ... from the input on, without gaps. A kernel is row-major `inputs` by
/// `outputs`, as in Keras. Gradients and the optimizer's state have the same layout.
public struct ParameterLayout: Sendable, Equatable {
  /// The place of one layer's parameters.
  public struct Layer: Sendable, Equatable {
    /// The layer's inputs, the kernel's rows.
    public let inputs: Int
    /// The layer's outputs, the kernel's columns.
    public let outputs: Int
    /// Where the kernel starts.
    public let kernelOffset: Int
    /// Where the bias starts: right behind the kernel.
    public var biasOffset: Int { kernelOffset + inputs * outputs }

    /// The places of the kernel.
    public var kernel: Range<Int> { kernelOffset..<biasOffset }
    /// The places of the bias.
    public var bias: Range<Int> { biasOffset..<biasOffset + outputs }
  }

  /// One entry a layer.
  public let layers: [Layer]
  /// The number of all parameters, `P`.
  public let count: Int

  /// The layout of `network`'s parameters.
  ///
  /// - Precondition: `network.parameterCount` is not nil.
  public init(_ network: MLP) {
    var layers: [Layer] = []
    var offset = 0
    var width = network.inputs
    for layer in network.layers {
      let entry = Layer(inputs: width, outputs: layer.units, kernelOffset: offset)
      layers.append(entry)
      offset = entry.bias.upperBound
      width = layer.units
    }
    self.layers = layers
    count = offset
  }
}
