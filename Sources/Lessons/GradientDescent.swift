import Lockstep

extension Lesson {
  static let gradientDescent = Lesson(
    name: "gradient-descent",
    summary: "y = 3*x0 + 2*x1 from single samples; a wrong derivative"
  ) { transcript throws(LockstepError) in
    transcript.say(
      """
      1000 of 100,000 samples, drawn at random, make a step each. The loss of a sample is half the squared error; standard \
      normal kernels and zero biases, seed 0. The lesson's forward pass is ReLU, but its backward pass multiplies by the \
      derivative of sigmoid: as-published. relu and sigmoid multiply by their own.
      """)
    for descent in [
      Descent(range: 0..<1, learningRate: 0.07), Descent(range: -5..<5, learningRate: 0.07),
      Descent(range: -5..<5, learningRate: 0.001),
    ] {
      try transcript.showLosses(descent, published: descent.publishedLosses())
    }
    transcript.say(
      """
      A step changes an output by the learning rate times the squares of what the weights multiply, which are large in \
      [-5, 5): with 0.07, networks of ReLU diverge. The outputs of sigmoid stay below 1.
      """)
  }
}

extension Transcript {
  /// Shows the losses of all variants; `published` are those of the lesson.
  fileprivate mutating func showLosses(_ descent: Descent, published: [Double]) throws(LockstepError) {
    let variants = [
      ("as-published", published), ("relu", try descent.losses(.relu)),
      ("sigmoid", try descent.losses(.sigmoid)),
    ]
    let (range, rate) = (descent.problem.range, descent.learningRate)
    let setting = "x in [\(Int(range.lowerBound)), \(Int(range.upperBound))), learning rate \(rate)"
    show(
      "losses, \(setting)", header: ["step"] + variants.map(\.0),
      rows: (0..<Descent.steps).map { step in
        [Double(step + 1)] + variants.map { step < $0.1.count ? $0.1[step] : .nan }
      }, stride: 50, look: .cloud)
    for (name, losses) in variants where losses.count < Descent.steps {
      say("\(name) diverged at step \(losses.count + 1).")
    }
    let done = variants.filter { $0.1.count == Descent.steps }
    let means = done.map { (first: mean($0.1.prefix(100)), last: mean($0.1.suffix(100))) }
    show("mean of the first 100 losses", means.map(\.first))
    show("mean of the last 100 losses", means.map(\.last))
    try claim(
      "The losses fall: \(done.map(\.0).joined(separator: ", ")).",
      holds: means.allSatisfy { $0.last < $0.first })
    if done.count == variants.count {
      try claim(
        "The right derivative does better than the published one.", holds: means[1].last < means[0].last)
    }
  }

  private func mean(_ losses: ArraySlice<Double>) -> Double { losses.reduce(0, +) / Double(losses.count) }
}

/// Plain gradient descent on single samples, with several derivatives from the same start on the same samples.
private struct Descent {
  static let steps = 1000
  let problem: LinearProblem
  let learningRate: Double
  private let samples: Samples<Double>

  init(range: Range<Double>, learningRate: Double) {
    problem = LinearProblem(range: range)
    self.learningRate = learningRate
    samples = problem.samples(100_000)
  }

  /// The losses of the trainer's steps, up to where it diverged.
  func losses(_ activation: Activation) throws(LockstepError) -> [Double] {
    let trainer = try Trainer(recipe: recipe(activation), samples: samples)
    var losses: [Double] = []
    for _ in 0..<Self.steps {
      let before = trainer.progress.lossSum
      do {
        try trainer.advance(1)
      } catch {
        if error.kind == .diverged { break }
        throw error
      }
      losses.append((trainer.progress.lossSum - before) / 2)
    }
    return losses
  }

  /// The losses with the lesson's wrong derivative, up to where they are no longer finite: on the samples that the trainer
  /// draws, from the parameters that it starts from.
  func publishedLosses() throws(LockstepError) -> [Double] {
    let recipe = try recipe(.relu)
    var network = WorkedNetwork(
      recipe.network, parameters: recipe.initializer.parameters(for: recipe.network, seed: recipe.seed))
    var losses: [Double] = []
    for row in firstRows(seed: recipe.seed) {
      let x = Array(samples.x.elements[2 * row..<2 * row + 2])
      let target = problem.coefficients[0] * x[0] + problem.coefficients[1] * x[1]
      let hidden = network.output(of: 0, x)
      let error = network.output(x)[0] - target
      guard error.isFinite else { break }
      losses.append(error * error / 2)
      makePublishedStep(&network, x: x, hidden: hidden, error: error)
    }
    return losses
  }

  private func recipe(_ activation: Activation) throws(LockstepError) -> Recipe {
    try Recipe(
      network: MLP(inputs: 2, hidden: [10], outputs: 1, activation: activation), loss: .meanSquaredError,
      // Half: the library's squares are whole.
      optimizer: .sgd(SGD(learningRate: learningRate / 2)), initializer: .normal, batchSize: 1, seed: 0,
      precision: .float64)
  }

  /// The rows of the trainer's first steps.
  private func firstRows(seed: UInt64) -> [Int] {
    var rows = [Int](repeating: 0, count: Self.steps)
    rows.withUnsafeMutableBufferPointer {
      EpochOrder(count: samples.count, seed: seed, epoch: 0, shuffle: .full).copyRows(from: 0, into: $0)
    }
    return rows
  }

  private func makePublishedStep(
    _ network: inout WorkedNetwork, x: [Double], hidden: [Double], error: Double
  ) {
    let kernel = network.kernel(1)
    // The mistake: sigmoid's derivative, and that at the unit's output.
    let slopes = hidden.indices.map { unit in
      let sigmoid = Activation.sigmoid(hidden[unit])
      return error * kernel[unit] * sigmoid * (1 - sigmoid)
    }
    let kernelGradient = x.flatMap { input in slopes.map { input * $0 } }
    let gradient = kernelGradient + slopes + hidden.map { $0 * error } + [error]
    for index in gradient.indices { network.parameters[index] -= learningRate * gradient[index] }
  }
}
