import Datasets
import Primitives

/// Some rows of a generator, copied from memory that was filled with something else before.
struct Rows<Element: Scalar> {
  var x: [Element]
  var values: [Element] = []
  var labels: [Int32] = []

  init(_ generator: any RowGenerator, from start: Int = 0, _ count: Int) {
    x = [Element](repeating: .nan, count: count * generator.features)
    switch generator.targets {
    case .values(let columns):
      values = [Element](repeating: .nan, count: count * columns)
      x.withUnsafeMutableBufferPointer { x in
        values.withUnsafeMutableBufferPointer { generator.makeRows(from: start, x: x, y: $0) }
      }
    case .labels:
      labels = [Int32](repeating: -1, count: count)
      x.withUnsafeMutableBufferPointer { x in
        labels.withUnsafeMutableBufferPointer { generator.makeRows(from: start, x: x, y: $0) }
      }
    }
  }
}

/// One of each generator, with noise where there can be some, and of widths that are even, odd and ragged.
let someGenerators: [any NamedGenerator] = [
  LinearProblem(coefficients: [1, -2, 0.5], noise: 0.25, seed: 11),
  LinearProblem(coefficients: [Double](repeating: 0.5, count: 1500), seed: 1),
  Friedman1(features: 7, noise: 1, seed: 3), SineWave(frequency: 3, noise: 0.1, seed: 4),
  Polynomial(coefficients: [1, -2, 3], noise: 0.5, seed: 5),
  Teacher(features: 5, hidden: [17, 3], targets: 3, noise: 0.5, seed: 6), Teacher(features: 2, hidden: []),
  Blobs(classes: 5, features: 3, seed: 7), Blobs(classes: 1, features: 1), Moons(seed: 8),
  Spirals(classes: 3, seed: 9),
]

/// The mean and the variance of numbers.
func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
  let count = Double(values.count)
  let mean = values.reduce(0, +) / count
  return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count)
}

/// Whether numbers could be normal noise of this deviation: mean and variance are within five of their standard errors.
func areNoise(_ values: [Double], deviation: Double) -> Bool {
  let count = Double(values.count)
  let (mean, variance) = moments(values)
  return abs(mean) < 5 * deviation / count.squareRoot()
    && abs(variance / (deviation * deviation) - 1) < 5 * (2 / count).squareRoot()
}

/// The mean product of the first two columns of a row-major matrix: the covariance, if their means are zero.
func covariance(_ values: [Double], width: Int) -> Double {
  var sum = 0.0
  for row in stride(from: 0, to: values.count, by: width) { sum += values[row] * values[row + 1] }
  return sum / Double(values.count / width)
}
