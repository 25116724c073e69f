import ArgumentParser
import Lockstep

/// Options that make up a recipe, for every command that trains.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: "Widths of the hidden layers, joined by commas; \"\" for a linear model. (default: \"\")",
    transform: Parse.widths)
  var hidden: [Int] = []
  @Option(
    help: "The activation of the hidden layers. (values: \(Parse.hiddenActivations); default: relu)",
    transform: Parse.hiddenActivation)
  var activation = Activation.relu
  @Option(
    help: """
      The activation of the output layer; softmax for cross-entropy only. (values: \(Parse.outputActivations); \
      default: what goes with the loss)
      """, transform: Parse.outputActivation)
  var outputActivation: Activation?
  @Option(
    help: "How kernels are drawn; auto is he before relu and its kin, glorot otherwise. Biases start at zero."
  )
  var initializer = Initializer.auto
  @Option(
    help: """
      What is made small; auto is mse for numbers and cross-entropy for integers. half-mse is the mean over rows of \
      half the sum of squares.
      """)
  var loss = LossChoice.automatic
  @Option(
    help: "For huber: the error from which on the loss grows no faster than it. (default: 1)",
    transform: Parse.positiveNumber)
  var huberDelta: Double?

  @OptionGroup(title: "Optimizer") var step: StepOptions

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
    if huberDelta != nil, loss.loss?.huberDelta == nil {
      throw ValidationError("--huber-delta is for --loss huber.")
    }
  }

  /// Training on `data` with these options, and the default ones otherwise.
  func trainingOptions(_ data: DatasetLocation) -> TrainingOptions {
    var options = TrainingOptions(data: data)
    options.hidden = hidden
    options.activation = activation
    options.outputActivation = outputActivation
    options.initializer = initializer
    options.loss = huberDelta.map { .huber(delta: $0) } ?? loss.loss
    options.optimizer = step.resolvedOptimizer
    options.schedule = step.resolvedSchedule
    options.reduction = step.reduction
    options.clipNorm = step.clipNorm
    options.cosineSpansRun = step.decaySteps == nil
    options.batchSize = batchSize
    options.seed = seed
    options.shuffle = !noShuffle
    options.shards = shards
    options.precision = precision
    return options
  }
}
