import Datasets
import Kernels
import Networks
import Optimizers
import Primitives

/// What a training run is asked to do, before the data are known.
public struct TrainingOptions: Sendable {
  /// The samples.
  public var data: DatasetLocation
  /// The features to take, by name or number from 0; nil for all.
  public var features: [String]?
  /// Samples to measure the loss on after each epoch, from another file.
  public var validation: DatasetLocation?
  /// The part of the rows to keep aside for that instead.
  public var validationFraction = 0.0
  /// Whether rows that cannot be trained on are left out, instead of being errors.
  public var skipsInvalid = false
  /// The widths of the hidden layers.
  public var hidden: [Int] = []
  /// The activation of the hidden layers.
  public var activation = Activation.relu
  /// The activation of the output layer; nil for the one that goes with the loss.
  public var outputActivation: Activation?
  /// How parameters are drawn.
  public var initializer = Initializer.auto
  /// The loss; nil for mse of numbers and cross-entropy of classes.
  public var loss: Loss?
  /// The optimizer.
  public var optimizer = Optimizer.adam(Adam())
  /// How the learning rate goes on.
  public var schedule = Schedule()
  /// Whether a cosine is to end with the run as it is first asked for, whatever its own number of steps.
  public var cosineSpansRun = false
  /// What a minibatch makes of the gradients of its rows.
  public var reduction = Reduction.mean
  /// The largest norm of a gradient.
  public var clipNorm: Double?
  /// The rows of a minibatch.
  public var batchSize = 256
  /// How many epochs to have completed in the end.
  public var epochs = 20
  /// How many steps to have made in the end, if that is earlier.
  public var steps: Int?
  /// The epochs without a better validation loss after which to end.
  public var earlyStopping: Int?
  /// Of initialisation, order and split.
  public var seed: UInt64 = 0
  /// In what order each epoch takes the rows.
  public var shuffle = ShuffleChoice()
  /// The bytes that samples may take in memory; more of them are read as they are needed. Nil for what there is.
  public var memoryBudget: Int?
  /// How samples are read that are not held in memory.
  public var fileAccess = FileAccess.automatic
  /// How features, and targets that are numbers, are brought to like size.
  public var normalization = NormalizationKind.none
  /// How many threads work.
  public var threads = ThreadChoice.automatic
  /// How minibatches are cut.
  public var shards = ShardChoice.automatic
  /// The format of parameters and arithmetic.
  public var precision = Precision.float32
  /// A Keras weights file or checkpoint to take the first parameters from.
  public var initial: String?
  /// Where to write checkpoints.
  public var output: String?
  /// Write a checkpoint every so many epochs.
  public var checkpointEvery = 1
  /// Write a checkpoint every so many steps, too.
  public var checkpointSteps: Int?
  /// Where to write a line an epoch, as ``TrainingLog`` says.
  public var log: String?
  /// Record the parameters after each epoch, in the checkpoint. Once begun, it is gone on with.
  public var recordsParameters = false
  /// Go on from `output` if it is there.
  public var resume = false
  /// Write `output` and `log` anew if they are there.
  public var replacesOutput = false

  /// Training on `data` with the default options.
  public init(data: DatasetLocation) { self.data = data }

  /// The loss and the role of targets that come of the options for targets of this kind.
  func resolvedLoss(hasIntegerTargets: Bool) -> (loss: Loss, role: TargetRole) {
    let loss = loss ?? (hasIntegerTargets ? .crossEntropy : .meanSquaredError)
    return (loss, loss.task == .classes ? .labels : .values)
  }

  /// The recipe for data with so many rows, features and outputs. A minibatch is never more than all rows.
  func recipe(rows: Int, features: Int, outputs: Int, loss: Loss, shuffle: Shuffle) throws(LockstepError)
    -> Recipe
  {
    let batchSize = min(batchSize, max(rows, 1))
    return try Recipe(
      network: MLP(
        inputs: features, hidden: hidden, outputs: outputs, activation: activation,
        outputActivation: outputActivation ?? loss.requiredActivation ?? .identity),
      loss: loss, optimizer: optimizer,
      schedule: resolvedSchedule(stepsPerEpoch: (max(rows, 1) - 1) / batchSize + 1),
      reduction: reduction, clipNorm: clipNorm,
      initializer: initializer, batchSize: batchSize, shards: shards, seed: seed, shuffle: shuffle,
      normalization: normalization,
      precision: precision, validationFraction: validationFraction)
  }

  private func resolvedSchedule(stepsPerEpoch: Int) -> Schedule {
    guard cosineSpansRun, case .cosine(_, let final) = schedule.decay else { return schedule }
    let (all, overflow) = epochs.multipliedReportingOverflow(by: stepsPerEpoch)
    let run = min(overflow ? .max : all, steps ?? .max)
    // The warm-up may be longer than the run.
    let steps = schedule.warmupSteps < run ? run - schedule.warmupSteps : 1
    return Schedule(.cosine(over: steps, to: final), warmupSteps: schedule.warmupSteps)
  }
}
