/// Clipping of gradients by their norm over all parameters (R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training
/// recurrent neural networks", ICML 2013, algorithm 1).
public enum GradientClipping {
  /// What makes sums over a batch a gradient that is no longer than `limit`.
  ///
  /// - Parameters:
  ///   - scale: what makes them the gradient.
  ///   - squares: the sum of their squares.
  ///   - limit: the largest norm.
  @inlinable public static func scale(_ scale: Double, squares: Double, limit: Double) -> Double {
    let norm = scale * squares.squareRoot()
    // A norm that is not finite clips nothing: it would make zeros of numbers that are to be seen.
    return norm > limit && norm.isFinite ? scale * (limit / norm) : scale
  }
}
