import Primitives

/// What predictions of numbers are worth, gathered row by row and merged along a tree.
public struct RegressionMetrics: Sendable, Equatable {
  /// The rows seen.
  public private(set) var count = 0
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

  /// Takes in some rows.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func add<Element: Scalar>(outputs: Matrix<Element>, targets: Matrix<Element>) {
    for row in 0..<outputs.rows {
      count += 1
      for column in 0..<outputs.columns {
        let truth = Double(targets[row, column])
        let error = Double(outputs[row, column]) - truth
        squaredErrors[column] += error * error
        absoluteErrors[column] += abs(error)
        // B. Welford, "Note on a method for calculating corrected sums of squares and products", 1962.
        let step = truth - means[column]
        means[column] += step / Double(count)
        deviations[column] += step * (truth - means[column])
      }
    }
  }

  /// The metrics of the rows of both: T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm for
  /// computing sample variances", 1979.
  public static func merged(_ a: RegressionMetrics, _ b: RegressionMetrics) -> RegressionMetrics {
    if a.count == 0 { return b }
    if b.count == 0 { return a }
    var result = a
    result.count += b.count
    let weight = Double(b.count) / Double(result.count)
    for column in a.means.indices {
      let step = b.means[column] - a.means[column]
      result.squaredErrors[column] += b.squaredErrors[column]
      result.absoluteErrors[column] += b.absoluteErrors[column]
      result.means[column] += step * weight
      result.deviations[column] += b.deviations[column] + step * step * weight * Double(a.count)
    }
    return result
  }

  /// The root of the mean squared error over rows and targets.
  public var rootMeanSquaredError: Double {
    (squaredErrors.reduce(0, +) / Double(count * means.count)).squareRoot()
  }

  /// The mean absolute error over rows and targets.
  public var meanAbsoluteError: Double { absoluteErrors.reduce(0, +) / Double(count * means.count) }

  /// The coefficient of determination, the mean over targets; nil if a target is constant.
  public var r2: Double? {
    guard deviations.allSatisfy({ $0 > 0 }) else { return nil }
    let ratios = zip(squaredErrors, deviations).map { $0 / $1 }
    return 1 - ratios.reduce(0, +) / Double(ratios.count)
  }
}

/// How often a predicted class is right.
public struct ClassificationMetrics: Sendable, Equatable {
  /// The predictions seen.
  public private(set) var count = 0
  /// How many of them were right.
  public private(set) var correct = 0

  /// Metrics of no rows.
  public init() {}

  /// Takes in rows of class scores; the first of the largest is the predicted class.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func add<Element: Scalar>(
    outputs: Matrix<Element>, labels: UnsafeBufferPointer<Int32>
  ) {
    for row in 0..<outputs.rows {
      count += 1
      if Self.predictedClass(outputs.row(row)) == Int(labels[row]) { correct += 1 }
    }
  }

  /// Takes in rows of independent probabilities, which predict 1 from one half on.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func add<Element: Scalar>(probabilities: Matrix<Element>, targets: Matrix<Element>) {
    for index in probabilities.elements.indices {
      count += 1
      if (probabilities.elements[index] >= 0.5) == (targets.elements[index] >= 0.5) { correct += 1 }
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
    result.count += b.count
    result.correct += b.correct
    return result
  }

  /// The part that was right.
  public var accuracy: Double { Double(correct) / Double(count) }
}
