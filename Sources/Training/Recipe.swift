import Datasets
import Kernels
import Networks
import Optimizers
import Primitives

/// Everything that decides the numbers of a training run, besides the data: two runs of one recipe on the same data
/// end in the same bits.
///
/// The number of threads is not part of it, nor is how long to train: a run may be continued with other threads and for
/// more epochs.
public struct Recipe: Sendable, Equatable {
  /// The network.
  public var network: MLP
  /// What is made small.
  public var loss: Loss
  /// How steps are made of gradients.
  public var optimizer: Optimizer
  /// How the learning rate goes on.
  public var schedule: Schedule
  /// What a minibatch makes of the gradients of its rows.
  public var reduction: Reduction
  /// The largest norm of a gradient; longer ones are scaled down to it. Nil for no limit.
  public var clipNorm: Double?
  /// How the first parameters were drawn.
  public var initializer: Initializer
  /// The file whose parameters were taken instead of drawn ones, named by the digest of these; empty if drawn.
  public var initialParameters: String
  /// The rows of a minibatch.
  public var batchSize: Int
  /// The shards that a full minibatch is cut into.
  public var shards: Int
  /// Of initialisation, order of rows and split.
  public var seed: UInt64
  /// The features that are taken of those that there are; nil for all.
  public var features: FeatureSelection?
  /// Whether the loss of each row is multiplied by a weight of its own.
  public var isWeighted = false
  /// In what order each epoch takes the rows.
  public var shuffle: Shuffle
  /// How features, and targets that are numbers, are brought to like size.
  public var normalization: NormalizationKind
  /// The format of parameters and arithmetic.
  public var precision: Precision
  /// The part of the rows kept aside for validation.
  public var validationFraction: Double
  /// The digest of the samples of a validation file; empty without one.
  public var validationDigest: String

  /// A recipe with `shards` resolved for the network and batch size; see the properties.
  ///
  /// - Throws: ``LockstepError`` of kind `configuration` if parts do not go together.
  public init(
    network: MLP, loss: Loss, optimizer: Optimizer, schedule: Schedule = Schedule(),
    reduction: Reduction = .mean, clipNorm: Double? = nil,
    initializer: Initializer = .auto, batchSize: Int, shards: ShardChoice = .automatic, seed: UInt64 = 0,
    shuffle: Shuffle = .full, normalization: NormalizationKind = .none,
    precision: Precision = .float32, validationFraction: Double = 0
  ) throws(LockstepError) {
    self.network = network
    self.loss = loss
    self.optimizer = optimizer
    self.schedule = schedule
    self.reduction = reduction
    self.clipNorm = clipNorm
    self.initializer = initializer
    initialParameters = ""
    self.batchSize = batchSize
    self.seed = seed
    self.shuffle = shuffle
    self.normalization = normalization
    self.precision = precision
    self.validationFraction = validationFraction
    validationDigest = ""
    self.shards = 1
    try check()
    guard let parameters = network.parameterCount else { throw Self.tooLarge(network) }
    self.shards =
      ShardPlan(batchSize: batchSize, choice: shards, parameters: parameters).shards
  }

  /// The most rows of a minibatch.
  public static let mostRows = 1 << 40
  /// The most shards of a minibatch.
  public static let mostShards = 1 << 16

  /// The plan of a minibatch.
  public var shardPlan: ShardPlan { ShardPlan(batchSize: batchSize, shards: shards) }

  /// How gradients become steps.
  var updateRule: UpdateRule {
    UpdateRule(optimizer: optimizer, schedule: schedule, reduction: reduction, clipNorm: clipNorm)
  }

  /// The size of step `step` of the run, the first being 1.
  public func learningRate(step: Int) -> Double { updateRule.learningRate(step: step) }

  /// Throws if parts do not go together.
  func check() throws(LockstepError) {
    guard (1...Self.mostRows).contains(batchSize) else {
      throw LockstepError(
        .usage, "--batch-size", "is outside its range", found: "\(batchSize)",
        expected: "1 to \(Self.mostRows)")
    }
    guard validationFraction >= 0, validationFraction < 1 else {
      throw LockstepError(
        .usage, "--validation-fraction", "is outside its range", found: "\(validationFraction)",
        expected: "a number from 0 up to, but not including, 1")
    }
    for layer in network.layers.dropLast() where layer.activation == .softmax {
      throw LockstepError(
        .configuration, "--activation", "softmax is for output layers only",
        remedy: "Choose relu, gelu, tanh or another that --help lists.")
    }
    if loss.task == .numbers, network.outputActivation == .softmax {
      throw LockstepError(
        .configuration, "--output-activation", "softmax does not go with the loss \(loss.name)",
        remedy: "For classes give integer targets and --loss cross-entropy; for numbers leave it out.")
    }
    if let delta = loss.huberDelta, !(precision.rounded(delta) > 0 && precision.rounded(delta).isFinite) {
      throw LockstepError(
        .usage, "--huber-delta", "is outside its range", found: "\(delta)",
        expected: "a number above 0 and finite in \(precision.rawValue)")
    }
    if let required = loss.requiredActivation, required != network.outputActivation {
      throw LockstepError(
        .configuration, "--output-activation", "does not go with the loss \(loss.name)",
        found: network.outputActivation.rawValue, expected: required.rawValue,
        remedy: "Leave --output-activation out.")
    }
    if let (option, value, expected) = optimizer.firstBadOption(in: precision) {
      throw LockstepError(
        .usage, option, "is outside its range", found: "\(value)", expected: expected)
    }
    if let clipNorm, !(clipNorm > 0 && clipNorm.isFinite) {
      throw LockstepError(
        .usage, "--clip-norm", "is outside its range", found: "\(clipNorm)", expected: "a number above 0")
    }
    if let (option, value, expected) = schedule.firstBadOption {
      throw LockstepError(.usage, option, "is outside its range", found: value, expected: expected)
    }
  }

  /// Throws if the network can only be run.
  func checkTrainable() throws(LockstepError) {
    guard network.layers.allSatisfy(\.activation.isTrainable) else {
      throw LockstepError(
        .configuration, "--activation",
        "a network with step cannot be trained: its derivative is zero wherever there is one",
        remedy: "Choose sigmoid, which is a smooth step, or another that --help lists.")
    }
  }

  static func tooLarge(_ network: MLP) -> LockstepError {
    LockstepError(
      .memory, "--hidden", "a network of these widths (\(network.summary)) does not fit into any memory",
      remedy: "Choose smaller widths.")
  }
}

extension Precision {
  /// `value` as it enters the arithmetic.
  fileprivate func rounded(_ value: Double) -> Double { self == .float32 ? Double(Float(value)) : value }
}

extension Schedule {
  /// The first option that the schedule does not accept, with its value and what would do.
  fileprivate var firstBadOption: (option: String, value: String, expected: String)? {
    if warmupSteps < 0 { return ("--warmup-steps", "\(warmupSteps)", "a whole number from 0 up") }
    if let decaySteps, decaySteps < 1 {
      return ("--decay-steps", "\(decaySteps)", "a whole number from 1 up")
    }
    if let decayRate, !(decayRate > 0 && decayRate <= 1) {
      return ("--decay-rate", "\(decayRate)", "a number above 0 and up to 1")
    }
    if let finalLearningRate, !(finalLearningRate >= 0 && finalLearningRate.isFinite) {
      return ("--final-learning-rate", "\(finalLearningRate)", "a number from 0 up")
    }
    return nil
  }
}

extension Optimizer {
  /// The first option that the rule does not accept, with its value and what would do.
  fileprivate func firstBadOption(in precision: Precision)
    -> (option: String, value: Double, expected: String)?
  {
    for hyperparameter in hyperparameters {
      guard let value = self[hyperparameter] else { continue }
      let (fits, expected) =
        switch hyperparameter {
        case .learningRate, .epsilon:
          (
            precision.rounded(value) > 0 && precision.rounded(value).isFinite,
            "a number above 0 and finite in \(precision.rawValue)"
          )
        case .momentum, .beta1, .beta2, .rho:
          (value >= 0 && precision.rounded(value) < 1, "a number from 0 up to, but not including, 1")
        case .weightDecay:
          (
            value >= 0 && precision.rounded(value).isFinite,
            "a number from 0 up and finite in \(precision.rawValue)"
          )
        }
      if !fits { return ("--\(hyperparameter.rawValue)", value, expected) }
    }
    if name == .nesterov, self[.momentum] == 0 { return ("--momentum", 0, "a number above 0 for nesterov") }
    return nil
  }
}
