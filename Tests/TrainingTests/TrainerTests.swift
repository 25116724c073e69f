import Foundation
import Lockstep
import TestSupport
import Testing

@testable import Training

@Suite("Training gives the same bits")
struct TrainerBitsTests {
  static let optimizers = Optimizer.Name.allCases.map { name in
    var optimizer = Optimizer(name)
    optimizer[.weightDecay] = 0.01
    return optimizer
  }

  func train<Element: Scalar>(
    _ recipe: Recipe, threads: Int, as type: Element.Type
  ) throws -> Bits<Element> {
    let trainer = try Trainer<Element>(
      recipe: recipe, samples: Fixture.samples(for: recipe.loss),
      validation: Fixture.samples(61, for: recipe.loss), threads: .count(threads))
    try trainer.train(epochs: 2)
    return Bits(trainer)
  }

  func check<Element: Scalar>(_ recipe: Recipe, as type: Element.Type) throws {
    let one = try train(recipe, threads: 1, as: type)
    #expect(one.parameters.allSatisfy { $0.isFinite })
    for threads in [2, 3, 5, 8] {
      #expect(try train(recipe, threads: threads, as: type) == one, "\(threads) threads")
    }
  }

  @Test("for any number of threads", arguments: [Loss.meanSquaredError, .crossEntropy], optimizers)
  func threads(loss: Loss, optimizer: Optimizer) throws {
    let recipe = try Fixture.recipe(loss: loss, optimizer: optimizer)
    try check(recipe, as: Float.self)
    try check(recipe, as: Double.self)
  }

  /// Networks with a path of their own, and those that are passed through layer by layer.
  @Test("for any number of threads, with every loss", arguments: Loss.all, [[9, 5], [40, 30]])
  func losses(loss: Loss, hidden: [Int]) throws {
    try check(Fixture.recipe(loss: loss, hidden: hidden, activation: .silu), as: Float.self)
  }

  @Test(
    "for gradients that are clipped, with one block of parameters and with many",
    arguments: [[9, 5], [40, 37]])
  func clipping(hidden: [Int]) throws {
    for optimizer in [Optimizer(.sgd), Optimizer(.adamw)] {
      var recipe = try Fixture.recipe(optimizer: optimizer, hidden: hidden)
      let free = try train(recipe, threads: 3, as: Float.self)
      // A limit that is never reached changes nothing.
      recipe.clipNorm = 1e30
      #expect(try train(recipe, threads: 2, as: Float.self) == free)
      recipe.clipNorm = 0.05
      #expect(try train(recipe, threads: 1, as: Float.self) != free)
      try check(recipe, as: Float.self)
      try check(recipe, as: Double.self)
    }
  }

  @Test(
    "for batches of one row, of all rows and of more, and for shards of one row",
    arguments: [(1, 1), (203, 16), (500, 7), (50, 50), (7, 3)])
  func sizes(batchSize: Int, shards: Int) throws {
    try check(
      Fixture.recipe(batchSize: batchSize, shards: .count(shards)), as: Float.self)
  }

  @Test("in whatever pieces the steps are made, with any number of threads in each")
  func pieces() throws {
    let recipe = try Fixture.recipe()
    let whole = try train(recipe, threads: 2, as: Double.self)
    for piece in [1, 2, 3] {
      let trainer = try Trainer<Double>(
        recipe: recipe, samples: Fixture.samples(), validation: Fixture.samples(61), threads: .automatic)
      while trainer.progress.epoch < 2 { try trainer.advance(piece) }
      #expect(Bits(trainer) == whole)
    }
  }

  @Test("when stopped after any step and resumed with another number of threads")
  func resume() throws {
    var recipe = try Fixture.recipe()
    recipe.schedule = Schedule(.cosine(over: 9, to: 0.001), warmupSteps: 3)
    let samples: Samples<Float> = Fixture.samples()
    let validation: Samples<Float> = Fixture.samples(61)
    let whole = try Trainer(
      recipe: recipe, samples: samples, validation: validation, threads: .count(1))
    try whole.train(epochs: 3)
    let folder = try TemporaryFolder()
    for steps in 0...whole.progress.globalStep {
      var trainer = try Trainer(
        recipe: recipe, samples: samples, validation: validation, threads: .count(2))
      while trainer.progress.globalStep < steps {
        try trainer.advance(steps - trainer.progress.globalStep)
      }
      let path = folder.file("c.weights.h5")
      try trainer.checkpoint().write(to: path)
      guard case .float32(let checkpoint) = try AnyCheckpoint(reading: path) else {
        Issue.record("the checkpoint has another precision")
        return
      }
      trainer = try Trainer(
        resuming: checkpoint, samples: samples, validation: validation, threads: .count(steps % 5 + 1))
      try trainer.train(epochs: 3)
      #expect(Bits(trainer) == Bits(whole), "stopped after \(steps) steps")
      #expect(trainer.progress == whole.progress)
    }
  }

  @Test(
    "with every compilation of the inner loops that this CPU can run",
    arguments: [
      (.relu, .meanSquaredError), (.tanh, .crossEntropy), (.sigmoid, .binaryCrossEntropy),
      (.gelu, .huber(delta: 0.3)), (.softplus, .crossEntropy),
    ] as [(Activation, Loss)], [[7, 4], [40, 30]])
  func variants(functions: (activation: Activation, loss: Loss), hidden: [Int]) throws {
    let recipe = try Fixture.recipe(
      loss: functions.loss, hidden: hidden, activation: functions.activation, shards: .count(3))
    func bits<Element: Scalar>(_ variant: KernelVariant, threads: Int, as type: Element.Type) throws
      -> Bits<Element>
    {
      let trainer = try Trainer<Element>(
        recipe: recipe, samples: Fixture.samples(for: recipe.loss), threads: .count(threads),
        variant: variant)
      try trainer.train(epochs: 3)
      return Bits(trainer)
    }
    let best = try #require(KernelVariant.all.first)
    let single = try bits(best, threads: 1, as: Float.self)
    let double = try bits(best, threads: 1, as: Double.self)
    for variant in KernelVariant.all {
      #expect(try bits(variant, threads: 2, as: Float.self) == single, "\(variant.name)")
      #expect(try bits(variant, threads: 2, as: Double.self) == double, "\(variant.name)")
    }
  }

  @Test("differ by seed, by order and by the number of shards, which are the recipe's")
  func recipeMatters() throws {
    let base = try train(Fixture.recipe(), threads: 1, as: Float.self)
    for other in [
      try Fixture.recipe(seed: 4), try Fixture.recipe(shuffle: .none),
      try Fixture.recipe(shards: .count(2)),
    ] {
      #expect(try train(other, threads: 1, as: Float.self) != base)
    }
  }
}

@Suite("The trainer")
struct TrainerTests {
  @Test("learns y = 3*x0 + 2*x1")
  func learns() throws {
    let samples: Samples<Double> = LinearProblem().samples(2000)
    let recipe = try Recipe(
      network: MLP(inputs: 2, hidden: [10], outputs: 1), loss: .meanSquaredError,
      optimizer: .adam(Adam(learningRate: 0.01)), batchSize: 50)
    let trainer = try Trainer(recipe: recipe, samples: samples, threads: .count(2))
    try trainer.train(epochs: 60)
    let evaluation = trainer.evaluate(samples)
    #expect(try #require(evaluation.r2) > 0.9999)
    let losses = trainer.history.map(\.loss)
    #expect(try #require(losses.last) < losses[0] / 100)
  }

  @Test("scales the sums of a ragged last batch by its own size")
  func raggedBatch() throws {
    // One linear unit, one feature, gradient descent: w and b can be followed by hand.
    let x: [Double] = [1, 2, 3, 4, 5]
    let y: [Double] = [2, 3, 5, 8, 13]
    let recipe = try Recipe(
      network: MLP(inputs: 1, hidden: [], outputs: 1), loss: .meanSquaredError,
      optimizer: .sgd(SGD(learningRate: 0.01)), initializer: .zeros, batchSize: 3, shuffle: .none)
    let trainer = try Trainer(
      recipe: recipe, samples: Samples(x: x, features: 1, y: y), threads: .count(1))
    try trainer.train(epochs: 1)
    var (w, b, sum) = (0.0, 0.0, 0.0)
    for batch in [0..<3, 3..<5] {
      let errors = batch.map { w * x[$0] + b - y[$0] }
      sum += errors.map { $0 * $0 }.reduce(0, +)
      let dw = zip(errors, batch).map { 2 * $0 * x[$1] }.reduce(0, +) / Double(batch.count)
      let db = errors.map { 2 * $0 }.reduce(0, +) / Double(batch.count)
      w -= 0.01 * dw
      b -= 0.01 * db
    }
    #expect(abs(trainer.parameters[0] - w) < 1e-14 && abs(trainer.parameters[1] - b) < 1e-14)
    #expect(abs(trainer.history[0].loss - sum / 5) < 1e-13)
  }

  @Test("starts from given parameters, which the recipe then names")
  func givenParameters() throws {
    let recipe = try Fixture.recipe()
    let drawn: [Float] = recipe.initializer.parameters(for: recipe.network, seed: recipe.seed)
    func trained(_ parameters: [Float]?) throws -> Trainer<Float> {
      let trainer = try Trainer<Float>(
        recipe: recipe, samples: Fixture.samples(), threads: .count(1), parameters: parameters)
      #expect(trainer.parameters == parameters ?? drawn)
      try trainer.train(epochs: 1)
      return trainer
    }
    let (own, given, other) = (try trained(nil), try trained(drawn), try trained(drawn.map { $0 / 2 }))
    #expect(Bits(given) == Bits(own) && Bits(other) != Bits(own))
    #expect(own.recipe.initialParameters.isEmpty)
    #expect(given.recipe.initialParameters == drawn.withUnsafeBufferPointer { Digest(of: $0) }.description)
    #expect(given.recipe.differences(from: other.recipe).map(\.option) == ["--initial"])
    // Whoever goes on from a checkpoint does not start from its parameters.
    let resumed = try Trainer(
      resuming: own.checkpoint(), samples: Fixture.samples(), threads: .count(1))
    #expect(resumed.recipe == own.recipe)
  }

  @Test("scales gradients down to the largest norm, and no others")
  func clipNorm() throws {
    let samples: Samples<Double> = Fixture.samples()
    func step(_ clipNorm: Double?) throws -> [Double] {
      // More than one block of the norm.
      var recipe = try Fixture.recipe(optimizer: .sgd(SGD(learningRate: 1)), hidden: [40, 37])
      recipe.clipNorm = clipNorm
      let trainer = try Trainer(recipe: recipe, samples: samples, threads: .count(2))
      let before = trainer.parameters
      try trainer.advance(1)
      return zip(before, trainer.parameters).map { $0 - $1 }
    }
    func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let gradient = try step(nil)
    let (length, clipped) = (norm(gradient), try step(norm(gradient) / 3))
    #expect(length > 0.1 && abs(norm(clipped) / length - 1.0 / 3) < 1e-12)
    for (component, whole) in zip(clipped, gradient) { #expect(abs(component - whole / 3) < 1e-14 * length) }
    #expect(try step(length * 1.001) == gradient)
  }

  @Test("does not hide gradients that are not finite by clipping them")
  func clippingInfinity() throws {
    let samples = Samples<Float>(x: [3e30, 1], features: 1, y: [1e19, 1])
    let recipe = try Recipe(
      network: MLP(inputs: 1, hidden: [], outputs: 1), loss: .meanSquaredError,
      optimizer: .sgd(SGD(learningRate: 0.1)), clipNorm: 1, initializer: .zeros, batchSize: 2)
    let trainer = try Trainer(recipe: recipe, samples: samples, threads: .count(1))
    #expect(throws: LockstepError.self) { try trainer.train(epochs: 3) }
  }

  @Test("sums the gradients of a minibatch's rows instead, if asked to")
  func reduction() throws {
    // One layer without hidden ones on two targets: a row's loss is the mean of two squares.
    let samples = Samples<Double>(x: [1, 2, 3], features: 1, y: [2, 1, 3, 1, 5, 1], targets: 2)
    let recipe = try Recipe(
      network: MLP(inputs: 1, hidden: [], outputs: 2), loss: .meanSquaredError,
      optimizer: .sgd(SGD(learningRate: 0.01)), reduction: .sum, initializer: .zeros, batchSize: 2,
      shuffle: .none)
    let trainer = try Trainer(recipe: recipe, samples: samples, threads: .count(1))
    var (w, b) = (0.0, 0.0)
    for rows in [[(1.0, 2.0), (2, 3)], [(3, 5)]] {
      // The derivative of (e0^2 + e1^2) / 2 by the first output is e0.
      let errors = rows.map { w * $0.0 + b - $0.1 }
      w -= 0.01 * zip(errors, rows).map { $0 * $1.0 }.reduce(0, +)
      b -= 0.01 * errors.reduce(0, +)
      try trainer.advance(1)
      // The loss is a mean all the same: of the squares of 2, 1, 3 and 1.
      if rows.count == 2 { #expect(trainer.currentLoss == 3.75) }
      #expect(abs(trainer.parameters[0] - w) < 1e-15 && abs(trainer.parameters[2] - b) < 1e-15)
    }
  }

  @Test("takes each step at the schedule's learning rate, and records the epoch's last one")
  func schedule() throws {
    // One linear unit without momentum: a step is the learning rate times the gradient.
    let samples = Samples<Double>(x: [1, 2, 3, 4], features: 1, y: [2, 3, 5, 8])
    let schedule = Schedule(.exponential(over: 1, factor: 0.5), warmupSteps: 2)
    let recipe = try Recipe(
      network: MLP(inputs: 1, hidden: [], outputs: 1), loss: .meanSquaredError,
      optimizer: .sgd(SGD(learningRate: 0.01)), schedule: schedule, initializer: .zeros, batchSize: 2,
      shuffle: .none)
    let trainer = try Trainer(recipe: recipe, samples: samples, threads: .count(1))
    var (w, b) = (0.0, 0.0)
    for (step, rate) in [0.005, 0.01, 0.01, 0.005].enumerated() {
      let rows = step % 2 == 0 ? [(1.0, 2.0), (2, 3)] : [(3, 5), (4, 8)]
      let errors = rows.map { w * $0.0 + b - $0.1 }
      w -= rate * (errors[0] * rows[0].0 + errors[1] * rows[1].0)
      b -= rate * (errors[0] + errors[1])
      try trainer.advance(1)
      #expect(trainer.learningRate == rate)
      #expect(abs(trainer.parameters[0] - w) < 1e-15 && abs(trainer.parameters[1] - b) < 1e-15)
    }
    #expect(trainer.history.map(\.learningRate) == [0.01, 0.005])
  }

  @Test("stops at the step whose loss is not finite, and says which")
  func divergence() throws {
    let recipe = try Fixture.recipe(
      optimizer: .sgd(SGD(learningRate: 1e30)), hidden: [], batchSize: 50)
    let trainer = try Trainer<Float>(recipe: recipe, samples: Fixture.samples(), threads: .count(2))
    let error = #expect(throws: LockstepError.self) { try trainer.train(epochs: 5) }
    #expect(error?.kind == .diverged)
    #expect(error?.problem.contains("step \(trainer.progress.globalStep + 1) ") == true)
    #expect(trainer.progress.globalStep < 5)
  }

  @Test("gives no checkpoint of parameters that are not finite")
  func divergedCheckpoint() throws {
    let recipe = try Fixture.recipe(optimizer: .sgd(SGD(learningRate: 1e38)), hidden: [])
    let trainer = try Trainer<Float>(recipe: recipe, samples: Fixture.samples(), threads: .count(1))
    // The loss of the first step is that of the first parameters; the second step's is not finite.
    try trainer.advance(1)
    if trainer.parameters.allSatisfy(\.isFinite) { _ = try? trainer.advance(1) }
    let error = #expect(throws: LockstepError.self) { try trainer.checkpoint() }
    #expect(error?.kind == .diverged)
  }

  @Test("ends early when asked to stop, after a whole step")
  func stop() throws {
    let trainer = try Trainer<Float>(
      recipe: Fixture.recipe(), samples: Fixture.samples(), threads: .count(2))
    let stop = StopRequest()
    stop.make()
    #expect(try trainer.advance(4, stop: stop) == 1)
    #expect(trainer.progress.globalStep == 1)
  }

  @Test("keeps the parameters of the best validation loss")
  func best() throws {
    let trainer = try Trainer<Float>(
      recipe: Fixture.recipe(), samples: Fixture.samples(), validation: Fixture.samples(61),
      threads: .count(1))
    var kept: [Float] = []
    var least = Double.infinity
    try trainer.train(epochs: 8) { _, record in
      if record.validationLoss < least {
        least = record.validationLoss
        kept = trainer.parameters
      }
    }
    #expect(trainer.progress.best?.value == least)
    #expect(trainer.bestParameters == kept)
  }

  @Test("refuses samples that do not fit the network")
  func misfit() throws {
    let recipe = try Fixture.recipe()
    let narrow = Samples<Float>(x: [1, 2, 3, 4], features: 2, y: [1, 2, 3, 4], targets: 2)
    #expect(throws: LockstepError.self) { try Trainer(recipe: recipe, samples: narrow) }
    #expect(throws: LockstepError.self) {
      try Trainer<Float>(recipe: recipe, samples: Fixture.samples(classes: 4))
    }
    let many: Samples<Float> = Fixture.samples(classes: 9)
    #expect(throws: LockstepError.self) {
      try Trainer(recipe: Fixture.recipe(loss: .crossEntropy), samples: many)
    }
  }

  @Test("says so when a network does not fit into memory", arguments: [1_000_000, Int.max / 4])
  func memory(width: Int) throws {
    let error = #expect(throws: LockstepError.self) {
      let recipe = try Recipe(
        network: MLP(inputs: 3, hidden: [width, width], outputs: 2), loss: .meanSquaredError,
        optimizer: .adam(Adam()), batchSize: 10)
      _ = try Trainer<Float>(recipe: recipe, samples: Fixture.samples())
    }
    #expect(error?.kind == .memory)
  }
}
