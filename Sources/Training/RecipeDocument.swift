import Datasets
import Kernels
import Networks
import Optimizers
import Primitives

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A recipe as it stands in a checkpoint: one JSON object.
struct RecipeDocument: Codable {
  struct Layer: Codable {
    var units: Int
    var activation: String
  }

  /// Nil for all that there are.
  var features: [Int]?
  /// Nil unless rows have weights.
  var weighted: Bool?
  var inputs: Int
  var layers: [Layer]
  var loss: String
  var huberDelta: Double?
  var initializer: String
  var initialParameters: String
  var optimizer: String
  // The numbers that the optimizer takes.
  var learningRate: Double?
  var momentum: Double?
  var beta1: Double?
  var beta2: Double?
  var rho: Double?
  var epsilon: Double?
  /// Nil in documents from before there was any.
  var weightDecay: Double?
  /// Nil for rules without one, and in documents from before there was a choice.
  var biasCorrection: String?
  /// Nil in documents from before there were schedules, and so are those that belong to it.
  var schedule: String?
  var warmupSteps: Int?
  var decaySteps: Int?
  var decayRate: Double?
  var finalLearningRate: Double?
  /// Nil in documents from before there was a choice.
  var reduction: String?
  /// Nil for no limit.
  var clipNorm: Double?
  var batchSize: Int
  var shards: Int
  var seed: UInt64
  /// Whether the rows are not taken in the order of the file.
  var shuffle: Bool
  /// Nil unless they are shuffled by blocks, as the next one.
  var blockRows: Int?
  var windowBlocks: Int?
  /// Nil if that is one.
  var blockParts: Int?
  /// Nil in documents from before there was a choice.
  var normalize: String?
  var precision: String
  var validationFraction: Double
  var validationDigest: String

  enum CodingKeys: String, CodingKey {
    case features, weighted, inputs, layers, loss, initializer, optimizer, momentum, beta1, beta2, rho,
      epsilon, shards,
      seed
    case shuffle, normalize, precision, schedule, reduction
    case huberDelta = "huber_delta"
    case initialParameters = "initial_parameters"
    case learningRate = "learning_rate"
    case weightDecay = "weight_decay"
    case biasCorrection = "bias_correction"
    case clipNorm = "clip_norm"
    case warmupSteps = "warmup_steps"
    case decaySteps = "decay_steps"
    case decayRate = "decay_rate"
    case finalLearningRate = "final_learning_rate"
    case blockRows = "block_rows"
    case windowBlocks = "window_blocks"
    case blockParts = "block_parts"
    case batchSize = "batch_size"
    case validationFraction = "validation_fraction"
    case validationDigest = "validation_digest"
  }

  init(_ recipe: Recipe) {
    features = recipe.features?.columns
    weighted = recipe.isWeighted ? true : nil
    inputs = recipe.network.inputs
    layers = recipe.network.layers.map { Layer(units: $0.units, activation: $0.activation.rawValue) }
    loss = recipe.loss.name
    huberDelta = recipe.loss.huberDelta
    initializer = recipe.initializer.rawValue
    initialParameters = recipe.initialParameters
    optimizer = recipe.optimizer.name.rawValue
    biasCorrection = recipe.optimizer.biasCorrection?.rawValue
    schedule = recipe.schedule.name.rawValue
    warmupSteps = recipe.schedule.warmupSteps
    decaySteps = recipe.schedule.decaySteps
    decayRate = recipe.schedule.decayRate
    finalLearningRate = recipe.schedule.finalLearningRate
    reduction = recipe.reduction.rawValue
    clipNorm = recipe.clipNorm
    batchSize = recipe.batchSize
    shards = recipe.shards
    seed = recipe.seed
    shuffle = recipe.shuffle != .none
    if case .blocks(let shape) = recipe.shuffle {
      (blockRows, windowBlocks) = (shape.blockRows, shape.windowBlocks)
      blockParts = shape.blockParts == 1 ? nil : shape.blockParts
    }
    normalize = recipe.normalization.rawValue
    precision = recipe.precision.rawValue
    validationFraction = recipe.validationFraction
    validationDigest = recipe.validationDigest
    for hyperparameter in recipe.optimizer.hyperparameters {
      self[keyPath: Self.member(hyperparameter)] = recipe.optimizer[hyperparameter]
    }
  }

  /// The recipe, or nil if a value is none that this version knows.
  var recipe: Recipe? {
    let layers = layers.compactMap { layer in
      Activation(rawValue: layer.activation).map { DenseLayer(units: layer.units, activation: $0) }
    }
    guard layers.count == self.layers.count, !layers.isEmpty, inputs > 0,
      layers.allSatisfy({ $0.units > 0 }), batchSize > 0, shards > 0, shards <= batchSize,
      let loss = parsedLoss, let initializer = Initializer(rawValue: initializer),
      let precision = Precision(rawValue: precision), let optimizer = parsedOptimizer,
      let schedule = parsedSchedule, let reduction = Reduction(rawValue: reduction ?? "mean"),
      let shuffle = parsedShuffle, let normalization = NormalizationKind(rawValue: normalize ?? "none"),
      var recipe = try? Recipe(
        network: MLP(inputs: inputs, layers: layers), loss: loss, optimizer: optimizer,
        schedule: schedule, reduction: reduction, clipNorm: clipNorm, initializer: initializer,
        batchSize: batchSize,
        shards: .count(shards),
        seed: seed,
        shuffle: shuffle, normalization: normalization, precision: precision,
        validationFraction: validationFraction)
    else { return nil }
    if let features {
      guard let selection = FeatureSelection(columns: features), features.count == inputs else { return nil }
      recipe.features = selection
    }
    recipe.isWeighted = weighted ?? false
    recipe.initialParameters = initialParameters
    recipe.validationDigest = validationDigest
    return recipe
  }

  private var parsedLoss: Loss? {
    guard let loss = Loss(name: loss) else { return nil }
    guard case .huber = loss else { return loss }
    return huberDelta.map { .huber(delta: $0) }
  }

  private var parsedShuffle: Shuffle? {
    guard shuffle else { return Shuffle.none }
    guard let blockRows, let windowBlocks else { return .full }
    return BlockShape(blockRows: blockRows, windowBlocks: windowBlocks, blockParts: blockParts ?? 1)
      .map { .blocks($0) }
  }

  private var parsedOptimizer: Optimizer? {
    guard let name = Optimizer.Name(rawValue: optimizer) else { return nil }
    var result = Optimizer(name)
    for hyperparameter in result.hyperparameters {
      let none: Double? = hyperparameter == .weightDecay ? 0 : nil
      guard let value = self[keyPath: Self.member(hyperparameter)] ?? none else { return nil }
      result[hyperparameter] = value
    }
    if let biasCorrection {
      guard let correction = BiasCorrection(rawValue: biasCorrection) else { return nil }
      result.biasCorrection = correction
    }
    return result
  }

  private var parsedSchedule: Schedule? {
    guard let schedule else { return Schedule() }
    return Schedule.Name(rawValue: schedule).flatMap {
      Schedule(
        $0, warmupSteps: warmupSteps ?? 0, decaySteps: decaySteps, decayRate: decayRate,
        finalLearningRate: finalLearningRate)
    }
  }

  /// The member that holds a number of the optimizer.
  private static func member(_ hyperparameter: Hyperparameter) -> WritableKeyPath<RecipeDocument, Double?> {
    switch hyperparameter {
    case .learningRate: \.learningRate
    case .momentum: \.momentum
    case .beta1: \.beta1
    case .beta2: \.beta2
    case .rho: \.rho
    case .epsilon: \.epsilon
    case .weightDecay: \.weightDecay
    }
  }

  /// The object as text, keys in order.
  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // All numbers are finite (`Recipe.check`), and nothing else can fail to encode.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// A document from its text, or nil.
  init?(json: String) {
    guard let document = try? JSONDecoder().decode(RecipeDocument.self, from: Data(json.utf8)) else {
      return nil
    }
    self = document
  }
}
