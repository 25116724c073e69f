import Datasets
import HDF5
import Primitives

/// The loop of a training run: steps, in pieces short enough to look up from, and checkpoints where they are due.
struct TrainingLoop<Element: Scalar & HDF5Element>: ~Copyable {
  let trainer: Trainer<Element>
  let options: TrainingOptions
  let datasetDigest: String
  let normalization: Normalization?
  let observer: @Sendable (TrainingEvent) -> Void
  private(set) var wasStopped = false
  private var saved: Progress?
  private var announcedThreads = false
  private let log: TrainingLog?

  init(
    trainer: Trainer<Element>, options: TrainingOptions, datasetDigest: String, normalization: Normalization?,
    observer: @escaping @Sendable (TrainingEvent) -> Void
  ) throws(LockstepError) {
    log = try options.log.map { path throws(LockstepError) in
      try TrainingLog(path: path, stepsPerEpoch: trainer.stepsPerEpoch, history: trainer.history)
    }
    self.trainer = trainer
    self.options = options
    self.datasetDigest = datasetDigest
    self.normalization = normalization
    self.observer = observer
    // What was read from the checkpoint need not be written again if nothing is left to do, and if it is to hold the same
    // parameters as its layers.
    saved =
      trainer.progress.globalStep > 0 && trainer.patience == options.earlyStopping
      ? trainer.progress : nil
    trainer.patience = options.earlyStopping
    if options.recordsParameters { trainer.recordParameters() }
  }

  /// Trains until the epochs or steps asked for are done, or a stop is.
  ///
  /// - Returns: the rows trained on, and the seconds that took.
  mutating func run(stop: StopRequest) throws(LockstepError) -> (
    rows: Int, seconds: Double
  ) {
    var pace = Pace()
    var rows = 0
    var nanoseconds: UInt64 = 0
    while !isDone, !wasStopped {
      let before = trainer.progress
      let begin = monotonicNanoseconds()
      let steps = try trainer.advance(min(pace.steps, stepsUntilDue), stop: stop)
      let taken = monotonicNanoseconds() - begin
      nanoseconds += taken
      pace.record(steps: steps, nanoseconds: taken)
      rows +=
        min((before.step + steps) * trainer.recipe.batchSize, trainer.samples.count)
        - before.step * trainer.recipe.batchSize
      wasStopped = stop.isMade && !isDone
      announce(since: before)
      if isCheckpointDue(since: before) { try save() }
      // After the checkpoint: a log that cannot be written should not cost the epoch.
      if trainer.progress.epoch > before.epoch {
        try log?.append(trainer.progress.epoch, trainer.history[before.epoch])
      }
    }
    if stoppedEarly { observer(.stoppedEarly(trainer.progress)) }
    try trainer.checkFinite()
    if saved != trainer.progress { try save() }
    return (rows, Double(nanoseconds) * 1e-9)
  }

  /// Whether the run ended before its epochs and steps because patience was at its end.
  var stoppedEarly: Bool { !hasMadeAll && trainer.isOutOfPatience }

  private var isDone: Bool { hasMadeAll || trainer.isOutOfPatience }

  private var hasMadeAll: Bool {
    trainer.progress.epoch >= options.epochs || trainer.progress.globalStep >= options.steps ?? .max
  }

  /// The steps until something other than stepping is to be done.
  private var stepsUntilDue: Int {
    let step = trainer.progress.globalStep
    var most = (options.steps ?? .max) - step
    if let every = options.checkpointSteps { most = min(most, every - step % every) }
    return most
  }

  private func isCheckpointDue(since before: Progress) -> Bool {
    let now = trainer.progress
    if let every = options.checkpointSteps, now.globalStep / every > before.globalStep / every {
      return true
    }
    return now.epoch > before.epoch && now.epoch % options.checkpointEvery == 0
  }

  private mutating func announce(since before: Progress) {
    if !announcedThreads, let threads = trainer.threads {
      announcedThreads = true
      observer(.threadsChosen(threads.count, reason: threads.reason))
    }
    observer(.advanced(trainer.progress, loss: trainer.currentLoss))
    if trainer.progress.epoch > before.epoch {
      observer(.epoch(trainer.progress.epoch, trainer.history[before.epoch]))
    }
  }

  private mutating func save() throws(LockstepError) {
    guard let path = options.output else { return }
    var checkpoint = try trainer.checkpoint()
    checkpoint.datasetDigest = datasetDigest
    checkpoint.normalization = normalization
    try checkpoint.write(to: path, threads: trainer.threads?.count ?? 1)
    saved = trainer.progress
    observer(.saved(path, trainer.progress))
  }
}

/// How many steps to make before looking up: about a twentieth of a second's worth.
private struct Pace {
  private(set) var steps = 1

  mutating func record(steps made: Int, nanoseconds: UInt64) {
    guard made > 0 else { return }
    let wanted = 5e7 / max(Double(nanoseconds) / Double(made), 1)
    steps = max(1, min(Int(wanted), steps * 8))
  }
}
