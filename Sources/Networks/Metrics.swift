import Primitives

/// What predictions of numbers are worth, gathered row by row and merged along a tree.
///
/// Rows may have weights; then all means are weighted ones: sums of products with the weights, over the sum of these.
public struct RegressionMetrics: Sendable, Equatable {
  /// The sum of the rows' weights, each 1 unless said otherwise.
  public private(set) var weight = 0.0
  /// Sums of squared errors, one a target.
  var squaredErrors: [Double]
  /// Sums of absolute errors, one a target.
  var absoluteErrors: [Double]
  /// Means of the true values, one a target.
  var means: [Double]
  /// Sums of squared deviations of the true values from their mean, one a target.
  var deviations: [Double]

  /// Metrics of no rows, for `targets` numbers a row.
  public init(targets: Int) {
    squaredErrors = Array(repeating: 0, count: targets)
    absoluteErrors = squaredErrors
    means = squaredErrors
    deviations = squaredErrors
  }

  /// Takes in some rows, of these weights if they have any. Those of weight 0 count for nothing.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func add<Element: Scalar>(
    outputs: Matrix<Element>, targets: Matrix<Element>, weights: UnsafeBufferPointer<Element>? = nil
  ) {
    for row in 0..<outputs.rows {
      let own = weights.map { Double($0[row]) } ?? 1
      if own == 0 { continue }
      weight += own
      for column in 0..<outputs.columns {
        let truth = Double(targets[row, column])
        let error = Double(outputs[row, column]) - truth
        squaredErrors[column] += own * (error * error)
        absoluteErrors[column] += own * abs(error)
        // B. Welford, "Note on a method for calculating corrected sums of squares and products", 1962; for weights,
        // D. West, "Updating mean and variance estimates: an improved method", 1979.
        let step = truth - means[column]
        means[column] += own * step / weight
        deviations[column] += own * (step * (truth - means[column]))
      }
    }
  }

  /// The metrics of the rows of both: T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm for
  /// computing sample variances", 1979.
  public static func merged(_ a: RegressionMetrics, _ b: RegressionMetrics) -> RegressionMetrics {
    if a.weight == 0 { return b }
    if b.weight == 0 { return a }
    var result = a
    result.weight += b.weight
    let share = b.weight / result.weight
    for column in a.means.indices {
      let step = b.means[column] - a.means[column]
      result.squaredErrors[column] += b.squaredErrors[column]
      result.absoluteErrors[column] += b.absoluteErrors[column]
      result.means[column] += step * share
      result.deviations[column] += b.deviations[column] + step * step * share * a.weight
    }
    return result
  }

  /// The root of the mean squared error over rows and targets.
  public var rootMeanSquaredError: Double {
    (squaredErrors.reduce(0, +) / (weight * Double(means.count))).squareRoot()
  }

  /// The mean absolute error over rows and targets.
  public var meanAbsoluteError: Double { absoluteErrors.reduce(0, +) / (weight * Double(means.count)) }

  /// The coefficient of determination, the mean over targets; nil if a target is constant.
  public var r2: Double? {
    guard deviations.allSatisfy({ $0 > 0 }) else { return nil }
    let ratios = zip(squaredErrors, deviations).map { $0 / $1 }
    return 1 - ratios.reduce(0, +) / Double(ratios.count)
  }
}

/// How often a predicted class is right.
///
/// Rows may have weights; each of their predictions then counts so many times.
public struct ClassificationMetrics: Sendable, Equatable {
  /// The predictions seen: the sum of their weights, each 1 unless said otherwise.
  public private(set) var weight = 0.0
  /// How many of them were right, likewise.
  public private(set) var correct = 0.0

  /// Metrics of no rows.
  public init() {}

  /// Takes in rows of class scores; the first of the largest is the predicted class.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func add<Element: Scalar>(
    outputs: Matrix<Element>, labels: UnsafeBufferPointer<Int32>, weights: UnsafeBufferPointer<Element>? = nil
  ) {
    for row in 0..<outputs.rows {
      let own = weights.map { Double($0[row]) } ?? 1
      weight += own
      if Self.predictedClass(outputs.row(row)) == Int(labels[row]) { correct += own }
    }
  }

  /// Takes in rows of independent probabilities, which predict 1 from one half on.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func add<Element: Scalar>(
    probabilities: Matrix<Element>, targets: Matrix<Element>, weights: UnsafeBufferPointer<Element>? = nil
  ) {
    for index in probabilities.elements.indices {
      let own = weights.map { Double($0[index / probabilities.columns]) } ?? 1
      weight += own
      if (probabilities.elements[index] >= 0.5) == (targets.elements[index] >= 0.5) { correct += own }
    }
  }

  /// The first of the largest scores.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public static func predictedClass<Element: Scalar>(_ scores: UnsafeBufferPointer<Element>) -> Int {
    var best = 0
    for index in scores.indices where scores[index] > scores[best] { best = index }
    return best
  }

  /// The metrics of the rows of both.
  public static func merged(_ a: ClassificationMetrics, _ b: ClassificationMetrics)
    -> ClassificationMetrics
  {
    var result = a
    result.weight += b.weight
    result.correct += b.correct
    return result
  }

  /// The part that was right.
  public var accuracy: Double { correct / weight }
}
