import Lockstep

/// Training whose steps are counted.
struct Work {
  var hidden: [Int]
  var loss: Loss
  var optimizer: Optimizer
  var precision: Precision
  var clipNorm: Double?
  var isWeighted = false

  private static let batchSize = 24

  /// Small networks, which have loops of their own, narrow and wide ones; all losses; all ways to update; weights.
  static let all: [Work] = {
    let optimizers: [Optimizer] = [
      .adam(Adam()), .sgd(SGD(learningRate: 0.01)), .sgd(SGD(learningRate: 0.01, momentum: 0.9)),
    ]
    var all: [Work] = []
    for precision in Precision.allCases {
      for hidden in [[10], [64, 48]] {
        for optimizer in optimizers {
          all.append(
            Work(hidden: hidden, loss: .meanSquaredError, optimizer: optimizer, precision: precision))
        }
        for loss in [Loss.crossEntropy, .binaryCrossEntropy] {
          for isWeighted in [false, true] {
            all.append(
              Work(
                hidden: hidden, loss: loss, optimizer: optimizers[0], precision: precision,
                isWeighted: isWeighted))
          }
        }
        for isWeighted in [false, true] {
          all.append(
            Work(
              hidden: hidden, loss: .meanSquaredError, optimizer: optimizers[0], precision: precision,
              clipNorm: 1, isWeighted: isWeighted))
        }
      }
    }
    return all
  }()

  private var network: MLP {
    MLP(
      inputs: 3, hidden: hidden, outputs: 2, outputActivation: loss.requiredActivation ?? .identity)
  }

  var name: String {
    "\(network.summary), \(loss.name), \(optimizer.name.rawValue), \(precision.rawValue)"
      + (clipNorm == nil ? "" : ", clipped") + (isWeighted ? ", weighted" : "")
  }

  /// The calls in ``Calls/moreSteps`` steps more on `threads` threads, and who made the steps.
  func calls(threads: Int) throws -> (Calls, trainer: AnyObject) {
    precision == .float32
      ? try calls(threads: threads, as: Float.self) : try calls(threads: threads, as: Double.self)
  }

  private func calls<Element: Scalar>(threads: Int, as type: Element.Type) throws -> (
    Calls, trainer: AnyObject
  ) {
    var recipe = try Recipe(
      network: network, loss: loss, optimizer: optimizer, batchSize: Self.batchSize, shards: .count(3))
    recipe.clipNorm = clipNorm
    let trainer = try Trainer(
      recipe: recipe, samples: samples(as: type), threads: .count(threads))
    let calls = try Calls.inMore { steps in
      let made = try trainer.advance(steps)
      precondition(made == steps && trainer.threads?.count == threads, "all within one epoch, as asked")
    }
    return (calls, trainer)
  }

  /// One row more than there are rows in all minibatches, so that the epoch does not end.
  private func samples<Element: Scalar>(as type: Element.Type) -> Samples<Element> {
    let random = CounterRandom(seed: 1, purpose: .testing)
    let count = Calls.allSteps * Self.batchSize + 1
    func numbers(_ count: Int) -> [Element] { (0..<count).map { Element(random.uniforms(UInt64($0)).0) } }
    let weights = isWeighted ? numbers(count) : nil
    if loss == .crossEntropy {
      return Samples(
        x: numbers(3 * count), features: 3, labels: (0..<count).map { Int32($0 % 2) }, classes: 2,
        weights: weights)
    }
    return Samples(x: numbers(3 * count), features: 3, y: numbers(2 * count), targets: 2, weights: weights)
  }
}
