import Datasets
import HDF5
import Kernels
import Networks
import Primitives

/// Something that a person who waits for a study may want to know.
public enum ScalingEvent: Sendable {
  /// The samples are read; timing begins.
  case started(ScalingStart)
  /// So many of all times are taken; the next one is of so many threads and rows a minibatch.
  case advanced(done: Int, of: Int, threads: Int, batchSize: Int)
}

/// Measures how training scales with the number of threads.
///
/// Every number of threads is timed in every round, so that a machine that becomes slower or faster meanwhile changes them
/// all alike, and is compared with one thread within the round. All times start from the same parameters, and where the
/// minibatch is the same, too, the parameters must end in the same bits.
///
/// Each time is taken of full minibatches, without instrumentation but a look at the peak now and then. What the workers do is
/// recorded in one more round.
public struct ScalingStudy: Sendable {
  let options: ScalingOptions
  private let stop: StopRequest
  private let observer: @Sendable (ScalingEvent) -> Void

  /// A study that measures what `options` say, gives up when `stop` is made, and tells `observer` how it gets on.
  public init(
    _ options: ScalingOptions, stop: StopRequest = StopRequest(),
    observer: @escaping @Sendable (ScalingEvent) -> Void = { _ in }
  ) {
    self.options = options
    self.stop = stop
    self.observer = observer
  }

  /// Measures.
  ///
  /// - Throws: ``LockstepError``; of kind `internalError` if the number of threads changed a bit of the parameters, of kind
  ///   `tryAgain` if a stop was asked for.
  public func run() throws(LockstepError) -> ScalingReport {
    try options.check()
    do throws(LockstepError) {
      switch options.training.precision {
      case .float32: return try run(as: Float.self)
      case .float64: return try run(as: Double.self)
      }
    } catch {
      var error = error
      // What the trainer finds wrong is about the data, whose name it does not know.
      if error.subject.isEmpty, error.kind == .badData { error.subject = options.training.data.file }
      throw error
    }
  }

  private func run<Element: Scalar & HDF5Element>(as type: Element.Type) throws(LockstepError)
    -> ScalingReport
  {
    let begin = monotonicNanoseconds()
    let data = try TrainingData(options.bareTraining, as: type)
    guard let samples = data.samples.training else {
      throw LockstepError(
        .memory, options.training.data.file,
        "the samples do not fit into memory, as the measurement needs it",
        remedy: "Use fewer rows or --precision float32.")
    }
    let setups = try setups(data)
    let recipe = setups.all[0].recipe
    let start = ScalingStart(
      recipe: recipe, samples: data.count, cpus: CPUBudget.current.cpus,
      kernels: KernelVariant.current?.name ?? "reference", repeats: options.repeats,
      secondsPerRepeat: options.secondsPerRepeat)
    observer(.started(start))
    let bench = ScalingBench(samples: samples, stop: stop)
    var courses = try courses(setups, bench)
    try measure(&courses, bench)
    for course in courses { _ = try SameBits(comparing: [course]) }
    let strong = (setups.places[.strong] ?? []).map { courses[$0] }
    let weak = (setups.places[.weak] ?? []).map { courses[$0] }
    return ScalingReport(
      start: start, strong: points(strong, cpus: start.cpus),
      weak: points(weak, cpus: start.cpus), bits: try SameBits(comparing: strong),
      seconds: Double(monotonicNanoseconds() - begin) * 1e-9)
  }
}

extension ScalingStudy {
  /// The setups with the number of steps that each is to make.
  private func courses<Element>(_ setups: Setups, _ bench: ScalingBench<Element>) throws(LockstepError)
    -> [ScalingCourse]
  {
    let steps = try setups.all.map { setup throws(LockstepError) in
      try bench.steps(of: setup, taking: options.secondsPerRepeat)
    }
    var paces = steps.map { ScalingPace.paces(comparing: [$0])[0] }
    let strong = setups.places[.strong] ?? []
    for (place, pace) in zip(strong, ScalingPace.paces(comparing: strong.map { steps[$0] })) {
      paces[place] = pace
    }
    return zip(setups.all, paces).map { ScalingCourse($0, $1) }
  }

  /// Takes all times, and then records what the workers do.
  private func measure<Element>(_ courses: inout [ScalingCourse], _ bench: ScalingBench<Element>)
    throws(LockstepError)
  {
    let burst = min(0.005, options.secondsPerRepeat / 100)
    var done = 0
    let all = courses.count * (options.repeats + 1)
    for round in 0...options.repeats {
      for place in courses.indices {
        let (setup, pace) = (courses[place].setup, courses[place].pace)
        observer(
          .advanced(done: done, of: all, threads: setup.threads, batchSize: setup.recipe.batchSize))
        courses[place].record(
          try bench.time(setup, pace, burst: burst, phases: round == options.repeats))
        done += 1
      }
    }
  }

  /// The points of `courses`, of which the first is that of one thread.
  private func points(_ courses: [ScalingCourse], cpus: Int) -> [ScalingPoint] {
    let single = courses.first?.rates ?? []
    return courses.map { course in
      let (threads, recipe) = (course.setup.threads, course.setup.recipe)
      return ScalingPoint(
        threads: threads, workers: course.workers, exceedsCPUs: threads > cpus,
        batchSize: recipe.batchSize, shards: recipe.shards, steps: course.pace.steps,
        stepSeconds: course.stepSeconds, speedups: zip(course.rates, single).map { $0 / $1 },
        operations: recipe.network.gradientOperations(rows: recipe.batchSize), peaks: course.peaks,
        phases: course.phases)
    }
  }
}
