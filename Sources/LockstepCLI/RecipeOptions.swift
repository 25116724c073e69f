import ArgumentParser
import Lockstep

/// Options that make up a recipe, for every command that trains.
struct RecipeOptions: ParsableArguments {
  enum OptimizerName: String, ExpressibleByArgument, CaseIterable { case sgd, adam }

  @Option(
    help: "Widths of the hidden layers, joined by commas; \"\" for a linear model. (default: \"\")",
    transform: Parse.widths)
  var hidden: [Int] = []
  @Option(
    help: "The activation of the hidden layers. (values: \(Parse.hiddenActivations); default: relu)",
    transform: Parse.hiddenActivation)
  var activation = Activation.relu
  @Option(help: "The activation of the output layer. (default: what goes with the loss)")
  var outputActivation: Activation?
  @Option(help: "How kernels are drawn; auto is he before relu and glorot otherwise. Biases start at zero.")
  var initializer = Initializer.auto
  @Option(help: "What is made small; auto is mse for numbers and cross-entropy for integers.")
  var loss = LossChoice.automatic

  @Option(help: "How steps are made of gradients.")
  var optimizer = OptimizerName.adam
  // Unconditional: of a negative number it is said that it is wrong, not that it is missing.
  @Option(
    parsing: .unconditional, help: "The size of the steps. (default: 0.001 for adam, 0.01 for sgd)",
    transform: Parse.positiveNumber)
  var learningRate: Double?
  @Option(help: "For sgd: the part of the last step that is kept. (default: 0)", transform: Parse.fraction)
  var momentum: Double?
  @Option(
    name: .customLong("beta1"), help: "For adam: the decay of the mean gradient. (default: 0.9)",
    transform: Parse.fraction)
  var beta1: Double?
  @Option(
    name: .customLong("beta2"), help: "For adam: the decay of the mean squared gradient. (default: 0.999)",
    transform: Parse.fraction)
  var beta2: Double?
  @Option(help: "For adam: what keeps the division finite. (default: 1e-8)", transform: Parse.positiveNumber)
  var epsilon: Double?

  @Option(help: "Rows of a minibatch. (default: 256)", transform: Parse.positive)
  var batchSize = 256
  @Option(help: "Of initialisation, order of rows and validation split.")
  var seed: UInt64 = 0
  @Flag(help: "Take the rows in the order of the file.")
  var noShuffle = false
  @Option(help: "Number format of parameters and arithmetic.")
  var precision = Precision.float32
  @Option(
    help:
      "Shards of a minibatch, or auto. Part of the recipe: another number gives other rounding. (default: auto)",
    transform: AutomaticOrCount.shards)
  var shards = ShardChoice.automatic

  func validate() throws {
    if momentum != nil, optimizer != .sgd {
      throw ValidationError("--momentum is for --optimizer sgd; adam has --beta1.")
    }
    if optimizer != .adam, beta1 != nil || beta2 != nil || epsilon != nil {
      throw ValidationError("--beta1, --beta2 and --epsilon are for --optimizer adam.")
    }
  }

  /// Training on `data` with these options, and the default ones otherwise.
  func trainingOptions(_ data: DatasetLocation) -> TrainingOptions {
    var options = TrainingOptions(data: data)
    options.hidden = hidden
    options.activation = activation
    options.outputActivation = outputActivation
    options.initializer = initializer
    options.loss = loss.loss
    switch optimizer {
    case .sgd:
      options.optimizer = .sgd(SGD(learningRate: learningRate ?? 0.01, momentum: momentum ?? 0))
    case .adam:
      options.optimizer = .adam(
        Adam(
          learningRate: learningRate ?? 0.001, beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.999,
          epsilon: epsilon ?? 1e-8))
    }
    options.batchSize = batchSize
    options.seed = seed
    options.shuffle = !noShuffle
    options.shards = shards
    options.precision = precision
    return options
  }
}
