import Kernels
import Primitives

extension SmallNetwork {
  /// `network` as a small one, or nil if it is none.
  public convenience init?(_ network: MLP, loss: Loss, variant: KernelVariant) {
    // A network too large to be counted has no layout.
    guard let count = network.parameterCount, count <= Self.mostParameters else { return nil }
    let layers = zip(ParameterLayout(network).layers, network.layers).map { place, layer in
      (place.inputs, place.outputs, place.kernelOffset, place.biasOffset, layer.activation)
    }
    self.init(layers: layers, parameterCount: count, loss: loss, variant: variant)
  }
}
