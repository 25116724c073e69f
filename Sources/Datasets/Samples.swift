import Primitives

/// Samples in memory: `count` rows of features, and a target for each.
///
/// Immutable once loaded, so that all threads may read it.
public final class Samples<Element: Scalar>: Sendable {
  /// The targets of all rows.
  public enum TargetStorage: Sendable {
    /// Numbers, `columns` a row.
    case values(AlignedBuffer<Element>, columns: Int)
    /// A class a row, each in 0..<classes.
    case labels(AlignedBuffer<Int32>, classes: Int)
  }

  /// The number of rows.
  public let count: Int
  /// The number of features a row.
  public let features: Int
  /// `count * features` numbers, row-major. Invariant: not written after `init`.
  public let x: AlignedBuffer<Element>
  /// The targets. Invariant: not written after `init`.
  public let targets: TargetStorage

  /// Samples over buffers that nobody writes any more.
  public init(count: Int, features: Int, x: AlignedBuffer<Element>, targets: TargetStorage) {
    precondition(x.count == count * features)
    switch targets {
    case .values(let buffer, let columns): precondition(buffer.count == count * columns)
    case .labels(let buffer, _): precondition(buffer.count == count)
    }
    self.count = count
    self.features = features
    self.x = x
    self.targets = targets
  }

  /// Samples with numbers as targets, copied from arrays: `x` holds `features` numbers a row, `y` `targets`.
  public convenience init(x: [Element], features: Int, y: [Element], targets: Int = 1) {
    let count = y.count / targets
    self.init(
      count: count, features: features, x: AlignedBuffer(x, filler: 0),
      targets: .values(AlignedBuffer(y, filler: 0), columns: targets))
  }

  /// Samples with classes as targets, copied from arrays.
  public convenience init(x: [Element], features: Int, labels: [Int32], classes: Int) {
    precondition(labels.allSatisfy { $0 >= 0 && $0 < classes })
    self.init(
      count: labels.count, features: features, x: AlignedBuffer(x, filler: 0),
      targets: .labels(AlignedBuffer(labels, filler: 0), classes: classes))
  }

  /// The bytes of a row, features and targets together.
  public var rowBytes: Int {
    switch targets {
    case .values(_, let columns): (features + columns) * MemoryLayout<Element>.stride
    case .labels: features * MemoryLayout<Element>.stride + MemoryLayout<Int32>.stride
    }
  }

  /// The width that a network's output layer needs: targets, or classes.
  public var outputs: Int {
    switch targets {
    case .values(_, let columns): columns
    case .labels(_, let classes): classes
    }
  }
}
