import ArgumentParser
import Lockstep

extension ShuffleChoice.Way: ExpressibleByArgument {}
extension NormalizationKind: ExpressibleByArgument {}
extension FileAccess: ExpressibleByArgument {}

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
  @Option(
    help: """
      In what order an epoch takes the rows: any (full); blocks of consecutive rows in any order, mixed within windows of \
      many blocks (blocks); or that of the file (none). (default: full where the data fit into the memory budget, else blocks)
      """)
  var shuffle: ShuffleChoice.Way?
  @Flag(help: "The same as --shuffle none.")
  var noShuffle = false
  @Option(
    help: "For --shuffle blocks: the rows of a block, a power of two. (default: by the width of a row)",
    transform: Parse.positive)
  var blockRows: Int?
  @Option(
    help: """
      For --shuffle blocks: the rows that are mixed, a multiple of the block. They are of more than 32 blocks, which are dealt out to \
      several windows where they have more rows. (default: 262144, or 64 MiB of rows)
      """,
    transform: Parse.positive)
  var windowRows: Int?
  @Option(
    help: """
      Bring each feature, and each target that is a number, to mean 0 and deviation 1 (standard) or to the range from 0 to 1 \
      (minmax). evaluate and predict do the same, and give predictions in the targets' own size.
      """)
  var normalize = NormalizationKind.none
  @Option(help: "Number format of parameters and arithmetic.")
  var precision = Precision.float32
  @Option(
    help:
      "Shards of a minibatch, or auto. Part of the recipe: another number gives other rounding. (default: auto)",
    transform: AutomaticOrCount.shards)
  var shards = ShardChoice.automatic

  func validate() throws {
    if noShuffle, let shuffle, shuffle != .unshuffled {
      throw ValidationError("Give --no-shuffle or --shuffle \(shuffle.rawValue), not both.")
    }
    if noShuffle || shuffle == .full || shuffle == .unshuffled,
      blockRows != nil || windowRows != nil
    {
      throw ValidationError("--block-rows and --window-rows are for --shuffle blocks.")
    }
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
    options.shuffle = ShuffleChoice(
      noShuffle ? .unshuffled : shuffle, blockRows: blockRows, windowRows: windowRows)
    options.shards = shards
    options.normalization = normalize
    options.precision = precision
    return options
  }
}
