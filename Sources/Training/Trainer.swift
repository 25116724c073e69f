import Datasets
import Kernels
import Networks
import Optimizers
import Primitives

/// Trains a network on samples in memory.
///
/// The numbers depend on the recipe and the samples alone; threads, pauses and checkpoints leave every bit as it is.
public final class Trainer<Element: Scalar> {
  /// What decides the numbers.
  public let recipe: Recipe
  /// Where training stands.
  public private(set) var progress: Progress
  /// One record an epoch completed.
  public private(set) var history: [EpochRecord]
  /// The parameters after the epoch of the best validation loss; empty without validation.
  public private(set) var bestParameters: [Element]
  /// The epochs without a better validation loss after which training is to end; nil for no such end. With a patience, the
  /// best parameters are the model's: see ``Checkpoint/modelParameters``.
  public var patience: Int? {
    willSet { precondition(newValue.map { $0 > 0 && validation != nil } ?? true) }
  }
  /// The parameters after each epoch, if they are recorded.
  public private(set) var trajectory: ParameterTrajectory<Element>?
  /// The rows trained on.
  public let samples: TrainingSamples<Element>
  /// The rows kept aside, if any.
  public let validation: ValidationSamples<Element>?

  let engine: StepEngine<Element>
  private var tuner: ThreadTuner
  private var epochSeconds = 0.0
  /// The order of the epoch that is under way, once it was asked for.
  private var order: (epoch: Int, order: EpochOrder)?
  /// Whether a step was made whose loss was not finite: parameters and progress no longer belong together.
  private var isSpoilt = false

  /// A trainer at the start.
  ///
  /// - Parameters:
  ///   - recipe: what to do; its precision is set to that of `Element`, and whether it is weighted, by the samples.
  ///   - samples: the rows to train on, at least one.
  ///   - validation: rows to measure the loss on after each epoch.
  ///   - threads: how many threads work; it changes nothing but the speed.
  ///   - parameters: first parameters, laid out as ``ParameterLayout`` says, instead of those that the recipe's initializer
  ///     draws; their digest becomes part of the recipe.
  ///   - memoryBudget: the bytes that samples and validation rows, and copies of these that make steps faster, may take together, if
  ///     there is a bound.
  /// - Precondition: there are as many given parameters as the network has.
  /// - Throws: ``LockstepError`` if network, samples and loss do not fit together, or not into memory.
  public convenience init(
    recipe: Recipe, samples: TrainingSamples<Element>, validation: ValidationSamples<Element>? = nil,
    threads: ThreadChoice = .automatic, parameters: [Element]? = nil, memoryBudget: Int? = nil
  ) throws(LockstepError) {
    var recipe = recipe
    if let parameters {
      recipe.initialParameters = parameters.withUnsafeBufferPointer { Digest(of: $0) }.description
    }
    try self.init(
      recipe: recipe, samples: samples, validation: validation, threads: threads, parameters: parameters,
      variant: .current, memoryBudget: memoryBudget)
  }

  /// A trainer that uses the loops of `variant`, or the plain ones, and makes steps by `path`, or the fastest way.
  init(
    recipe: Recipe, samples: TrainingSamples<Element>, validation: ValidationSamples<Element>? = nil,
    threads: ThreadChoice = .automatic, parameters: [Element]? = nil, variant: KernelVariant?,
    path: StepPath? = nil, memoryBudget: Int? = nil
  ) throws(LockstepError) {
    var recipe = recipe
    recipe.precision = Element.precision
    recipe.isWeighted = samples.isWeighted
    self.recipe = recipe
    self.samples = samples
    self.validation = validation
    progress = Progress()
    history = []
    bestParameters = []
    let plan = recipe.shardPlan
    try Self.check(recipe, samples: samples, validation: validation)
    try threads.check()
    let path =
      path
      ?? StepPath(
        network: recipe.network, plan: plan, samples: samples.count, variant: variant,
        as: Element.self)
    tuner = ThreadTuner(
      choice: threads, shares: path.shares(of: plan, samples: samples.count), cpus: CPUBudget.current.cpus)
    let memory = MemoryPlan(
      recipe: recipe, samples: samples, validation: validation, workers: tuner.limit, path: path)
    try memory.check(
      "", "training \(recipe.network.summary)",
      remedy: "Choose smaller widths, batches or fewer threads.")
    let isSmall = path.usesSmallNetwork(recipe, variant: variant, as: Element.self)
    let resident = ResidentSamples(
      samples, shuffle: recipe.shuffle,
      recordBytes: isSmall ? memory.spareBytes(samples, validation, budget: memoryBudget) : nil)
    engine = StepEngine(
      network: recipe.network, loss: recipe.loss, rule: recipe.updateRule, samples: resident,
      plan: plan,
      parameters: parameters
        ?? recipe.initializer.parameters(for: recipe.network, seed: recipe.seed),
      team: try WorkerTeam(trying: tuner.limit), variant: variant, path: path)
  }

  /// A trainer that goes on where `checkpoint` was written, with the same recipe and samples.
  public convenience init(
    resuming checkpoint: Checkpoint<Element>, samples: TrainingSamples<Element>,
    validation: ValidationSamples<Element>? = nil, threads: ThreadChoice = .automatic,
    memoryBudget: Int? = nil
  ) throws(LockstepError) {
    try self.init(
      recipe: checkpoint.recipe, samples: samples, validation: validation, threads: threads,
      parameters: checkpoint.parameters, variant: .current, memoryBudget: memoryBudget)
    let progress = checkpoint.progress
    let (done, overflow) = progress.epoch.multipliedReportingOverflow(by: stepsPerEpoch)
    guard recipe == checkpoint.recipe, !overflow, (0..<stepsPerEpoch).contains(progress.step),
      progress.epoch >= 0,
      progress.globalStep - progress.step == done, progress.epoch == checkpoint.history.count,
      checkpoint.optimizerState.count == engine.state.count
    else {
      throw LockstepError(
        .badData, "", "the checkpoint does not fit the samples",
        remedy: "Resume with the samples that it was trained on.")
    }
    engine.restore(state: checkpoint.optimizerState)
    self.progress = progress
    history = checkpoint.history
    bestParameters = checkpoint.bestParameters
    trajectory = checkpoint.trajectory
    if validation != nil { patience = checkpoint.patience }
  }

  /// The parameters as they are now, laid out as ``ParameterLayout`` says.
  public var parameters: [Element] { engine.parameters.array }

  /// Records the parameters as they are now, if no step of an epoch under way was made, and after each epoch from now on.
  public func recordParameters() {
    guard trajectory == nil else { return }
    trajectory = ParameterTrajectory()
    if progress.step == 0 { trajectory?.append(engine.parameters.elements, epoch: progress.epoch) }
  }

  /// The optimizer's state vectors, one after the other.
  public var optimizerState: [Element] { engine.state.array }

  /// The digest of the model's parameters, as in a checkpoint.
  public var parametersDigest: Digest {
    patience == nil || bestParameters.isEmpty
      ? Digest(of: UnsafeBufferPointer(engine.parameters.elements))
      : bestParameters.withUnsafeBufferPointer { Digest(of: $0) }
  }

  /// The steps of an epoch.
  public var stepsPerEpoch: Int { engine.stepsPerEpoch }

  /// The number of workers decided on, with the reason; nil while that is still being measured.
  public var threads: (count: Int, reason: String)? { tuner.workers.map { ($0, tuner.reason) } }

  /// The mean loss of the epoch under way, or of the last one if none is.
  public var currentLoss: Double {
    if progress.step == 0 { return history.last?.loss ?? .nan }
    let rows = min(progress.step * recipe.batchSize, samples.count)
    return progress.lossSum / Double(rows * recipe.loss.divisor(outputs: recipe.network.outputs))
  }

  /// The size of the last step, or of the first one if none was made.
  public var learningRate: Double { recipe.learningRate(step: max(progress.globalStep, 1)) }

  /// Makes up to `limit` steps, all within the epoch under way, and completes the epoch if they reach its end.
  ///
  /// It may make fewer, while the number of threads is being measured and when a stop is asked for.
  ///
  /// - Returns: the steps made.
  /// - Throws: ``LockstepError`` of kind `diverged` if a loss is not finite. The parameters are then of no use. Another kind if
  ///   rows that are not in memory cannot be read.
  @discardableResult public func advance(_ limit: Int, stop: StopRequest? = nil) throws(LockstepError)
    -> Int
  {
    if isSpoilt { throw divergence(step: progress.globalStep + 1, epoch: progress.epoch) }
    let proposal = tuner.proposal
    let begin = monotonicNanoseconds()
    let steps = try min(limit, proposal.steps, stepsWithRowsAtHand())
    let segment = Segment(
      order: currentOrder, firstStep: progress.step, steps: steps, globalStep: progress.globalStep,
      workers: proposal.workers)
    let start = monotonicNanoseconds()
    let result = engine.run(segment, lossSum: progress.lossSum, stop: stop)
    let nanoseconds = monotonicNanoseconds() - start
    tuner.record(steps: result.steps, nanoseconds: nanoseconds)
    epochSeconds += Double(start - begin + nanoseconds) * 1e-9
    progress.step += result.steps
    progress.globalStep += result.steps
    progress.lossSum = result.lossSum
    if result.diverged {
      isSpoilt = true
      throw divergence(step: progress.globalStep + 1, epoch: progress.epoch)
    }
    if progress.step == stepsPerEpoch { try completeEpoch() }
    return result.steps
  }

  /// The steps, at least one, that can be made with rows that are in memory; waits for those of the first.
  private func stepsWithRowsAtHand() throws(LockstepError) -> Int {
    let position = progress.step * recipe.batchSize
    let rows = min(recipe.batchSize, samples.count - position)
    let end = try samples.require(epoch: progress.epoch, from: position, rows: rows, crew: engine.team)
    return end == samples.count
      ? stepsPerEpoch - progress.step : (end - position) / recipe.batchSize
  }

  private var currentOrder: EpochOrder {
    if let order, order.epoch == progress.epoch { return order.order }
    let made = samples.order(progress.epoch, recipe: recipe, variant: engine.variant)
    order = (progress.epoch, made)
    return made
  }

  /// Whether the validation loss was last better so many epochs ago that patience is at its end.
  public var isOutOfPatience: Bool { patience.map { progress.epochsSinceBest >= $0 } ?? false }

  /// Trains until `epochs` are completed or patience is at its end, calling `body` after each epoch.
  public func train(epochs: Int, _ body: (_ epoch: Int, EpochRecord) -> Void = { _, _ in })
    throws(LockstepError)
  {
    while progress.epoch < epochs, !isOutOfPatience {
      let epoch = progress.epoch
      try advance(.max)
      if progress.epoch > epoch { body(progress.epoch, history[epoch]) }
    }
  }

  /// How well the network does on `samples` now.
  public func evaluate(_ samples: Samples<Element>) -> Evaluation {
    evaluator.evaluate(samples, parameters: engine.parameters, countingConfusions: true)
  }

  private var evaluator: Evaluator<Element> {
    Evaluator(network: recipe.network, loss: recipe.loss, team: engine.team)
  }

  /// Everything needed to go on later, as it is now.
  ///
  /// - Throws: ``LockstepError`` of kind `diverged` if a parameter is not finite.
  public func checkpoint() throws(LockstepError) -> Checkpoint<Element> {
    try checkFinite()
    var checkpoint = Checkpoint(
      recipe: recipe, progress: progress, history: history, parameters: parameters,
      optimizerState: optimizerState, bestParameters: bestParameters)
    checkpoint.patience = patience
    checkpoint.trajectory = trajectory?.epochs.isEmpty == false ? trajectory : nil
    return checkpoint
  }

  /// Throws ``LockstepError`` of kind `diverged` if a parameter is not finite.
  public func checkFinite() throws(LockstepError) {
    for vector in [engine.parameters, engine.state] {
      if isSpoilt || Elementwise.firstNonFinite(UnsafeBufferPointer(vector.elements)) != nil {
        // After its last step, an epoch is over.
        throw divergence(
          step: progress.globalStep, epoch: progress.step == 0 ? max(0, progress.epoch - 1) : progress.epoch)
      }
    }
  }

  private func completeEpoch() throws(LockstepError) {
    let loss = currentLoss
    let validationLoss = try validation.map { validation throws(LockstepError) in
      try evaluator.evaluate(validation, parameters: engine.parameters).loss
    }
    progress.epoch += 1
    progress.step = 0
    progress.lossSum = 0
    history.append(
      EpochRecord(
        loss: loss, validationLoss: validationLoss ?? .nan,
        learningRate: learningRate, seconds: epochSeconds))
    epochSeconds = 0
    if let validationLoss, validationLoss < progress.best?.value ?? .infinity {
      progress.best = Progress.Best(value: validationLoss, epoch: progress.epoch)
      bestParameters = parameters
    }
    trajectory?.append(engine.parameters.elements, epoch: progress.epoch)
  }

  /// What is said of a step, counted from 1, whose loss is not finite, in an epoch that counts from 0.
  func divergence(step: Int, epoch: Int) -> LockstepError {
    LockstepError(
      .diverged, "",
      "training diverged at step \(step) (epoch \(epoch + 1)): the numbers are not finite",
      remedy: "Try a smaller --learning-rate, or scale the data.")
  }

  private static func check(
    _ recipe: Recipe, samples: TrainingSamples<Element>, validation: ValidationSamples<Element>?
  ) throws(LockstepError) {
    try recipe.check()
    try recipe.checkTrainable()
    try check(
      recipe, count: samples.count, features: samples.features, outputs: samples.outputs,
      hasLabels: samples.hasLabels)
    guard let validation else { return }
    try check(
      recipe, count: validation.count, features: validation.features, outputs: validation.outputs,
      hasLabels: validation.hasLabels)
  }

  private static func check(_ recipe: Recipe, count: Int, features: Int, outputs: Int, hasLabels: Bool)
    throws(LockstepError)
  {
    guard count > 0 else { throw LockstepError(.badData, "", "there are no samples") }
    guard features == recipe.network.inputs else {
      throw LockstepError(
        .badData, "", "the samples do not fit the network", found: "\(features) features",
        expected: "\(recipe.network.inputs)")
    }
    let fits =
      hasLabels
      ? recipe.loss.task == .classes && outputs <= recipe.network.outputs
      : recipe.loss.task != .classes && outputs == recipe.network.outputs
    guard fits else {
      throw LockstepError(
        .badData, "", "the targets do not fit the network and the loss \(recipe.loss.name)",
        found: "\(outputs) targets or classes", expected: "\(recipe.network.outputs)")
    }
  }
}
