import Primitives

/// What is known once the data are read and the recipe is settled.
public struct TrainingStart: Sendable {
  /// What decides the numbers.
  public var recipe: Recipe
  /// The rows trained on.
  public var samples: Int
  /// The rows kept aside or read from the validation file.
  public var validationSamples: Int
  /// The rows of the data that were left out, because they cannot be trained on.
  public var skipped: Int
  /// The same of the validation file.
  public var validationSkipped: Int
  /// The steps of an epoch.
  public var stepsPerEpoch: Int
  /// "FILE:DATASET" of the weights of rows; nil if these have none.
  public var weightName: String?
  /// Whether rows are read as they are needed, instead of being held in memory.
  public var isStreamed: Bool
  /// The chunks of the data, if blocks of the order are so much smaller that chunks are decoded again and again: where there is no
  /// room to keep them all.
  public var oversizedChunk: OversizedChunk?
  /// Whether that goes past the system's cache.
  public var isPastCache: Bool
  /// The columns of features that are all one number, if that was looked at: normalised, they are 0.
  public var constantFeatures: [Int]
  /// Where training goes on, if it does not begin.
  public var resumedAt: Progress?

  /// Chunks that are much larger than blocks.
  public struct OversizedChunk: Sendable {
    /// The rows of one.
    public var rows: Int
    /// The rows of blocks with which each would be decoded but once or twice; nil if there is no room for those, either.
    public var blockRows: Int?
  }
}

/// Something that a person who watches the training may want to know.
public enum TrainingEvent: Sendable {
  /// The first step is about to be made.
  case started(TrainingStart)
  /// Some steps were made.
  case advanced(Progress, loss: Double)
  /// The number of threads is settled.
  case threadsChosen(Int, reason: String)
  /// An epoch was completed; epochs count from 1.
  case epoch(Int, EpochRecord)
  /// A checkpoint was written.
  case saved(String, Progress)
  /// The run is complete: the validation loss was last better too long ago.
  case stoppedEarly(Progress)
}

/// What came of a training run.
public struct TrainingReport: Sendable {
  /// What the run started from.
  public var start: TrainingStart
  /// Where it ended.
  public var progress: Progress
  /// The mean training loss of the last epoch.
  public var loss: Double
  /// The validation loss after the last epoch completed, if there is validation.
  public var validationLoss: Double?
  /// The size of the last step.
  public var learningRate: Double
  /// The number of threads that made the last steps.
  public var threads: Int
  /// Seconds from the start to the end, reading and writing included.
  public var seconds: Double
  /// Seconds spent making steps and validating.
  public var trainingSeconds: Double
  /// Rows trained on a second of `trainingSeconds`, in this run.
  public var samplesPerSecond: Double
  /// The digest of the parameters in the checkpoint's layers: the last ones, or with early stopping the best.
  public var parametersDigest: Digest
  /// The checkpoint, if one was asked for.
  public var output: String?
  /// Whether the run ended because the validation loss was last better too long ago.
  public var stoppedEarly: Bool
  /// Whether the run ended because a stop was asked for.
  public var wasStopped: Bool
}
