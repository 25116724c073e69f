import Primitives

/// Mean, spread and range of each column of some rows.
public struct ColumnStatistics: Sendable, Equatable {
  /// The rows seen.
  public private(set) var count = 0
  /// The mean of each column.
  public private(set) var means: [Double]
  /// The sum of squared deviations from its mean, of each column.
  public private(set) var deviations: [Double]
  /// The least number of each column; infinite if no rows were seen.
  public private(set) var least: [Double]
  /// The largest number of each column; likewise.
  public private(set) var most: [Double]

  /// Statistics of no rows.
  public init(columns: Int) {
    means = Array(repeating: 0, count: columns)
    deviations = means
    least = Array(repeating: .infinity, count: columns)
    most = Array(repeating: -.infinity, count: columns)
  }

  /// The statistics of a block of rows, which should be few: sums are not corrected.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  init<Element: Scalar>(block rows: UnsafeBufferPointer<Element>, columns: Int) {
    self.init(columns: columns)
    guard columns > 0, !rows.isEmpty else { return }
    count = rows.count / columns
    let scale = 1 / Double(count)
    for column in 0..<columns {
      var (sum, least, most) = (0.0, Double.infinity, -Double.infinity)
      for index in stride(from: column, to: rows.count, by: columns) {
        let value = Double(rows[index])
        sum += value
        least = min(least, value)
        most = max(most, value)
      }
      let mean = sum * scale
      var squares = 0.0
      for index in stride(from: column, to: rows.count, by: columns) {
        let step = Double(rows[index]) - mean
        squares += step * step
      }
      (means[column], deviations[column]) = (mean, squares)
      (self.least[column], self.most[column]) = (least, most)
    }
  }

  /// Takes in the rows of `other`: T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm for computing
  /// sample variances", 1979.
  mutating func merge(_ other: ColumnStatistics) {
    guard other.count > 0 else { return }
    let total = Double(count + other.count)
    let weight = Double(other.count) / total
    for column in means.indices {
      let step = other.means[column] - means[column]
      deviations[column] += other.deviations[column] + step * step * weight * Double(count)
      means[column] += step * weight
      least[column] = min(least[column], other.least[column])
      most[column] = max(most[column], other.most[column])
    }
    count += other.count
  }

  /// The standard deviation of a column: the root of the mean squared deviation.
  public func standardDeviation(_ column: Int) -> Double {
    count > 0 ? (deviations[column] / Double(count)).squareRoot() : 0
  }

  /// Whether all numbers of a column are the same.
  public func isConstant(_ column: Int) -> Bool { least[column] >= most[column] }
}

/// Statistics of rows that come in pieces of any length: the same bits whatever these are.
struct StatisticsPass<Element: Scalar> {
  private let columns: Int
  /// Rows that do not make up a block yet.
  private let rest: AlignedBuffer<Element>
  private var restCount = 0
  private var total: ColumnStatistics

  /// A pass over rows of so many columns.
  init(columns: Int) {
    self.columns = columns
    total = ColumnStatistics(columns: columns)
    rest = AlignedBuffer(repeating: 0, count: max(1, min(1024, (1 << 18) / max(columns, 1))) * columns)
  }

  /// Takes whole rows in, row-major.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  mutating func take(_ rows: UnsafeBufferPointer<Element>) {
    guard columns > 0 else { return }
    var start = 0
    while start < rows.count {
      if restCount == 0, rows.count - start >= rest.count {
        add(UnsafeBufferPointer(rebasing: rows[start..<start + rest.count]))
        start += rest.count
        continue
      }
      let count = min(rest.count - restCount, rows.count - start)
      _ = UnsafeMutableBufferPointer(rebasing: rest.elements[restCount..<restCount + count])
        .update(fromContentsOf: UnsafeBufferPointer(rebasing: rows[start..<start + count]))
      restCount += count
      start += count
      if restCount == rest.count {
        add(UnsafeBufferPointer(rest.elements))
        restCount = 0
      }
    }
  }

  private mutating func add(_ block: UnsafeBufferPointer<Element>) {
    total.merge(ColumnStatistics(block: block, columns: columns))
  }

  /// The statistics of all rows taken in.
  var statistics: ColumnStatistics {
    var result = total
    result.merge(
      ColumnStatistics(block: UnsafeBufferPointer(rebasing: rest.elements[..<restCount]), columns: columns))
    return result
  }
}
