import Primitives

/// A worker's own copy of the parameters and of the optimizer's state, and room to add up what all workers give.
///
/// Where there are few parameters, that every worker makes the whole of each step takes less time than a second meeting. The
/// same operations on the same numbers give the same bits, so all copies stay equal. Worker 0's is the team's parameters.
///
/// Only its worker touches it.
final class Replica<Element: Scalar>: Sendable {
  private let parameters: AlignedBuffer<Element>
  private let state: AlignedBuffer<Element>
  private let sums: AlignedBuffer<Element>
  private let stride: Int

  /// Of `parameters` parameters and `state` numbers of state, with room for `sums` gradients that begin `stride` numbers apart.
  init(parameters: Int, state: Int, sums: Int, stride: Int) {
    self.parameters = AlignedBuffer(repeating: 0, count: parameters)
    self.state = AlignedBuffer(repeating: 0, count: state)
    self.sums = AlignedBuffer(repeating: 0, count: sums * stride)
    self.stride = stride
  }

  /// What a worker uses of it, as plain addresses, valid as long as the replica.
  struct View: BitwiseCopyable {
    let parameters: UnsafeMutableBufferPointer<Element>
    let state: UnsafeMutableBufferPointer<Element>
    let isOriginal: Bool
    private let sums: UnsafeMutableBufferPointer<Element>
    private let stride: Int

    fileprivate init(
      _ replica: Replica,
      original: (parameters: UnsafeMutableBufferPointer<Element>, state: UnsafeMutableBufferPointer<Element>)?
    ) {
      isOriginal = original != nil
      parameters = original?.parameters ?? replica.parameters.elements
      state = original?.state ?? replica.state.elements
      sums = replica.sums.elements
      stride = replica.stride
    }

    /// The `index`-th of the gradients that are added up, `count` numbers.
    @inline(__always) func sum(_ index: Int, count: Int) -> UnsafeMutableBufferPointer<Element> {
      UnsafeMutableBufferPointer(rebasing: sums[index * stride..<index * stride + count])
    }

    /// Takes over the team's parameters and state, unless it is them.
    func copy(
      parameters: UnsafeMutableBufferPointer<Element>, state: UnsafeMutableBufferPointer<Element>
    ) {
      if isOriginal { return }
      _ = self.parameters.update(fromContentsOf: parameters)
      _ = self.state.update(fromContentsOf: state)
    }
  }

  /// A copy apart from the team's parameters and state.
  var view: View { View(self, original: nil) }

  /// The team's parameters and state themselves.
  func view(
    parameters: UnsafeMutableBufferPointer<Element>, state: UnsafeMutableBufferPointer<Element>
  ) -> View { View(self, original: (parameters, state)) }
}
