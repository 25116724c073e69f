import CPlatform
import Datasets
import Primitives

/// Training from the start, in steps of full minibatches, so that every step is as much work as any other.
///
/// The rows at the end of an epoch that are too few for a minibatch are left out.
struct SteadyRun<Element: Scalar> {
  private let trainer: Trainer<Element>
  private var made = 0

  /// What some steps took.
  struct Elapsed {
    var seconds = 0.0
    /// In the ticks of ``PhaseTimes``.
    var ticks: UInt64 = 0
  }

  /// A run of `trainer`, which has made no step and is at least a minibatch of rows.
  init(_ trainer: Trainer<Element>) {
    precondition(trainer.progress.globalStep == 0 && trainer.samples.count >= trainer.recipe.batchSize)
    self.trainer = trainer
  }

  /// The workers that take part.
  var workers: Int { team.count }

  /// The workers, for other work between the steps.
  var team: WorkerTeam { trainer.engine.team }

  /// The digest of the parameters as they are now.
  var digest: Digest { trainer.parametersDigest }

  /// Makes `steps` steps; `times`, if given, gets what the workers do meanwhile.
  ///
  /// - Throws: ``LockstepError`` of kind `diverged` if a loss is not finite, `tryAgain` if a stop is asked for.
  mutating func make(_ steps: Int, times: PhaseTimes? = nil, stop: StopRequest) throws(LockstepError)
    -> Elapsed
  {
    let (engine, recipe) = (trainer.engine, trainer.recipe)
    let epochSteps = trainer.samples.count / recipe.batchSize
    engine.phases = times
    defer { engine.phases = nil }
    var elapsed = Elapsed()
    var left = steps
    while left > 0 {
      let (epoch, step) = made.quotientAndRemainder(dividingBy: epochSteps)
      let segment = Segment(
        order: trainer.samples.order(epoch, recipe: recipe, variant: engine.variant),
        firstStep: step, steps: min(left, epochSteps - step), globalStep: made, workers: workers)
      let (start, startTicks) = (monotonicNanoseconds(), platform_ticks())
      let result = engine.run(segment, lossSum: 0, stop: stop)
      // The counters of two CPUs may be apart, and this thread may have moved.
      elapsed.ticks += UInt64(max(0, Int64(bitPattern: platform_ticks() &- startTicks)))
      elapsed.seconds += Double(monotonicNanoseconds() - start) * 1e-9
      made += result.steps
      left -= result.steps
      if result.diverged { throw trainer.divergence(step: made + 1, epoch: epoch) }
      if stop.isMade, left > 0 { throw Self.stopped }
    }
    return elapsed
  }

  private static var stopped: LockstepError {
    LockstepError(
      .tryAgain, "", "stopped on request before all was measured",
      remedy: "Nothing was written: run it again.")
  }
}
