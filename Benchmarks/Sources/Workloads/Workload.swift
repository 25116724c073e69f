import Lockstep

/// Training whose steps are measured as a whole.
public struct Workload: Sendable {
  /// What stands in tables.
  public var name: String { "\(network.summary), batches of \(batchSize)" }
  /// The network.
  public var network: MLP
  /// What is made small; labels are the targets of cross-entropy.
  public var loss = Loss.meanSquaredError
  /// The rows of a minibatch.
  public var batchSize: Int
  /// The rows of the samples.
  public var rows: Int

  /// The headline job, and the same in batches of several shards.
  public static let tiny = [64, 1024].map { batch in
    Workload(
      network: MLP(inputs: 2, hidden: [10], outputs: 1), batchSize: batch, rows: 100_000)
  }
  /// A network whose parameters fit into a core's caches, and larger ones.
  public static let wide = [
    Workload(network: MLP(inputs: 64, hidden: [256, 256], outputs: 1), batchSize: 256, rows: 20_000),
    Workload(network: MLP(inputs: 784, hidden: [512, 512], outputs: 1), batchSize: 256, rows: 10_000),
    Workload(
      network: MLP(inputs: 784, hidden: [128], outputs: 10, outputActivation: .softmax), loss: .crossEntropy,
      batchSize: 128, rows: 10_000),
  ]

  /// A trainer with Adam; `shards` is what the recipe would leave to Lockstep.
  public func trainer(threads: Int, shards: ShardChoice = .automatic) throws -> Trainer<Float> {
    try Trainer(
      recipe: Recipe(
        network: network, loss: loss, optimizer: .adam(Adam(learningRate: 0.001)), batchSize: batchSize,
        shards: shards),
      samples: samples, threads: .count(threads))
  }

  private var samples: Samples<Float> {
    let problem = LinearProblem(coefficients: (0..<network.inputs).map { Double(3 - $0 % 2) })
    let samples: Samples<Float> = problem.samples(rows)
    guard loss == .crossEntropy else { return samples }
    let classes = network.outputs
    let labels = AlignedBuffer<Int32>(repeating: 0, count: rows)
    for row in 0..<rows {
      labels.elements[row] = Int32(samples.x.elements[row * network.inputs] * Float(classes))
    }
    return Samples(
      count: rows, features: network.inputs, x: samples.x, targets: .labels(labels, classes: classes))
  }

  /// The floating-point operations of the products in a step: two for each weight and row going forward, two for its
  /// gradient, and two for the error that goes back, which the first layer sends nowhere.
  public var operations: Double {
    let weights = ParameterLayout(network).layers.map { Double($0.inputs * $0.outputs) }
    return Double(batchSize) * (6 * weights.reduce(0, +) - 2 * weights[0])
  }
}

extension Trainer {
  /// Makes `count` steps, in as many epochs as they take.
  public func makeSteps(_ count: Int) throws {
    var made = 0
    while made < count { made += try advance(count - made) }
  }
}
