import Lockstep
import TestSupport
import Testing

@testable import Training

/// Steps on rows with weights, in memory.
@Suite struct WeightedTrainingTests {
  /// Of each kind of step: small networks, shards and tiles. What is clipped goes by shards.
  struct Case: Sendable, CustomStringConvertible {
    var hidden: [Int]
    var loss: Loss
    var clipNorm: Double?
    var path: StepPath?
    var batchSize = 50
    var description: String { "\(hidden) \(loss.name) \(clipNorm.map { "\($0)" } ?? "") \(batchSize)" }
  }

  static let cases: [Case] =
    Loss.all.flatMap { loss in
      [
        Case(hidden: [9, 5], loss: loss), Case(hidden: [33, 20], loss: loss, path: .shards),
        Case(hidden: [33, 50], loss: loss, path: .tiles),
      ]
    } + [
      Case(hidden: [9], loss: .meanSquaredError, clipNorm: 0.1),
      Case(hidden: [33, 50], loss: .crossEntropy, clipNorm: 0.1),
      Case(hidden: [9], loss: .meanSquaredError, batchSize: 1),
    ]

  static func weights<Element: Scalar>(_ count: Int) -> [Element] {
    (0..<count).map { $0 % 6 == 1 ? 0 : Element($0 % 13) / 5 }
  }

  static func with<Element: Scalar>(_ samples: Samples<Element>, weights: [Element]?) -> Samples<Element> {
    Samples(
      count: samples.count, features: samples.features, x: samples.x, targets: samples.targets,
      weights: weights.map { AlignedBuffer($0, filler: 0) })
  }

  func trained<Element: Scalar>(
    _ setup: Case, weights: [Element]?, threads: Int = 1, _ variant: KernelVariant?, isValidated: Bool = false
  ) throws -> Trainer<Element> {
    let samples = Self.with(Fixture.samples(for: setup.loss), weights: weights)
    var recipe = try Fixture.recipe(loss: setup.loss, hidden: setup.hidden, batchSize: setup.batchSize)
    if setup.batchSize < 7 { recipe.shards = 1 }
    recipe.clipNorm = setup.clipNorm
    let trainer = try Trainer(
      recipe: recipe, samples: samples, validation: isValidated ? samples : nil, threads: .count(threads),
      variant: variant, path: variant == nil ? nil : setup.path)
    try trainer.train(epochs: 2)
    return trainer
  }

  @Test(arguments: cases) func threadsAndVariantsGiveTheSameBits(_ setup: Case) throws {
    func check<Element: Scalar>(as type: Element.Type) throws {
      let weights: [Element] = Self.weights(203)
      let best = try #require(KernelVariant.all.first)
      let expected = Bits(try trained(setup, weights: weights, best))
      for variant in KernelVariant.all {
        for threads in [1, 2, 3, 7] {
          let found = Bits(try trained(setup, weights: weights, threads: threads, variant))
          #expect(found == expected, "\(variant.name), \(threads) threads")
        }
      }
    }
    try check(as: Float.self)
    try check(as: Double.self)
  }

  @Test(arguments: cases) func onesGiveTheBitsOfNone(_ setup: Case) throws {
    func check<Element: Scalar>(as type: Element.Type) throws {
      let ones = [Element](repeating: 1, count: 203)
      for variant in [KernelVariant.all.first, nil] {
        let weighted = try trained(setup, weights: ones, threads: 2, variant, isValidated: true)
        let plain = try trained(setup, weights: nil as [Element]?, threads: 2, variant, isValidated: true)
        #expect(Bits(weighted) == Bits(plain))
        #expect(weighted.recipe.isWeighted && !plain.recipe.isWeighted)
      }
    }
    try check(as: Float.self)
    try check(as: Double.self)
  }

  @Test(arguments: cases) func thePlainLoopsAgree(_ setup: Case) throws {
    let weights: [Double] = Self.weights(203)
    let compiled = try trained(setup, weights: weights, KernelVariant.all.first)
    let plain = try trained(setup, weights: weights, nil)
    for (a, b) in zip(compiled.parameters, plain.parameters) { #expect(abs(a - b) < 1e-9) }
    #expect(abs(compiled.history[1].loss - plain.history[1].loss) < 1e-12)
  }

  /// The sum over a minibatch of rows of whole weights is that of the rows, each repeated so often.
  @Test(arguments: cases.filter { $0.batchSize > 1 }) func weightsAreRepetitionsWhereSumsAreMade(
    _ setup: Case
  )
    throws
  {
    let samples: Samples<Double> = Fixture.samples(for: setup.loss)
    let weights = (0..<samples.count).map { $0 % 4 }
    let rows = weights.indices.flatMap { Array(repeating: $0, count: weights[$0]) }
    let x = rows.flatMap { samples.x.array[$0 * 3..<($0 + 1) * 3] }
    let repeated: Samples<Double> =
      switch samples.targets {
      case .values(let y, let columns):
        Samples(
          x: x, features: 3, y: rows.flatMap { y.array[$0 * columns..<($0 + 1) * columns] }, targets: columns)
      case .labels(let labels, let classes):
        Samples(x: x, features: 3, labels: rows.map { labels.array[$0] }, classes: classes)
      }
    func trainer(_ samples: Samples<Double>) throws -> Trainer<Double> {
      var recipe = try Fixture.recipe(
        loss: setup.loss, optimizer: .sgd(SGD(learningRate: 1e-3)), hidden: setup.hidden,
        batchSize: samples.count, shuffle: .none)
      (recipe.reduction, recipe.clipNorm) = (.sum, setup.clipNorm)
      let trainer = try Trainer(
        recipe: recipe, samples: samples, threads: .count(2), variant: KernelVariant.all.first,
        path: setup.path)
      try trainer.train(epochs: 5)
      return trainer
    }
    let a = try trainer(Self.with(samples, weights: weights.map { Double($0) }))
    let b = try trainer(repeated)
    for (a, b) in zip(a.parameters, b.parameters) { #expect(abs(a - b) < 1e-12) }
    // The mean is over the rows that there are.
    for (own, other) in zip(a.history, b.history) {
      #expect(abs(own.loss * Double(samples.count) - other.loss * Double(repeated.count)) < 1e-10)
    }
  }

  @Test func evaluationsAreWeighted() throws {
    let samples: Samples<Double> = Fixture.samples()
    let weights: [Double] = Self.weights(samples.count)
    let trainer = try Trainer(
      recipe: Fixture.recipe(), samples: samples, threads: .count(2))
    let plain = trainer.evaluate(samples)
    #expect(plain.weight == nil)
    let weighted = trainer.evaluate(Self.with(samples, weights: weights))
    #expect(abs((weighted.weight ?? 0) - weights.reduce(0, +)) < 1e-9)
    let ones = trainer.evaluate(Self.with(samples, weights: weights.map { _ in 1 }))
    #expect(
      ones.loss == plain.loss && ones.r2 == plain.r2 && ones.meanAbsoluteError == plain.meanAbsoluteError)
    let zeros = trainer.evaluate(Self.with(samples, weights: weights.map { _ in 0 }))
    #expect(zeros.loss == 0 && zeros.weight == 0 && zeros.rootMeanSquaredError == nil && zeros.r2 == nil)
    // Mean squares over the sum of weights, and the loss over the rows.
    let rmse = try #require(weighted.rootMeanSquaredError)
    #expect(abs(rmse * rmse * weights.reduce(0, +) / Double(samples.count) - weighted.loss) < 1e-13)
  }

  @Test func aCheckpointGoesOnWithWeightsOnly() throws {
    let samples: Samples<Double> = Fixture.samples()
    let weighted = Self.with(samples, weights: Self.weights(samples.count))
    let trainer = try Trainer(recipe: Fixture.recipe(), samples: weighted, threads: .count(1))
    try trainer.train(epochs: 1)
    let checkpoint = try trainer.checkpoint()
    #expect(checkpoint.recipe.isWeighted)
    #expect(throws: LockstepError.self) {
      try Trainer(resuming: checkpoint, samples: samples, threads: .count(1))
    }
    let resumed = try Trainer(resuming: checkpoint, samples: weighted, threads: .count(2))
    try resumed.train(epochs: 2)
    try trainer.train(epochs: 2)
    #expect(Bits(resumed) == Bits(trainer))
  }
}
