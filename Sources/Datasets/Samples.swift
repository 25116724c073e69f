import Primitives

/// Samples in memory: `count` rows of features, and targets for each; and a weight for each, if they have any.
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
  /// What the loss of each row is multiplied by, finite and not negative; nil for 1. Invariant: not written after `init`.
  public let weights: AlignedBuffer<Element>?

  /// Samples over buffers that nobody writes any more.
  public init(
    count: Int, features: Int, x: AlignedBuffer<Element>, targets: TargetStorage,
    weights: AlignedBuffer<Element>? = nil
  ) {
    precondition(x.count == count * features)
    precondition(weights.map { $0.count == count } ?? true)
    switch targets {
    case .values(let buffer, let columns): precondition(buffer.count == count * columns)
    case .labels(let buffer, _): precondition(buffer.count == count)
    }
    self.count = count
    self.features = features
    self.x = x
    self.targets = targets
    self.weights = weights
  }

  /// Samples with numbers as targets, copied from arrays: `x` holds `features` numbers a row, `y` `targets`.
  public convenience init(
    x: [Element], features: Int, y: [Element], targets: Int = 1, weights: [Element]? = nil
  ) {
    let count = y.count / targets
    self.init(
      count: count, features: features, x: AlignedBuffer(x, filler: 0),
      targets: .values(AlignedBuffer(y, filler: 0), columns: targets), weights: Self.checked(weights))
  }

  /// Samples with classes as targets, copied from arrays.
  public convenience init(
    x: [Element], features: Int, labels: [Int32], classes: Int, weights: [Element]? = nil
  ) {
    precondition(labels.allSatisfy { $0 >= 0 && $0 < classes })
    self.init(
      count: labels.count, features: features, x: AlignedBuffer(x, filler: 0),
      targets: .labels(AlignedBuffer(labels, filler: 0), classes: classes), weights: Self.checked(weights))
  }

  private static func checked(_ weights: [Element]?) -> AlignedBuffer<Element>? {
    weights.map {
      precondition($0.allSatisfy { $0 >= 0 && $0.isFinite })
      return AlignedBuffer($0, filler: 0)
    }
  }

  /// The bytes of a row: features, targets and weight.
  public var rowBytes: Int {
    let width = features + (weights == nil ? 0 : 1)
    return switch targets {
    case .values(_, let columns): (width + columns) * MemoryLayout<Element>.stride
    case .labels: width * MemoryLayout<Element>.stride + MemoryLayout<Int32>.stride
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
