import Datasets
import Kernels
import Networks
import Primitives

/// The memory that one worker computes in: its rows, the network's workspace, and its gradient buffers.
///
/// Only its worker touches it, but for `gradients`, which all workers read and write slice by slice in the reduction.
final class WorkerScratch<Element: Scalar>: Sendable {
  private let workspace: Workspace<Element>
  /// What computes gradients instead, if the network is small.
  private let small: SmallNetwork<Element>?
  private let smallView: SmallNetwork<Element>.View?
  /// `slots` gradients of `gradientStride` numbers each.
  let gradients: AlignedBuffer<Element>
  private let variant: KernelVariant?
  private let features: Int
  /// Rows of the order worked out so far, from position `window[0]` up to `window[1]`.
  private let indices: AlignedBuffer<Int>
  private let window: AlignedBuffer<Int>
  private let x: AlignedBuffer<Element>
  private let values: AlignedBuffer<Element>
  private let labels: AlignedBuffer<Int32>
  private let weights: AlignedBuffer<Element>

  init(
    network: MLP, loss: Loss, rows: Int, usesLabels: Bool, isWeighted: Bool, gradientCount: Int,
    variant: KernelVariant?
  ) {
    small = variant.flatMap { SmallNetwork(network, loss: loss, variant: $0) }
    smallView = small?.view
    self.variant = variant
    features = network.inputs
    workspace = Workspace(network: network, capacity: rows, variant: variant)
    gradients = AlignedBuffer(repeating: 0, count: gradientCount)
    indices = AlignedBuffer(repeating: 0, count: max(rows, Self.lookahead) + SmallNetwork<Element>.Rows.ahead)
    window = AlignedBuffer(repeating: 0, count: 2)
    x = AlignedBuffer(repeating: 0, count: rows * network.inputs)
    values = AlignedBuffer(repeating: 0, count: usesLabels ? 0 : rows * network.outputs)
    labels = AlignedBuffer(repeating: 0, count: usesLabels ? rows : 0)
    weights = AlignedBuffer(repeating: 0, count: isWeighted ? rows : 0)
  }

  /// The rows that are worked out at once by who computes all of them: an order gives many for little more than a few.
  private static var lookahead: Int { 1024 }

  /// Forgets what was worked out of another order.
  func begin() { (window.elements[0], window.elements[1]) = (0, 0) }

  /// The rows at `positions` of `order`, and as many of those that follow as are known: if `alone`, at least `ahead` or all, since
  /// they are wanted here next.
  @inline(__always) private func rows(
    at positions: Range<Int>, and ahead: Int, of order: EpochOrder.View, alone: Bool
  ) -> UnsafeBufferPointer<Int> {
    let window = window.elements
    let wanted = alone ? min(positions.upperBound + ahead, order.count) : positions.upperBound
    if positions.lowerBound < window[0] || wanted > window[1] {
      let end = alone ? min(positions.lowerBound + indices.count, order.count) : positions.upperBound
      workOut(positions.lowerBound..<end, of: order)
    }
    return UnsafeBufferPointer(
      rebasing: indices.elements[positions.lowerBound - window[0]..<window[1] - window[0]])
  }

  /// Works out the rows at `positions` ahead of their use, if there is room for all of them, and brings the first ones near.
  @inline(__always) func lookAhead(
    to positions: Range<Int>, of order: EpochOrder.View, samples: SamplesView<Element>
  ) {
    guard positions.count <= indices.count else { return }
    workOut(positions, of: order)
    smallView?.bringNear(
      UnsafeBufferPointer(rebasing: indices.elements[..<positions.count]), of: samples.small)
  }

  @inline(__always) private func workOut(_ positions: Range<Int>, of order: EpochOrder.View) {
    (window.elements[0], window.elements[1]) = (positions.lowerBound, positions.upperBound)
    order.copyRows(
      from: positions.lowerBound,
      into: UnsafeMutableBufferPointer(rebasing: indices.elements[..<positions.count]))
  }

  /// Sets `gradient` to the sum of the loss's derivatives over the rows at `positions` of `order`, and returns the sum of
  /// the loss. `alone` says that this worker computes all rows, in order.
  @inline(__always) func computeGradient(
    of positions: Range<Int>, in order: EpochOrder.View, samples: SamplesView<Element>,
    parameters: UnsafeBufferPointer<Element>, loss: Loss, gradient: UnsafeMutableBufferPointer<Element>,
    alone: Bool, clock: PhaseClock
  ) -> Element {
    let ahead = samples.small.isFar ? SmallNetwork<Element>.Rows.ahead : 0
    let listed = rows(at: positions, and: ahead, of: order, alone: alone)
    if let small = smallView {
      clock.mark(.data)
      let total = small.gradient(
        parameters: parameters, of: samples.small, rows: listed, count: positions.count, gradient: gradient)
      clock.mark(.gradient)
      return total
    }
    let rows = UnsafeBufferPointer(rebasing: listed[..<positions.count])
    let (input, targets) = collect(rows, from: samples)
    let weights = samples.weights.map { collectWeights(rows, from: $0) }
    clock.mark(.data)
    let total = workspace.evaluate(
      input: input, targets: targets, weights: weights, parameters: parameters, loss: loss
    ).loss
    clock.mark(.forward)
    workspace.backpropagate(input: input, parameters: parameters, gradient: gradient)
    clock.mark(.backward)
    return total
  }

  /// Collects `chosen` rows and returns views of their features and targets.
  @inline(__always) private func collect(
    _ chosen: UnsafeBufferPointer<Int>, from samples: SamplesView<Element>
  ) -> (input: Matrix<Element>, targets: Targets<Element>) {
    let count = chosen.count
    let x = UnsafeMutableBufferPointer(rebasing: x.elements[..<(count * features)])
    Gather.rows(of: samples.x, width: features, indices: chosen, to: x, variant: variant)
    let input = Matrix(UnsafeBufferPointer(x), rows: count, columns: features)
    switch samples.targets {
    case .values(let all, let columns):
      let values = UnsafeMutableBufferPointer(rebasing: values.elements[..<(count * columns)])
      Gather.rows(of: all, width: columns, indices: chosen, to: values, variant: variant)
      return (
        input, .values(Matrix(UnsafeBufferPointer(values), rows: count, columns: columns))
      )
    case .labels(let all):
      let labels = UnsafeMutableBufferPointer(rebasing: labels.elements[..<count])
      Gather.rows(of: all, width: 1, indices: chosen, to: labels, variant: variant)
      return (input, .labels(UnsafeBufferPointer(labels)))
    }
  }
  /// Collects the weights of `chosen` rows and returns a view of them.
  @inline(__always) private func collectWeights(
    _ chosen: UnsafeBufferPointer<Int>, from all: UnsafeBufferPointer<Element>
  ) -> UnsafeBufferPointer<Element> {
    let weights = UnsafeMutableBufferPointer(rebasing: weights.elements[..<chosen.count])
    Gather.rows(of: all, width: 1, indices: chosen, to: weights, variant: variant)
    return UnsafeBufferPointer(weights)
  }
}
