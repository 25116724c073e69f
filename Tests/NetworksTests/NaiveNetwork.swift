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
      case (.halfSquaredError, .values(let targets)):
        for (a, t) in zip(outputs, targets.row(row)) { total += (a - t) * (a - t) / 2 }
      case (.meanAbsoluteError, .values(let targets)):
        for (a, t) in zip(outputs, targets.row(row)) { total += abs(a - t) }
      case (.huber(let delta), .values(let targets)):
        for (a, t) in zip(outputs, targets.row(row)) {
          let error = abs(a - t)
          total += error < delta ? error * error / 2 : delta * (error - delta / 2)
        }
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

  /// How close any unit comes to the kink of its activation, or any error to a kink of `loss`, on the rows of `batch`.
  func distanceToKinks(of batch: Batch<Double>, loss: Loss) -> Double {
    var least = Double.infinity
    for row in 0..<batch.rows {
      let (sums, outputs) = run(Array(batch.input.row(row)))
      for (sums, layer) in zip(sums, network.layers)
      where [.relu, .leakyRelu, .elu].contains(layer.activation) {
        least = sums.reduce(least) { min($0, abs($1)) }
      }
      if case .values(let targets) = batch.targets {
        for (a, t) in zip(outputs, targets.row(row)) {
          switch loss {
          case .meanAbsoluteError: least = min(least, abs(a - t))
          case .huber(let delta): least = min(least, abs(abs(a - t) - delta))
          default: break
          }
        }
      }
    }
    return least
  }

  private static func activate(_ sums: [Double], _ activation: Activation) -> [Double] {
    switch activation {
    case .identity: return sums
    case .relu: return sums.map { $0 > 0 ? $0 : 0 }
    case .leakyRelu: return sums.map { $0 > 0 ? $0 : $0 / 100 }
    case .elu: return sums.map { $0 > 0 ? $0 : Glibc.exp($0) - 1 }
    case .gelu: return sums.map { $0 * (1 + Glibc.erf($0 / 2.0.squareRoot())) / 2 }
    case .silu: return sums.map { $0 / (1 + Glibc.exp(-$0)) }
    case .softplus: return sums.map { Glibc.log(1 + Glibc.exp($0)) }
    case .step: return sums.map { $0 < 0 ? 0 : 1 }
    case .sigmoid: return sums.map { 1 / (1 + Glibc.exp(-$0)) }
    case .tanh: return sums.map { Glibc.tanh($0) }
    case .softmax:
      let terms = sums.map { Glibc.exp($0) }
      return terms.map { $0 / terms.reduce(0, +) }
    }
  }
}
