import Datasets
import Dispatch
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

  /// The bytes that records of `samples` take, or nil if there are none: because classes are no numbers of their type, because
  /// rows come and go, or because they take more than `most` bytes.
  static func bytes(_ samples: TrainingSamples<Element>, most: Double) -> Double? {
    guard case .memory(let samples) = samples, case .values(_, let columns) = samples.targets else {
      return nil
    }
    let width = SmallNetwork<Element>.recordWidth(
      features: samples.features, targets: columns, isWeighted: samples.weights != nil)
    let bytes = Double(samples.count) * Double(width) * Double(MemoryLayout<Element>.stride)
    return bytes <= most ? bytes : nil
  }

  /// The records of `samples`, written by `threads` threads, or nil if there are none or no room for them.
  init?(_ samples: TrainingSamples<Element>, most: Double, threads: Int) {
    guard Self.bytes(samples, most: most) != nil, case .memory(let samples) = samples,
      case .values(let targets, let columns) = samples.targets
    else { return nil }
    let features = samples.features
    let width = SmallNetwork<Element>.recordWidth(
      features: features, targets: columns, isWeighted: samples.weights != nil)
    // Pages are given to the thread that first writes them.
    guard let numbers = try? AlignedBuffer<Element>(zeros: samples.count * width) else { return nil }
    (self.width, self.numbers) = (width, numbers)
    let parts = min(threads, (samples.count + Self.leastRows - 1) / Self.leastRows)
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      // Each writes rows of its own.
      let (x, y, to) = (samples.x.elements, targets.elements, numbers.elements)
      for row in part * samples.count / parts..<(part + 1) * samples.count / parts {
        var next = row * width
        for column in 0..<features { to[next + column] = x[row * features + column] }
        next += features
        for column in 0..<columns { to[next + column] = y[row * columns + column] }
        if let weights = samples.weights { to[next + columns] = weights.elements[row] }
      }
    }
  }

  /// The fewest rows that are worth a thread.
  private static var leastRows: Int { 1 << 16 }
}
