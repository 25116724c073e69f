import Datasets
import HDF5
import Kernels
import Networks
import Optimizers
import Primitives

/// A training run from file to checkpoint: reads the samples, trains, validates and saves, and goes on from a saved
/// checkpoint if asked to.
public struct TrainingRun: Sendable {
  private let options: TrainingOptions
  private let stop: StopRequest
  private let observer: @Sendable (TrainingEvent) -> Void

  /// A run that does what `options` say, ends early when `stop` is made, and tells `observer` how it gets on.
  public init(
    _ options: TrainingOptions, stop: StopRequest = StopRequest(),
    observer: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
  ) {
    self.options = options
    self.stop = stop
    self.observer = observer
  }

  /// Trains.
  ///
  /// - Throws: ``LockstepError``. A checkpoint that was there stays whole whatever happens.
  public func run() throws(LockstepError) -> TrainingReport {
    do throws(LockstepError) {
      switch options.precision {
      case .float32: return try run(as: Float.self)
      case .float64: return try run(as: Double.self)
      }
    } catch {
      // What the trainer finds wrong is about the data, whose name it does not know.
      var error = error
      if error.subject.isEmpty { error.subject = options.data.file }
      throw error
    }
  }

  private func run<Element: Scalar & HDF5Element>(as type: Element.Type) throws(LockstepError)
    -> TrainingReport
  {
    let start = monotonicNanoseconds()
    try checkEarlyStopping()
    // The output is looked at before any work is done, and stays ours until the end.
    let claim = try options.output.map { path throws(LockstepError) in try OutputClaim(path) }
    defer { claim?.release() }
    try requireReplaceable()
    try checkLog()
    let resumed: Checkpoint<Element>? = try checkpointToResume()
    let data = try TrainingData(options, as: type)
    let recipe = try settleRecipe(data, resumed: resumed)
    let trainer = try makeTrainer(recipe, data, resumed: resumed)
    try checkTrajectory(trainer)
    let first = TrainingStart(
      recipe: recipe, samples: data.count,
      validationSamples: trainer.validation?.count ?? 0, skipped: data.skipped,
      validationSkipped: data.validationSkipped, stepsPerEpoch: trainer.stepsPerEpoch,
      weightName: data.weightName, isStreamed: data.elsewhere != nil,
      oversizedChunk: data.oversizedChunk(
        recipe.shuffle, roomForChunks: trainer.samples.roomForChunks),
      isPastCache: trainer.samples.isPastCache,
      constantFeatures: data.samples.constantFeatures,
      resumedAt: resumed?.progress)
    observer(.started(first))
    var loop = try TrainingLoop(
      trainer: trainer, options: options, datasetDigest: data.samples.digest.description,
      normalization: data.samples.normalization,
      observer: observer)
    let (rows, seconds) = try loop.run(stop: stop)
    return TrainingReport(
      start: first, progress: trainer.progress, loss: trainer.currentLoss,
      validationLoss: trainer.validation == nil ? nil : trainer.history.last?.validationLoss,
      learningRate: trainer.learningRate, threads: trainer.threads?.count ?? 1,
      seconds: Double(monotonicNanoseconds() - start) * 1e-9, trainingSeconds: seconds,
      samplesPerSecond: seconds > 0 ? Double(rows) / seconds : 0,
      parametersDigest: trainer.parametersDigest, output: options.output, stoppedEarly: loop.stoppedEarly,
      wasStopped: loop.wasStopped)
  }

  private func checkEarlyStopping() throws(LockstepError) {
    guard let patience = options.earlyStopping else { return }
    guard patience > 0 else {
      throw LockstepError(
        .usage, "--early-stopping", "is outside its range", found: "\(patience)",
        expected: "a whole number from 1 up")
    }
    guard options.validation != nil || options.validationFraction > 0 else {
      throw LockstepError(
        .usage, "--early-stopping", "needs a validation loss to watch",
        remedy: "Give --validation or --validation-fraction.")
    }
  }

  /// Throws if the parameters of all epochs are more than a checkpoint should hold.
  private func checkTrajectory<Element: Scalar>(_ trainer: Trainer<Element>) throws(LockstepError) {
    guard options.recordsParameters || trainer.trajectory != nil else { return }
    let count = trainer.recipe.network.parameterCount ?? .max
    let moments = min(options.epochs, .max - 1) + 1
    let (numbers, overflow) = moments.multipliedReportingOverflow(by: count)
    let most = ParameterTrajectory<Element>.mostNumbers
    guard !overflow, numbers <= most else {
      throw LockstepError(
        .usage, "--record-parameters", "would record more than a checkpoint should hold",
        found: "\(count) parameters at \(moments) moments", expected: "at most \(most) numbers",
        remedy: "Leave it out, or train fewer epochs.")
    }
  }

  /// Throws if writing the output would destroy something that nobody said may go.
  private func requireReplaceable() throws(LockstepError) {
    guard let output = options.output, let found = FileIdentity(output) else { return }
    for input in [options.data.file, options.validation?.file].compactMap({ $0 })
    where FileIdentity(input) == found {
      throw LockstepError(
        .cannotCreate, output, "is the file with the samples", remedy: "Choose another --output.")
    }
    guard options.resume || options.replacesOutput else {
      throw LockstepError(
        .cannotCreate, output, "is there already",
        remedy: "Go on from it with --resume, replace it with --force, or choose another --output.")
    }
  }

  /// Throws if writing the log would destroy something that nobody said may go. A run that is gone on with writes it anew.
  private func checkLog() throws(LockstepError) {
    guard let log = options.log else { return }
    try StagedFile.requireWritable(log)
    let found = FileIdentity(log)
    let inputs = [options.data.file, options.validation?.file, options.initial].compactMap { $0 }
    // The output need not be there yet to be the same file.
    let output = try options.output.map { path throws(LockstepError) in try StagedFile.resolvingLink(path) }
    guard try output != StagedFile.resolvingLink(log),
      !inputs.contains(where: { found != nil && FileIdentity($0) == found })
    else {
      throw LockstepError(
        .cannotCreate, log, "is another file of this run", remedy: "Choose another --log.")
    }
    guard found == nil || options.resume || options.replacesOutput else {
      throw LockstepError(
        .cannotCreate, log, "is there already", remedy: "Replace it with --force, or choose another --log.")
    }
  }

  private func settleRecipe<Element: Scalar>(
    _ data: TrainingData<Element>, resumed: Checkpoint<Element>?
  ) throws(LockstepError) -> Recipe {
    var recipe = try data.recipe(options)
    recipe.validationDigest = data.validationDigest
    if let resumed {
      recipe.initialParameters = resumed.recipe.initialParameters
      if options.cosineSpansRun, case .cosine(let steps, _) = resumed.recipe.schedule.decay,
        case .cosine(_, let final) = recipe.schedule.decay
      {
        // The run that it spans is the one that was first asked for.
        recipe.schedule.decay = .cosine(over: steps, to: final)
      }
      // Where the samples are kept now is not to change the order that was begun with.
      if options.shuffle == ShuffleChoice() { recipe.shuffle = resumed.recipe.shuffle }
      try requireSame(
        recipe, resumed, dataOutputs: data.samples.outputs, digest: data.samples.digest.description)
    }
    return recipe
  }

  private func makeTrainer<Element: Scalar & HDF5Element>(
    _ recipe: Recipe, _ data: TrainingData<Element>, resumed: Checkpoint<Element>?
  ) throws(LockstepError) -> Trainer<Element> {
    if let resumed {
      return try Trainer(
        resuming: resumed, samples: data.training(recipe, options), validation: data.validation,
        threads: options.threads, memoryBudget: options.memoryBudget)
    }
    var parameters: [Element]?
    if let path = options.initial {
      let finding = try Seal.check(path)
      let file = try withHDF5Errors { () throws(HDF5Error) in try File(opening: path) }
      if finding == .unsealed { try Seal.checkAbsence(from: file) }
      parameters = try KerasWeights.read(for: recipe.network, from: file)
    }
    return try Trainer(
      recipe: recipe, samples: data.training(recipe, options), validation: data.validation,
      threads: options.threads, parameters: parameters, memoryBudget: options.memoryBudget)
  }

  private func checkpointToResume<Element: Scalar>() throws(LockstepError) -> Checkpoint<Element>? {
    guard options.resume else { return nil }
    guard let path = options.output else {
      throw LockstepError(
        .usage, "--resume", "needs the checkpoint to go on from", remedy: "Name it with --output.")
    }
    let found: AnyCheckpoint
    do {
      found = try AnyCheckpoint(reading: path)
    } catch let error where error.kind == .noInput {
      return nil
    }
    switch found {
    case .float32(let checkpoint):
      if let same = checkpoint as? Checkpoint<Element> { return same }
    case .float64(let checkpoint):
      if let same = checkpoint as? Checkpoint<Element> { return same }
    }
    throw LockstepError(
      .configuration, path, "cannot be resumed with another --precision",
      found: Element.precision.rawValue,
      expected: Element.precision == .float32 ? "float64" : "float32",
      remedy: "Give the options that the checkpoint was made with, or another --output.")
  }

  private func requireSame<Element: Scalar>(
    _ recipe: Recipe, _ checkpoint: Checkpoint<Element>, dataOutputs: Int, digest: String
  ) throws(LockstepError) {
    let path = options.output ?? ""
    let differences = recipe.differences(from: checkpoint.recipe)
    if differences.contains(where: { $0.option == "--inputs" || $0.option == "--outputs" }) {
      let isValidation = recipe.network.outputs > dataOutputs
      let file = isValidation ? options.validation?.file ?? "" : options.data.file
      throw LockstepError(
        .badData, path, "the checkpoint's shapes do not fit the data",
        found:
          "\(recipe.network.inputs) features and \(recipe.network.outputs) outputs in \(file)",
        expected: "\(checkpoint.recipe.network.inputs) and \(checkpoint.recipe.network.outputs)",
        remedy: "Name the data that it was trained on, or another --output.")
    }
    guard differences.isEmpty else {
      let list = differences.map { "\($0.option) is \($0.own), in the checkpoint \($0.other)" }
      throw LockstepError(
        .configuration, path, "cannot be resumed with another configuration: \(list.joined(separator: "; "))",
        remedy: "Give the options that the checkpoint was made with, or another --output.")
    }
    guard digest == checkpoint.datasetDigest else {
      throw LockstepError(
        .badData, options.data.file, "is not the data that \(path) was trained on",
        found: "digest \(digest)", expected: checkpoint.datasetDigest,
        remedy: "Name the same data, or another --output.")
    }
  }
}
