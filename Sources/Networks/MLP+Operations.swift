extension MLP {
  /// The floating-point operations of the gradient of a loss over `rows` rows, two for each multiply-add.
  ///
  /// Each weight takes part in one multiply-add a row in the forward pass, one in the derivative by the weight, and one in
  /// the derivative by the layer's input, which the first layer does without:
  /// `2 * rows * (3 * weights - weights of the first layer)`. Biases, activations, the loss and the optimizer, which are
  /// few beside these in wide networks, do not count.
  public func gradientOperations(rows: Int) -> Double {
    var multiplyAdds = 0.0
    var width = inputs
    for (index, layer) in layers.enumerated() {
      multiplyAdds += (index == 0 ? 2 : 3) * Double(width) * Double(layer.units)
      width = layer.units
    }
    return 2 * Double(rows) * multiplyAdds
  }
}
