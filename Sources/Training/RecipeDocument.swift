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

  var inputs: Int
  var layers: [Layer]
  var loss: String
  var huberDelta: Double?
  var initializer: String
  var initialParameters: String
  var optimizer: String
  var learningRate: Double
  var momentum: Double?
  var beta1: Double?
  var beta2: Double?
  var epsilon: Double?
  var batchSize: Int
  var shards: Int
  var seed: UInt64
  var shuffle: Bool
  var precision: String
  var validationFraction: Double
  var validationDigest: String

  enum CodingKeys: String, CodingKey {
    case inputs, layers, loss, initializer, optimizer, momentum, beta1, beta2, epsilon, shards, seed
    case shuffle, precision
    case huberDelta = "huber_delta"
    case initialParameters = "initial_parameters"
    case learningRate = "learning_rate"
    case batchSize = "batch_size"
    case validationFraction = "validation_fraction"
    case validationDigest = "validation_digest"
  }

  init(_ recipe: Recipe) {
    inputs = recipe.network.inputs
    layers = recipe.network.layers.map { Layer(units: $0.units, activation: $0.activation.rawValue) }
    loss = recipe.loss.name
    huberDelta = recipe.loss.huberDelta
    initializer = recipe.initializer.rawValue
    initialParameters = recipe.initialParameters
    optimizer = recipe.optimizer.name
    learningRate = recipe.optimizer.learningRate
    switch recipe.optimizer {
    case .sgd(let sgd): momentum = sgd.momentum
    case .adam(let adam): (beta1, beta2, epsilon) = (adam.beta1, adam.beta2, adam.epsilon)
    }
    batchSize = recipe.batchSize
    shards = recipe.shards
    seed = recipe.seed
    shuffle = recipe.shuffle
    precision = recipe.precision.rawValue
    validationFraction = recipe.validationFraction
    validationDigest = recipe.validationDigest
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
      var recipe = try? Recipe(
        network: MLP(inputs: inputs, layers: layers), loss: loss, optimizer: optimizer,
        initializer: initializer, batchSize: batchSize, shards: .count(shards), seed: seed,
        shuffle: shuffle, precision: precision, validationFraction: validationFraction)
    else { return nil }
    recipe.initialParameters = initialParameters
    recipe.validationDigest = validationDigest
    return recipe
  }

  private var parsedLoss: Loss? {
    guard let loss = Loss(name: loss) else { return nil }
    guard case .huber = loss else { return loss }
    return huberDelta.map { .huber(delta: $0) }
  }

  private var parsedOptimizer: Optimizer? {
    switch optimizer {
    case "sgd": return .sgd(SGD(learningRate: learningRate, momentum: momentum ?? 0))
    case "adam":
      guard let beta1, let beta2, let epsilon else { return nil }
      return .adam(Adam(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon))
    default: return nil
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
