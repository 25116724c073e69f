import Primitives

/// How often rows of each class were taken for which class. It counts rows, whatever their weights, but for those of weight 0.
public struct ConfusionMatrix: Sendable, Equatable {
  /// The number of classes.
  public let classes: Int
  /// Row-major: a row for each true class, a column for each predicted one.
  private var counts: [Int]

  /// The matrix of no rows.
  public init(classes: Int) {
    self.classes = classes
    counts = Array(repeating: 0, count: classes * classes)
  }

  /// How many rows of class `truth` were taken for class `predicted`.
  public subscript(truth truth: Int, predicted predicted: Int) -> Int {
    precondition((0..<classes).contains(truth) && (0..<classes).contains(predicted))
    return counts[truth * classes + predicted]
  }

  /// Takes in rows of class scores; the first of the largest is the predicted class.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func add<Element: Scalar>(
    outputs: Matrix<Element>, labels: UnsafeBufferPointer<Int32>, weights: UnsafeBufferPointer<Element>? = nil
  ) {
    for row in 0..<outputs.rows where weights?[row] != 0 {
      count(Int(labels[row]), as: ClassificationMetrics.predictedClass(outputs.row(row)))
    }
  }

  /// Takes in probabilities of class 1, which predict it from one half on.
  ///
  /// - Precondition: there are two classes, and one probability a row.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public mutating func add<Element: Scalar>(
    probabilities: Matrix<Element>, targets: Matrix<Element>, weights: UnsafeBufferPointer<Element>? = nil
  ) {
    precondition(classes == 2 && probabilities.columns == 1)
    for row in 0..<probabilities.rows where weights?[row] != 0 {
      count(targets[row, 0] >= 0.5 ? 1 : 0, as: probabilities[row, 0] >= 0.5 ? 1 : 0)
    }
  }

  private mutating func count(_ truth: Int, as predicted: Int) {
    counts[truth * classes + predicted] += 1
  }

  /// Adds the counts of `other`, which has as many classes.
  public static func += (matrix: inout ConfusionMatrix, other: ConfusionMatrix) {
    precondition(matrix.classes == other.classes)
    for index in matrix.counts.indices { matrix.counts[index] += other.counts[index] }
  }
}
