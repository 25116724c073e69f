import ArgumentParser
import Lockstep

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains a network on the samples of an HDF5 file.",
    discussion: """
      The result depends on the data and the options alone, never on the number of threads: the same bits come out \
      of 1 thread and of 64, and of a run that was stopped and resumed.

      Float targets are learnt with the mean squared error, integer targets as classes with cross-entropy; the \
      widths of input and output come from the data.

      Where a dataset called weight lies beside the features, or --weights names one, the loss and so the gradient of each \
      row are multiplied by the row's weight; means are still over the number of rows, as in Keras. A row of weight 2 \
      pulls twice as hard, one of weight 0 counts for nothing.

      Examples:
        lockstep train linear.h5 --hidden 10 --learning-rate 0.01 --output linear.weights.h5
        lockstep train digits.h5 --x images --y labels --hidden 512,512 --batch-size 128 --validation-fraction 0.1
        lockstep train digits.h5 --optimizer adamw --schedule cosine --clip-norm 1 --validation-fraction 0.1 --early-stopping 5
        lockstep train linear.h5 --hidden 10 --learning-rate 0.01 --epochs 40 --output linear.weights.h5 --resume
      """)

  @OptionGroup(title: "Data") var data: DataOptions
  @Option(
    help: "The features to take, by number from 0 or by name, joined by commas. (default: all)",
    transform: Parse.names)
  var features: [String]?
  @OptionGroup(title: "Recipe") var recipe: RecipeOptions

  @Option(help: "Epochs to have completed in the end. (default: 20)", transform: Parse.positive)
  var epochs = 20
  @Option(
    help: "Steps to have made in the end, if that is earlier. (default: no limit)", transform: Parse.positive)
  var steps: Int?
  @Option(
    help: "Threads, or auto: as many as the first steps show to be fastest. (default: auto)",
    transform: AutomaticOrCount.threads)
  var threads = ThreadChoice.automatic
  @Option(
    help: """
      The memory that samples may take, with copies and decoded chunks that make training faster, as in 256MiB or 2GB; \
      more of them are read as they are needed. (default: three quarters of what there is)
      """, transform: Parse.bytes)
  var memoryBudget: Int?
  @Option(
    help: """
      How rows are read that are not held in memory: through the system's cache (cached) or past it (direct), which is faster \
      where it has no room for them. auto asks the system for its free memory.
      """)
  var fileAccess = FileAccess.automatic
  @Option(
    help: "The part of the rows to keep aside and measure the loss on. (default: 0)",
    transform: Parse.fraction)
  var validationFraction = 0.0
  @Option(help: "A file to measure the loss on after each epoch.", completion: .file())
  var validation: String?

  @Flag(
    help: """
      Leave out rows, also of --validation, that have a number that is not finite in --precision, a label that is no class or a negative \
      weight, and say how many. The result is that of a file without them. lockstep validate shows what is wrong.
      """)
  var skipInvalid = false

  @Option(
    help:
      "End after so many epochs without a better validation loss. The checkpoint's layers are then the best ones. (default: never)",
    transform: Parse.positive)
  var earlyStopping: Int?

  @Option(help: "Start from the parameters of a Keras weights file or checkpoint.", completion: .file())
  var initial: String?
  @Option(
    name: .shortAndLong, help: "The checkpoint to write; Keras opens it if it ends in .weights.h5.",
    completion: .file())
  var output: String?
  @Option(help: "Epochs between checkpoints. (default: 1)", transform: Parse.positive)
  var checkpointEvery = 1
  @Option(help: "Steps between further checkpoints. (default: none)", transform: Parse.positive)
  var checkpointSteps: Int?
  @Option(
    help: "A file that gets one line an epoch: .csv or .jsonl. --resume writes it anew, from the start.",
    completion: .file(extensions: TrainingLog.Format.allCases.map(\.rawValue)))
  var log: String?
  @Flag(
    help:
      "Keep the parameters after each epoch in the checkpoint, for plot weights. Once begun, --resume goes on."
  )
  var recordParameters = false
  @Flag(help: "Go on from the output if it is there.")
  var resume = false
  @Flag(help: "Replace the output and the log if they are there.")
  var force = false

  @OptionGroup var console: OutputOptions

  func validate() throws {
    if validation != nil, validationFraction > 0 {
      throw ValidationError("Give --validation or --validation-fraction, not both.")
    }
    if earlyStopping != nil, validation == nil, validationFraction == 0 {
      throw ValidationError("--early-stopping needs --validation or --validation-fraction.")
    }
    if let log, TrainingLog.Format(path: log) == nil {
      throw ValidationError("--log \(log) must end in .csv or .jsonl.")
    }
    if resume, output == nil {
      throw ValidationError("--resume needs --output: the checkpoint to go on from.")
    }
    if resume, force {
      throw ValidationError("Give --resume or --force, not both.")
    }
    if recordParameters, output == nil {
      throw ValidationError("--record-parameters needs --output: the checkpoint that keeps them.")
    }
    if output == nil, checkpointSteps != nil {
      throw ValidationError("--checkpoint-steps needs --output: the checkpoint to write.")
    }
  }

  private var trainingOptions: TrainingOptions {
    var options = recipe.trainingOptions(data.location)
    options.validation = validation.map { data.location(of: $0) }
    options.validationFraction = validationFraction
    options.features = features
    options.skipsInvalid = skipInvalid
    options.memoryBudget = memoryBudget
    options.fileAccess = fileAccess
    options.epochs = epochs
    options.steps = steps
    options.earlyStopping = earlyStopping
    options.threads = threads
    options.initial = initial
    options.output = output
    options.checkpointEvery = checkpointEvery
    options.checkpointSteps = checkpointSteps
    options.log = log
    options.recordsParameters = recordParameters
    options.resume = resume
    options.replacesOutput = force
    return options
  }

  func run() throws {
    let stop = Signals.stopRequest()
    let display = TrainingDisplay(epochs: epochs, steps: steps, isQuiet: console.quiet)
    if let output, !output.hasSuffix(".weights.h5"), !console.quiet {
      Console.message("note: Keras opens weights files only if their names end in .weights.h5")
    }
    defer { display.finish() }
    let report = try TrainingRun(trainingOptions, stop: stop) { display.show($0) }.run()
    display.finish()
    if console.json {
      try TrainingSummary(report).json.printResult()
    } else if !console.quiet {
      try Console.result(TrainingSummary(report).text)
    }
    if report.wasStopped {
      let remedy = output.map { "go on with --resume --output \($0)" } ?? "nothing was saved: give --output"
      Console.message("stopped on request at step \(report.progress.globalStep); \(remedy)")
      throw ExitCode(ExitStatus.tryAgain)
    }
  }
}
