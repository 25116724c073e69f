import Datasets
import Primitives

/// One kind of training to be timed.
struct ScalingSetup: Equatable {
  let threads: Int
  let recipe: Recipe
}

/// How many steps a repeat makes.
struct ScalingPace: Equatable {
  /// First, without being timed.
  let warmUp: Int
  /// Then, timed; after them the parameters are compared.
  let compared: Int
  /// All that are timed, at least `compared`.
  let steps: Int

  /// About so often within a repeat the peak is measured.
  private static var slices: Int { 10 }

  /// The steps that are timed between one look at the peak and the next, in turn: all of `steps`, with a stop after `compared`.
  var slices: [Int] {
    let most = max(1, steps / Self.slices)
    var (slices, done) = ([Int](), 0)
    while done < steps {
      slices.append(min(most, (done < compared ? compared : steps) - done))
      done += slices[slices.count - 1]
    }
    return slices
  }

  /// The steps from the start after which the parameters are compared.
  var comparedAfter: Int { warmUp + compared }

  /// The paces of setups of which each makes `steps` steps a repeat in the time that is wanted, so that the parameters of
  /// all can be compared after the same step.
  static func paces(comparing steps: [Int]) -> [ScalingPace] {
    let compared = steps.min() ?? 1
    return steps.map { ScalingPace(warmUp: max(1, compared / 10), compared: compared, steps: $0) }
  }
}

/// What timing a setup once gave.
struct ScalingRepeat {
  let workers: Int
  let stepSeconds: Double
  /// The operations a second that the same number of threads made meanwhile of multiply-adds alone; nil if that was not
  /// measured.
  let peak: Double?
  /// The digest of the parameters after the steps that are compared.
  let digest: Digest
  /// How each worker spent its time, if that was wanted.
  let phases: [PhaseShares]
}

/// What all repeats of a setup gave.
struct ScalingCourse {
  let setup: ScalingSetup
  let pace: ScalingPace
  private(set) var workers = 0
  /// One entry a repeat in which nothing but the time was wanted.
  private(set) var stepSeconds: [Double] = []
  /// Likewise, or empty if the CPU has no fused multiply-adds.
  private(set) var peaks: [Double] = []
  /// One entry a repeat.
  private(set) var digests: [Digest] = []
  private(set) var phases: [PhaseShares] = []

  init(_ setup: ScalingSetup, _ pace: ScalingPace) {
    self.setup = setup
    self.pace = pace
  }

  /// Takes in a repeat.
  mutating func record(_ repeated: ScalingRepeat) {
    workers = repeated.workers
    digests.append(repeated.digest)
    if repeated.phases.isEmpty {
      stepSeconds.append(repeated.stepSeconds)
      if let peak = repeated.peak { peaks.append(peak) }
    } else {
      phases = repeated.phases
    }
  }

  /// The rows a second of each timed repeat.
  var rates: [Double] { stepSeconds.map { Double(setup.recipe.batchSize) / $0 } }
}

/// Times training that always starts from the parameters that the recipe draws.
///
/// Each time begins with new memory and new threads, as a training run does.
struct ScalingBench<Element: Scalar> {
  let samples: Samples<Element>
  let stop: StopRequest

  /// The steps of `setup` that take `seconds`, at least one.
  func steps(of setup: ScalingSetup, taking seconds: Double) throws(LockstepError) -> Int {
    var run = try start(setup)
    // The first step wakes threads and fills caches.
    _ = try run.make(1, stop: stop)
    var steps = 1
    while true {
      let taken = try run.make(steps, stop: stop).seconds
      if taken >= seconds / 4 { return max(1, Int((seconds / taken * Double(steps)).rounded())) }
      steps *= 2
    }
  }

  /// Times `setup` once and measures the peak in between, in bursts of `burst` seconds; or with `phases` records what its
  /// workers do, which takes a little time of its own.
  func time(_ setup: ScalingSetup, _ pace: ScalingPace, burst: Double, phases: Bool = false)
    throws(LockstepError) -> ScalingRepeat
  {
    var run = try start(setup)
    let times = phases ? PhaseTimes(workers: run.workers) : nil
    let meter = phases ? nil : PeakMeter<Element>(team: run.team, seconds: burst)
    _ = try run.make(pace.warmUp, stop: stop)
    var (seconds, ticks, done) = (0.0, UInt64(0), 0)
    var digest: Digest?
    var peaks: [Double] = []
    for steps in pace.slices {
      let elapsed = try run.make(steps, times: times, stop: stop)
      seconds += elapsed.seconds
      ticks += elapsed.ticks
      done += steps
      if done == pace.compared { digest = run.digest }
      if let meter { peaks.append(meter.measure()) }
    }
    return ScalingRepeat(
      workers: run.workers, stepSeconds: seconds / Double(pace.steps),
      peak: peaks.isEmpty ? nil : Spread(peaks).median, digest: digest ?? run.digest,
      phases: times?.shares(of: ticks) ?? [])
  }

  private func start(_ setup: ScalingSetup) throws(LockstepError) -> SteadyRun<Element> {
    SteadyRun(try Trainer(recipe: setup.recipe, samples: samples, threads: .count(setup.threads)))
  }
}
