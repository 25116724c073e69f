import Networks
import Primitives
import Testing

@Suite struct RegressionMetricsTests {
  private static let rows = 23
  private static let columns = 3

  /// Predictions and truths around a million, where naive sums of squares would lose the variance.
  private static func table() -> (outputs: AlignedBuffer<Double>, targets: AlignedBuffer<Double>) {
    var numbers = Numbers(seed: 1)
    let targets = (0..<rows * columns).map { _ in 1e6 + numbers.next() }
    let outputs = targets.map { $0 + 0.1 * numbers.next() }
    return (AlignedBuffer(outputs, filler: 0), AlignedBuffer(targets, filler: 0))
  }

  private static func metrics(_ range: Range<Int>) -> RegressionMetrics {
    let (outputs, targets) = table()
    func matrix(_ buffer: AlignedBuffer<Double>) -> Matrix<Double> {
      let elements = buffer.elements[range.lowerBound * columns..<range.upperBound * columns]
      return Matrix(UnsafeBufferPointer(rebasing: elements), rows: range.count, columns: columns)
    }
    var metrics = RegressionMetrics(targets: columns)
    metrics.add(outputs: matrix(outputs), targets: matrix(targets))
    return metrics
  }

  /// The formulas of any textbook, in two passes.
  private static func expected() -> (rmse: Double, mae: Double, r2: Double) {
    let (outputs, targets) = table()
    let errors = zip(outputs.array, targets.array).map { $0 - $1 }
    var r2 = 0.0
    for column in 0..<columns {
      let places = stride(from: column, to: rows * columns, by: columns)
      let mean = places.reduce(0) { $0 + targets.elements[$1] } / Double(rows)
      let total = places.reduce(0) { $0 + (targets.elements[$1] - mean) * (targets.elements[$1] - mean) }
      r2 += (1 - places.reduce(0) { $0 + errors[$1] * errors[$1] } / total) / Double(columns)
    }
    let count = Double(errors.count)
    return (
      (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot(), errors.reduce(0) { $0 + abs($1) } / count, r2
    )
  }

  /// Truths of a million are known to 2^-33, and so is what hangs on them.
  private static func expect(_ metrics: RegressionMetrics, _ location: SourceLocation = #_sourceLocation) {
    let expected = Self.expected()
    #expect(metrics.weight == Double(rows), sourceLocation: location)
    #expect(abs(metrics.rootMeanSquaredError - expected.rmse) < 0x1p-33, sourceLocation: location)
    #expect(abs(metrics.meanAbsoluteError - expected.mae) < 0x1p-33, sourceLocation: location)
    #expect(abs((metrics.r2 ?? .nan) - expected.r2) < 0x1p-33, sourceLocation: location)
  }

  @Test func theyAreTheTextbooks() { Self.expect(Self.metrics(0..<Self.rows)) }

  @Test func theyMergeInAnySplit() {
    for cut in 0...Self.rows {
      Self.expect(.merged(Self.metrics(0..<cut), Self.metrics(cut..<Self.rows)))
      let middle = cut / 2
      let left = RegressionMetrics.merged(Self.metrics(0..<middle), Self.metrics(middle..<cut))
      Self.expect(.merged(left, Self.metrics(cut..<Self.rows)))
    }
  }

  @Test func mergingWithNothingChangesNothing() {
    let (all, none) = (Self.metrics(0..<Self.rows), RegressionMetrics(targets: Self.columns))
    #expect(RegressionMetrics.merged(all, none) == all && RegressionMetrics.merged(none, all) == all)
  }

  @Test func aConstantTargetHasNoR2() {
    var metrics = RegressionMetrics(targets: 1)
    let (outputs, targets) = (
      AlignedBuffer([1.0, 2, 3], filler: 0), AlignedBuffer([0.1, 0.1, 0.1], filler: 0)
    )
    metrics.add(outputs: outputs.matrix(3, 1), targets: targets.matrix(3, 1))
    #expect(metrics.r2 == nil)
    #expect(RegressionMetrics.merged(metrics, metrics).r2 == nil)
  }

  @Test func perfectPredictionsHaveR2One() {
    var metrics = RegressionMetrics(targets: 1)
    let values = AlignedBuffer([1, 2, 4] as [Float], filler: 0)
    metrics.add(outputs: values.matrix(3, 1), targets: values.matrix(3, 1))
    #expect(metrics.r2 == 1 && metrics.rootMeanSquaredError == 0 && metrics.meanAbsoluteError == 0)
  }
}

/// A row of weight 3 is three rows, one of weight 0 none.
@Suite struct WeightedMetricsTests {
  static let weights = [3.0, 0, 1, 2, 0, 1]
  /// The rows, each as often as its weight says.
  static let repeated = [0, 0, 0, 2, 3, 3, 5]

  func picked(_ values: [Double], _ width: Int) -> AlignedBuffer<Double> {
    AlignedBuffer(Self.repeated.flatMap { values[$0 * width..<($0 + 1) * width] }, filler: 0)
  }

  @Test func weightsOfNumbersAreRepetitions() throws {
    let outputs = [1.5, -2, 100, 100, 0.25, 3, -1, 0.5, 1e6, 1e6, 2, 7]
    let targets = [1, -1, 5, 5, 0.5, 2.5, -2, 0, 4, 4, 1, 8]
    var (weighted, repeated) = (RegressionMetrics(targets: 2), RegressionMetrics(targets: 2))
    let all = (AlignedBuffer(outputs, filler: 0), AlignedBuffer(targets, filler: 0))
    let chosen = (picked(outputs, 2), picked(targets, 2))
    withExtendedLifetime((all, chosen)) {
      Self.weights.withUnsafeBufferPointer {
        weighted.add(outputs: all.0.matrix(6, 2), targets: all.1.matrix(6, 2), weights: $0)
      }
      repeated.add(outputs: chosen.0.matrix(7, 2), targets: chosen.1.matrix(7, 2))
    }
    #expect(weighted.weight == 7)
    for metrics in [weighted, .merged(weighted, weighted), .merged(RegressionMetrics(targets: 2), weighted)] {
      #expect(abs(metrics.rootMeanSquaredError - repeated.rootMeanSquaredError) < 1e-14)
      #expect(abs(metrics.meanAbsoluteError - repeated.meanAbsoluteError) < 1e-14)
      #expect(abs(try #require(metrics.r2) - (repeated.r2 ?? .nan)) < 1e-14)
    }
  }

  @Test func weightsOfClassesAreRepetitions() {
    let outputs = AlignedBuffer([1.0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1], filler: 0)
    let labels = AlignedBuffer([0, 0, 1, 1, 1, 0] as [Int32], filler: 0)
    var (metrics, matrix) = (ClassificationMetrics(), ConfusionMatrix(classes: 2))
    Self.weights.withUnsafeBufferPointer {
      let labels = UnsafeBufferPointer(labels.elements)
      metrics.add(outputs: outputs.matrix(6, 2), labels: labels, weights: $0)
      matrix.add(outputs: outputs.matrix(6, 2), labels: labels, weights: $0)
    }
    // Right are rows 0 and 3, of weights 3 and 2.
    #expect(metrics.weight == 7 && metrics.correct == 5)
    // Rows are counted, and those of weight 0 are not.
    #expect(matrix[truth: 0, predicted: 0] == 1 && matrix[truth: 1, predicted: 1] == 1)
    #expect(matrix[truth: 1, predicted: 0] == 1 && matrix[truth: 0, predicted: 1] == 1)
  }

  @Test func weightsOfProbabilitiesAreTheRows() {
    let outputs = AlignedBuffer([0.9, 0.9, 0.1, 0.9], filler: 0)
    let targets = AlignedBuffer([1.0, 0, 0, 1], filler: 0)
    var metrics = ClassificationMetrics()
    [0.5, 4].withUnsafeBufferPointer {
      metrics.add(probabilities: outputs.matrix(2, 2), targets: targets.matrix(2, 2), weights: $0)
    }
    #expect(metrics.weight == 9 && metrics.correct == 8.5)
  }
}

@Suite struct ClassificationMetricsTests {
  @Test func thePredictedClassIsTheFirstOfTheLargest() {
    for (scores, expected) in [([1.0], 0), ([1, 2, 3], 2), ([3, 3, 1], 0), ([-2, -1, -1], 1)] {
      let predicted = scores.withUnsafeBufferPointer { ClassificationMetrics.predictedClass($0) }
      #expect(predicted == expected)
    }
  }

  @Test func accuracyIsTheShareOfRightRows() {
    let outputs = AlignedBuffer([0.1, 0.9, 0.8, 0.2, 0.5, 0.5, 0, 1], filler: 0)
    let labels = AlignedBuffer([1, 0, 1, 0] as [Int32], filler: 0)
    var metrics = ClassificationMetrics()
    metrics.add(outputs: outputs.matrix(4, 2), labels: UnsafeBufferPointer(labels.elements))
    #expect(metrics.weight == 4 && metrics.correct == 2 && metrics.accuracy == 0.5)
  }

  @Test func aProbabilityOfOneHalfPredictsOne() {
    let probabilities = AlignedBuffer([0.5, 0.49, 0.5, 0.49, 0.9] as [Float], filler: 0)
    let targets = AlignedBuffer([1, 0, 0, 1, 1] as [Float], filler: 0)
    var metrics = ClassificationMetrics()
    metrics.add(probabilities: probabilities.matrix(5, 1), targets: targets.matrix(5, 1))
    #expect(metrics.weight == 5 && metrics.correct == 3)
  }

  @Test func theyMergeBySums() {
    let outputs = AlignedBuffer([0.0, 1, 1, 0, 0, 1], filler: 0)
    func metrics(_ rows: Range<Int>) -> ClassificationMetrics {
      var metrics = ClassificationMetrics()
      let elements = UnsafeBufferPointer(
        rebasing: outputs.elements[rows.lowerBound * 2..<rows.upperBound * 2])
      let labels = AlignedBuffer(repeating: Int32(1), count: rows.count)
      metrics.add(
        outputs: Matrix(elements, rows: rows.count, columns: 2),
        labels: UnsafeBufferPointer(labels.elements))
      return metrics
    }
    for cut in 0...3 {
      #expect(ClassificationMetrics.merged(metrics(0..<cut), metrics(cut..<3)) == metrics(0..<3))
    }
    #expect(metrics(0..<3).correct == 2)
  }
}
