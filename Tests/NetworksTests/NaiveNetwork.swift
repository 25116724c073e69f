import Glibc
import Kernels
import Networks

/// A network as a textbook writes it, one row and one unit at a time, in double precision: what the passes are compared
/// with. It shares nothing with them but the order of the parameters.
struct NaiveNetwork {
  var network: MLP
  var parameters: [Double]

  /// The weighted sums of every layer and the outputs of the last for one row.
  func run(_ row: [Double]) -> (sums: [[Double]], outputs: [Double]) {
    var (below, start) = (row, 0)
    var all: [[Double]] = []
    for layer in network.layers {
      let bias = start + below.count * layer.units
      let sums = (0..<layer.units).map { unit in
        var sum = parameters[bias + unit]
        for (input, value) in below.enumerated() {
          sum += value * parameters[start + input * layer.units + unit]
        }
        return sum
      }
      all.append(sums)
      below = Self.activate(sums, layer.activation)
      start = bias + layer.units
    }
    return (all, below)
  }

  /// The sum of `loss` over all rows of `batch`.
  func loss(_ loss: Loss, of batch: Batch<Double>) -> Double {
    var total = 0.0
    for row in 0..<batch.rows {
      let outputs = run(Array(batch.input.row(row))).outputs
      switch (loss, batch.targets) {
      case (.meanSquaredError, .values(let targets)):
        for (a, t) in zip(outputs, targets.row(row)) { total += (a - t) * (a - t) }
      case (.binaryCrossEntropy, .values(let targets)):
        for (a, t) in zip(outputs, targets.row(row)) {
          total -= t * Glibc.log(a) + (1 - t) * Glibc.log(1 - a)
        }
      case (.crossEntropy, .labels(let labels)):
        total -= Glibc.log(outputs[Int(labels[row])])
      default: return .nan
      }
    }
    return total
  }

  /// How close any unit of a ReLU layer comes to its kink on the rows of `batch`.
  func distanceToKinks(of batch: Batch<Double>) -> Double {
    var least = Double.infinity
    for row in 0..<batch.rows {
      for (sums, layer) in zip(run(Array(batch.input.row(row))).sums, network.layers)
      where layer.activation == .relu {
        least = sums.reduce(least) { min($0, abs($1)) }
      }
    }
    return least
  }

  private static func activate(_ sums: [Double], _ activation: Activation) -> [Double] {
    switch activation {
    case .identity: return sums
    case .relu: return sums.map { $0 > 0 ? $0 : 0 }
    case .sigmoid: return sums.map { 1 / (1 + Glibc.exp(-$0)) }
    case .tanh: return sums.map { Glibc.tanh($0) }
    case .softmax:
      let terms = sums.map { Glibc.exp($0) }
      return terms.map { $0 / terms.reduce(0, +) }
    }
  }
}
