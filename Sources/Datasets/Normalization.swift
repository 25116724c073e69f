import Primitives

/// How columns are brought to like size before training.
public enum NormalizationKind: String, Sendable, CaseIterable {
  /// Not at all.
  case none
  /// To mean 0 and standard deviation 1.
  case standard
  /// To the range from 0 to 1.
  case minmax
}

/// A shift and a factor for each column: a number is normalised to (number - offset) * scale.
public struct ColumnScaling: Sendable, Equatable {
  /// What is taken off each column.
  public let offsets: [Double]
  /// What each column is then multiplied by. Above 0 and finite.
  public let scales: [Double]

  /// A scaling, or nil if a number is none that a scaling has.
  public init?(offsets: [Double], scales: [Double]) {
    guard offsets.count == scales.count, offsets.allSatisfy(\.isFinite),
      scales.allSatisfy({ $0 > 0 && $0.isFinite })
    else { return nil }
    self.offsets = offsets
    self.scales = scales
  }

  /// What brings columns with these statistics to like size; a column that is constant becomes 0.
  init(_ statistics: ColumnStatistics, _ kind: NormalizationKind) {
    let columns = statistics.means.indices
    switch kind {
    case .none:
      offsets = columns.map { _ in 0 }
      scales = columns.map { _ in 1 }
    case .standard:
      offsets = columns.map { statistics.isConstant($0) ? statistics.least[$0] : statistics.means[$0] }
      scales = columns.map { Self.scale(1 / statistics.standardDeviation($0)) }
    case .minmax:
      offsets = statistics.least
      scales = columns.map { Self.scale(1 / (statistics.most[$0] - statistics.least[$0])) }
    }
  }

  /// Spreads that are zero, or too large or small for a factor, leave a column's size as it is.
  private static func scale(_ scale: Double) -> Double { scale > 0 && scale.isFinite ? scale : 1 }

  /// Normalises whole rows where they are.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func apply<Element: Scalar>(to rows: UnsafeMutableBufferPointer<Element>) {
    precondition(offsets.isEmpty || rows.count % offsets.count == 0)
    var column = 0
    for index in rows.indices {
      rows[index] = Element((Double(rows[index]) - offsets[column]) * scales[column])
      column = column + 1 == offsets.count ? 0 : column + 1
    }
  }

  /// Brings whole rows back to the size that they had, where they are.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func undo<Element: Scalar>(_ rows: UnsafeMutableBufferPointer<Element>) {
    precondition(offsets.isEmpty || rows.count % offsets.count == 0)
    var column = 0
    for index in rows.indices {
      rows[index] = Element(Double(rows[index]) / scales[column] + offsets[column])
      column = column + 1 == offsets.count ? 0 : column + 1
    }
  }
}

/// How the samples that a network was trained on were brought to like size: so must be all that it is given, and what it gives
/// must be brought back.
public struct Normalization: Sendable, Equatable {
  /// The way.
  public let kind: NormalizationKind
  /// Of the features.
  public let x: ColumnScaling
  /// Of targets that are numbers; nil for classes and probabilities, which stay as they are.
  public let y: ColumnScaling?

  /// A normalisation; see the properties.
  public init(kind: NormalizationKind, x: ColumnScaling, y: ColumnScaling?) {
    self.kind = kind
    self.x = x
    self.y = y
  }

  /// Normalises the rows of a place where they are.
  func apply<Element: Scalar>(to place: RowPlace<Element>) {
    if !place.x.isEmpty { x.apply(to: place.x) }
    if case .values(let values)? = place.targets { y?.apply(to: values) }
  }
}
