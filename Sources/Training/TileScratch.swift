import Datasets
import Kernels
import Networks
import Primitives

/// What one worker needs by itself when the team shares the minibatch.
final class TileScratch<Element: Scalar>: Sendable {
  /// The open sums of a tile's tree; the tile's gradient in the end.
  let stack: AlignedBuffer<Element>
  private let indices: AlignedBuffer<Int>
  private let sums: AlignedBuffer<Element>
  /// The same as `sums`, unless the last activation needs these.
  private let activated: AlignedBuffer<Element>
  private let delta: AlignedBuffer<Element>
  private let values: AlignedBuffer<Element>
  private let labels: AlignedBuffer<Int32>
  private let weights: AlignedBuffer<Element>
  private let outputs: Int

  init(network: MLP, plan: ShardPlan, kernels: PanelKernels<Element>) {
    let rows = TilePlan.rowsPerUnit
    outputs = network.outputs
    stack = AlignedBuffer(
      repeating: 0, count: Self.stackCount(network: network, plan: plan, kernels: kernels))
    indices = AlignedBuffer(repeating: 0, count: rows)
    sums = AlignedBuffer(repeating: 0, count: rows * outputs)
    activated =
      network.outputActivation.needsSums ? AlignedBuffer(repeating: 0, count: rows * outputs) : sums
    delta = AlignedBuffer(repeating: 0, count: rows * outputs)
    values = AlignedBuffer(repeating: 0, count: rows * outputs)
    labels = AlignedBuffer(repeating: 0, count: rows)
    weights = AlignedBuffer(repeating: 0, count: rows)
  }

  /// The numbers of the stack that serves every tile.
  static func stackCount(network: MLP, plan: ShardPlan, kernels: PanelKernels<Element>) -> Int {
    func count(_ columns: Int) -> Int {
      PanelKernels<Element>.stackCount(
        columns: columns, panels: kernels.mostPanels, rows: plan.batchSize, shard: plan.rowsPerShard)
    }
    let lanes = PanelKernels<Element>.lanes
    // In a narrow layer, a tile's result and a stack of blocks with a row for each output.
    return max(count(TilePlan.mostInputs), TilePlan.mostInputs * lanes + count(lanes))
  }

  /// Copies the features of the rows at `positions` to the rows from `first` on of the minibatch's input. At most
  /// ``TilePlan/rowsPerUnit``.
  @inline(__always) func collectInput(
    _ positions: Range<Int>, of order: EpochOrder.View, from samples: SamplesView<Element>,
    to passes: SharedPasses<Element>, first: Int
  ) {
    let rows = UnsafeMutableBufferPointer(rebasing: indices.elements[..<positions.count])
    order.copyRows(from: positions.lowerBound, into: rows)
    passes.collectInput(first: first, from: samples.x, rows: UnsafeBufferPointer(rows))
  }

  /// The sum of the loss over `rows` of the minibatch, which stand from position `first` on; their deltas are left in the
  /// last layer's.
  @inline(__always) func computeLoss(
    _ rows: Range<Int>, at first: Int, of order: EpochOrder.View, from samples: SamplesView<Element>,
    passes: SharedPasses<Element>, loss: Loss, loops: FastKernels<Element>
  ) -> Element {
    let count = rows.count
    let chosen = UnsafeMutableBufferPointer(rebasing: indices.elements[..<count])
    order.copyRows(from: first, into: chosen)
    return passes.loss(
      rows, targets: targets(UnsafeBufferPointer(chosen), from: samples, loops),
      weights: samples.weights.map { weights(UnsafeBufferPointer(chosen), from: $0, loops) }, loss: loss,
      sums: matrix(sums, rows: count), outputs: matrix(activated, rows: count),
      delta: matrix(delta, rows: count), loops: loops)
  }

  @inline(__always) private func targets(
    _ rows: UnsafeBufferPointer<Int>, from samples: SamplesView<Element>, _ loops: FastKernels<Element>
  ) -> Targets<Element> {
    switch samples.targets {
    case .values(let all, let columns):
      let values = matrix(values, rows: rows.count)
      Gather.rows(of: all, width: columns, indices: rows, to: values.elements, variant: loops.variant)
      return .values(values.readOnly)
    case .labels(let all):
      let labels = UnsafeMutableBufferPointer(rebasing: labels.elements[..<rows.count])
      Gather.rows(of: all, width: 1, indices: rows, to: labels, variant: loops.variant)
      return .labels(UnsafeBufferPointer(labels))
    }
  }

  @inline(__always) private func weights(
    _ rows: UnsafeBufferPointer<Int>, from all: UnsafeBufferPointer<Element>, _ loops: FastKernels<Element>
  ) -> UnsafeBufferPointer<Element> {
    let weights = UnsafeMutableBufferPointer(rebasing: weights.elements[..<rows.count])
    Gather.rows(of: all, width: 1, indices: rows, to: weights, variant: loops.variant)
    return UnsafeBufferPointer(weights)
  }

  @inline(__always) private func matrix(_ buffer: AlignedBuffer<Element>, rows: Int) -> MutableMatrix<Element>
  {
    MutableMatrix(
      UnsafeMutableBufferPointer(rebasing: buffer.elements[..<(rows * outputs)]), rows: rows,
      columns: outputs)
  }
}
