import Dispatch
import Primitives

/// Memory for some consecutive rows.
///
/// `Sendable` is unchecked for `count`: a block is filled by one call at a time, and read only after that call.
final class RowBlock<Element: Scalar>: @unchecked Sendable {
  private let generator: any RowGenerator
  let x: AlignedBuffer<Element>
  let targets: Samples<Element>.TargetStorage
  /// The rows filled.
  private(set) var count = 0

  init(_ generator: any RowGenerator, capacity: Int) {
    self.generator = generator
    x = AlignedBuffer(repeating: 0, count: capacity * generator.features)
    switch generator.targets {
    case .values(let columns):
      targets = .values(AlignedBuffer(repeating: 0, count: capacity * columns), columns: columns)
    case .labels(let classes):
      targets = .labels(AlignedBuffer(repeating: 0, count: capacity), classes: classes)
    }
  }

  /// The features of the rows filled.
  var filledX: UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(rebasing: x.elements[..<(count * generator.features)])
  }

  /// The targets of the rows filled.
  var filledTargets: TargetRows<Element> { part(0..<count) }

  /// The targets of some rows.
  func part(_ rows: Range<Int>) -> TargetRows<Element> {
    switch targets {
    case .values(let buffer, let columns):
      let part = rows.lowerBound * columns..<rows.upperBound * columns
      return .values(UnsafeMutableBufferPointer(rebasing: buffer.elements[part]))
    case .labels(let buffer, _):
      return .labels(UnsafeMutableBufferPointer(rebasing: buffer.elements[rows]))
    }
  }

  /// Makes `count` rows from `start` on, on so many threads.
  func fill(from start: Int, count: Int, threads: Int) {
    self.count = count
    if threads == 1 { return makeRows(start, part: 0..<count) }
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      // Whole and remainder apart: the product of all rows and the threads could overflow.
      let (share, rest) = count.quotientAndRemainder(dividingBy: threads)
      let first = thread * share + min(thread, rest)
      makeRows(start, part: first..<first + share + (thread < rest ? 1 : 0))
    }
  }

  private func makeRows(_ start: Int, part rows: Range<Int>) {
    let features = generator.features
    generator.makeRows(
      from: start + rows.lowerBound,
      x: UnsafeMutableBufferPointer(
        rebasing: x.elements[rows.lowerBound * features..<rows.upperBound * features]),
      y: part(rows))
  }
}

extension RowGenerator {
  /// The first `count` rows in memory, made by so many threads: the same bits for any number of them.
  public func samples<Element: Scalar>(
    _ count: Int, as type: Element.Type = Element.self, threads: Int = 1
  ) -> Samples<Element> {
    let block = RowBlock<Element>(self, capacity: count)
    block.fill(from: 0, count: count, threads: threads)
    return Samples(count: count, features: features, x: block.x, targets: block.targets)
  }
}
