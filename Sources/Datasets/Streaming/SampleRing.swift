import Primitives

/// Memory for a few windows of samples, used again and again: what a stream fills and a trainer reads.
///
/// Rows of window w of a run, counted over all epochs, lie in slot w modulo the number of slots, block after block. Which slot
/// may be written or read when is the business of ``SampleStream``.
public final class SampleRing<Element: Scalar>: Sendable {
  /// The targets of all slots.
  public enum TargetStorage: Sendable {
    /// Numbers, `columns` a row.
    case values(AlignedBuffer<Element>, columns: Int)
    /// A class a row.
    case labels(AlignedBuffer<Int32>)
  }

  /// The number of windows that it holds.
  public let slots: Int
  /// The rows of a window.
  public let windowRows: Int
  /// The number of features a row.
  public let features: Int
  /// The features of all slots, row-major.
  public let x: AlignedBuffer<Element>
  /// The targets of all slots.
  public let targets: TargetStorage
  /// The weights of all slots; nil if rows have none.
  public let weights: AlignedBuffer<Element>?

  init(slots: Int, windowRows: Int, features: Int, targets: TargetShape, isWeighted: Bool = false) {
    self.slots = slots
    self.windowRows = windowRows
    self.features = features
    let rows = slots * windowRows
    x = AlignedBuffer(repeating: 0, count: rows * features)
    weights = isWeighted ? AlignedBuffer(repeating: 0, count: rows) : nil
    switch targets {
    case .values(let columns):
      self.targets = .values(AlignedBuffer(repeating: 0, count: rows * columns), columns: columns)
    case .labels: self.targets = .labels(AlignedBuffer(repeating: 0, count: rows))
    }
  }

  /// Where some rows of a slot are.
  func place(_ rows: Range<Int>, slot: Int) -> RowPlace<Element> {
    let rows = slot * windowRows + rows.lowerBound..<slot * windowRows + rows.upperBound
    func part<Number>(_ buffer: AlignedBuffer<Number>, _ width: Int) -> UnsafeMutableBufferPointer<Number> {
      UnsafeMutableBufferPointer(rebasing: buffer.elements[rows.lowerBound * width..<rows.upperBound * width])
    }
    let targets: TargetRows<Element> =
      switch targets {
      case .values(let values, let columns): .values(part(values, columns))
      case .labels(let labels): .labels(part(labels, 1))
      }
    return RowPlace(
      x: part(x, features), targets: targets,
      weights: weights.map { part($0, 1) } ?? UnsafeMutableBufferPointer(start: nil, count: 0))
  }
}
