import Datasets
import Kernels
import Networks
import Primitives

/// Memory for the rows that one worker evaluates at a time, which it reads and checks itself.
final class EvaluationBlock<Element: Scalar> {
  private let source: any RowSource<Element>
  private let reader: any RowReading<Element>
  private let network: MLP
  private let loss: Loss
  private let x: AlignedBuffer<Element>
  private let values: AlignedBuffer<Element>
  private let labels: AlignedBuffer<Int32>
  private let weights: AlignedBuffer<Element>

  /// Memory for at most so many rows of `source`.
  init(_ source: any RowSource<Element>, rows: Int, network: MLP, loss: Loss) throws(LockstepError) {
    self.source = source
    reader = try source.makeReader()
    self.network = network
    self.loss = loss
    let hasLabels = source.targets == .labels
    x = AlignedBuffer(repeating: 0, count: rows * source.features)
    values = AlignedBuffer(repeating: 0, count: hasLabels ? 0 : rows * source.targets.columns)
    labels = AlignedBuffer(repeating: 0, count: hasLabels ? rows : 0)
    weights = AlignedBuffer(repeating: 0, count: source.weightName == nil ? 0 : rows)
  }

  /// Reads some rows; the views are valid until the next call.
  ///
  /// - Throws: ``LockstepError`` if they cannot be read, are not finite or do not fit the network.
  func read(_ rows: Range<Int>) throws(LockstepError) -> EvaluatedRows<Element> {
    let isWeighted = source.weightName != nil
    let weights = UnsafeMutableBufferPointer(rebasing: weights.elements[..<(isWeighted ? rows.count : 0)])
    let ownWeights = isWeighted ? UnsafeBufferPointer(weights) : nil
    let x = UnsafeMutableBufferPointer(rebasing: x.elements[..<(rows.count * source.features)])
    let input = Matrix(UnsafeBufferPointer(x), rows: rows.count, columns: source.features)
    switch source.targets {
    case .values(let columns):
      let values = UnsafeMutableBufferPointer(rebasing: values.elements[..<(rows.count * columns)])
      try read(rows, into: RowPlace(x: x, targets: .values(values), weights: weights))
      if loss.task == .probabilities,
        let target = Elementwise.firstOutsideUnitInterval(UnsafeBufferPointer(values))
      {
        throw LockstepError.improbableTarget(target, source.names.y)
      }
      let targets = Matrix(UnsafeBufferPointer(values), rows: rows.count, columns: columns)
      return (input, .values(targets), ownWeights)
    case .labels:
      let labels = UnsafeMutableBufferPointer(rebasing: labels.elements[..<rows.count])
      try read(rows, into: RowPlace(x: x, targets: .labels(labels), weights: weights))
      try requireClasses(labels, from: rows.lowerBound)
      return (input, .labels(UnsafeBufferPointer(labels)), ownWeights)
    }
  }

  private func read(_ rows: Range<Int>, into place: RowPlace<Element>) throws(LockstepError) {
    try reader.read(rows, into: place)
    try source.requireFinite(rows, place)
  }

  private func requireClasses(_ labels: UnsafeMutableBufferPointer<Int32>, from row: Int)
    throws(LockstepError)
  {
    guard let index = labels.firstIndex(where: { $0 >= network.outputs }) else { return }
    throw LockstepError(
      .badData, source.names.y, "row \(row + index) is of a class that the network does not know",
      found: "class \(labels[index])", expected: "0 to \(network.outputs - 1)",
      remedy: "Name data of the kind that it was trained on.")
  }
}
