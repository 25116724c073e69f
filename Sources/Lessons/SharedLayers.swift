import Lockstep

/// The layers that several lessons begin with.
extension WorkedLayer {
  /// Two inputs, three units.
  static let first = WorkedLayer([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], bias: [0.1, 0.2, 0.3], .relu)
  /// Three inputs, two units.
  static let second = WorkedLayer([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], bias: [0.1, 0.2], .relu)

  /// The same parameters with another activation.
  func with(_ activation: Activation) -> WorkedLayer { WorkedLayer(kernel, bias: bias, activation) }
}
