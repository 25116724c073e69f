import Kernels
import Primitives

/// The sum of the squares of a gradient, added up by a team in an order that does not depend on who adds what: block after
/// block of the parameters, and the blocks' sums along a tree.
///
/// Each worker writes the entries of its own slice; a barrier is between that and the tree, which every worker adds up for itself.
final class GradientNorm: Sendable {
  /// The parameters whose squares are added up at once. Workers' slices begin at multiples of it: the sum is then the same whoever
  /// owns what.
  static var block: Int { 512 }

  /// One entry a block.
  private let squares: AlignedBuffer<Double>

  init(parameters: Int) {
    squares = AlignedBuffer(repeating: 0, count: (parameters + Self.block - 1) / Self.block)
  }

  /// Plain addresses, valid as long as the norm.
  var view: View { View(squares: squares.elements) }

  /// See ``GradientNorm``.
  struct View {
    fileprivate let squares: UnsafeMutableBufferPointer<Double>

    /// Adds up the squares of the parameters of a block, which begin with parameter `first`.
    @inline(__always) func measure<Element: Scalar>(
      _ gradient: UnsafeBufferPointer<Element>, first: Int, kernels: FastKernels<Element>
    ) {
      squares[first / GradientNorm.block] = kernels.sumOfSquares(gradient)
    }

    /// The squares of all blocks.
    @inline(__always) func sum() -> Double {
      guard let base = UnsafePointer(squares.baseAddress) else { return 0 }
      return PairwiseTree.sum(base, count: squares.count)
    }
  }
}
