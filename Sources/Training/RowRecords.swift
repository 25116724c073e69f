import Datasets
import Kernels
import Primitives

/// The rows of samples once more, each with all its numbers together.
///
/// A small network computes with a row for a few nanoseconds. Rows are picked in random order, and then every place that
/// something of a row lies in is a cache line to be fetched; a record is one, and is loaded as it is by vector instructions.
final class RowRecords<Element: Scalar>: Sendable {
  /// Row after row. Invariant: not written after `init`.
  let numbers: AlignedBuffer<Element>
  /// The numbers of a record.
  let width: Int

  /// The most bytes that are spent so: beyond, the samples alone take their time from memory.
  private static var mostBytes: Double { 0x1p26 }

  /// The bytes that records of `samples` take, or nil if there are none: because classes are no numbers of their type, because
  /// rows come and go, or because they take too much.
  static func bytes(_ samples: TrainingSamples<Element>) -> Double? {
    guard case .memory(let samples) = samples, case .values(_, let columns) = samples.targets else {
      return nil
    }
    let width = SmallNetwork<Element>.recordWidth(
      features: samples.features, targets: columns, isWeighted: samples.weights != nil)
    let bytes = Double(samples.count) * Double(width) * Double(MemoryLayout<Element>.stride)
    return bytes <= mostBytes ? bytes : nil
  }

  /// The records of `samples`, or nil if there are none.
  init?(_ samples: TrainingSamples<Element>) {
    guard Self.bytes(samples) != nil, case .memory(let samples) = samples,
      case .values(let targets, let columns) = samples.targets
    else { return nil }
    let (features, weights) = (samples.features, samples.weights)
    width = SmallNetwork<Element>.recordWidth(
      features: features, targets: columns, isWeighted: weights != nil)
    numbers = AlignedBuffer(repeating: 0, count: samples.count * width)
    let (x, y, to) = (samples.x.elements, targets.elements, numbers.elements)
    for row in 0..<samples.count {
      var next = row * width
      for column in 0..<features { to[next + column] = x[row * features + column] }
      next += features
      for column in 0..<columns { to[next + column] = y[row * columns + column] }
      if let weights { to[next + columns] = weights.elements[row] }
    }
  }
}
