import Lockstep

/// Problems small enough to be trained many times over, with ragged batches and several shards.
enum Fixture {
  static func samples<Element: Scalar>(
    _ count: Int = 203, for loss: Loss, as type: Element.Type = Element.self
  ) -> Samples<Element> {
    let samples: Samples<Element> = samples(count, classes: loss == .crossEntropy ? 4 : nil)
    guard loss.task == .probabilities, case .values(let values, let columns) = samples.targets else {
      return samples
    }
    return Samples(
      x: samples.x.array, features: samples.features, y: values.elements.map { min(abs($0), 1) },
      targets: columns)
  }

  static func samples<Element: Scalar>(
    _ count: Int = 203, classes: Int? = nil, as type: Element.Type = Element.self
  ) -> Samples<Element> {
    let random = CounterRandom(seed: 77, purpose: .testing)
    let x = (0..<3 * count).map { Element(random.uniforms(UInt64($0)).0 * 2 - 1) }
    if let classes {
      let labels = (0..<count).map { row in
        Int32(abs(Double(x[3 * row] + x[3 * row + 1])) * 100) % Int32(classes)
      }
      return Samples(x: x, features: 3, labels: labels, classes: classes)
    }
    let y = (0..<2 * count).map { index -> Element in
      let row = index / 2
      return index % 2 == 0 ? x[3 * row] * x[3 * row + 1] : x[3 * row + 2] - x[3 * row]
    }
    return Samples(x: x, features: 3, y: y, targets: 2)
  }

  static func recipe(
    loss: Loss = .meanSquaredError, optimizer: Optimizer = .adam(Adam(learningRate: 0.01)),
    hidden: [Int] = [9, 5], activation: Activation = .tanh, outputActivation: Activation? = nil,
    batchSize: Int = 50, shards: ShardChoice = .count(7), seed: UInt64 = 3,
    shuffle: Shuffle = .full
  ) throws -> Recipe {
    let outputs = loss == .crossEntropy ? 4 : 2
    return try Recipe(
      network: MLP(
        inputs: 3, hidden: hidden, outputs: outputs, activation: activation,
        outputActivation: outputActivation ?? loss.requiredActivation ?? .identity),
      loss: loss, optimizer: optimizer, batchSize: batchSize, shards: shards, seed: seed, shuffle: shuffle)
  }
}

/// All bits that a training run ends with.
struct Bits<Element: Scalar>: Equatable {
  var parameters: [Element]
  var state: [Element]
  var losses: [UInt64]
  var best: [Element]

  init(_ trainer: Trainer<Element>) {
    parameters = trainer.parameters
    state = trainer.optimizerState
    losses = trainer.history.flatMap { [$0.loss.bitPattern, $0.validationLoss.bitPattern] }
    best = trainer.bestParameters
  }

  static func == (a: Bits, b: Bits) -> Bool {
    func same(_ a: [Element], _ b: [Element]) -> Bool {
      a.withUnsafeBytes { a in b.withUnsafeBytes { b in a.elementsEqual(b) } }
    }
    return same(a.parameters, b.parameters) && same(a.state, b.state) && a.losses == b.losses
      && same(a.best, b.best)
  }
}
