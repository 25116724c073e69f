import Lockstep
import Synchronization
import TestSupport
import Testing

@testable import Training

@Suite("A study of scaling")
struct ScalingStudyTests {
  let folder: TemporaryFolder
  var options: ScalingOptions

  init() throws {
    folder = try TemporaryFolder()
    let data = DatasetLocation(file: folder.file("d.h5"))
    try DatasetWriter<Float>(LinearProblem(seed: 4), rows: 500, format: DatasetFormat(), source: "")
      .write(to: data.file, threads: 1)
    var training = TrainingOptions(data: data)
    training.hidden = [6]
    training.batchSize = 32
    training.shards = .count(4)
    options = ScalingOptions(training: training, threads: [3, 2], repeats: 2, secondsPerRepeat: 0.001)
  }

  func failure(_ options: ScalingOptions, stop: StopRequest = StopRequest()) -> LockstepError? {
    do {
      _ = try ScalingStudy(options, stop: stop).run()
      return nil
    } catch {
      return error
    }
  }

  @Test("measures every number of threads, and one, as often as it is asked to")
  func points() throws {
    let report = try ScalingStudy(options).run()
    #expect(report.start.samples == 500 && report.start.recipe.batchSize == 32)
    #expect(report.start.repeats == 2)
    #expect(report.strong.map(\.threads) == [1, 2, 3])
    #expect(report.weak.map(\.threads) == [1, 2, 3])
    for point in report.strong + report.weak {
      #expect(point.workers == point.threads && point.phases.count == point.workers)
      #expect(point.exceedsCPUs == (point.threads > CPUBudget.current.cpus))
      #expect(point.steps >= 1 && point.stepSeconds.count == 2 && point.speedups.count == 2)
      #expect(point.stepTime.least > 0 && point.speedup.least > 0)
      #expect(point.efficiency == point.speedup.median / Double(point.threads))
      #expect(point.operations == report.start.recipe.network.gradientOperations(rows: point.batchSize))
      #expect(point.peaks.count == (KernelVariant.best == nil ? 0 : 2))
      if let peak = point.peak, let part = point.partOfPeak {
        #expect(peak > 0 && part.least > 0 && part.least <= part.median && part.median <= part.most)
        #expect(part.most == zip(point.stepSeconds, point.peaks).map { point.operations / $0 / $1 }.max())
      }
    }
    #expect(report.strong[0].speedups == [1, 1] && report.weak[0].speedups == [1, 1])
    // One thread is measured once for both modes.
    #expect(report.strong[0].stepSeconds == report.weak[0].stepSeconds)
  }

  @Test("keeps the minibatch in strong scaling, and the rows and shards of a thread in weak scaling")
  func work() throws {
    let report = try ScalingStudy(options).run()
    #expect(report.strong.map(\.batchSize) == [32, 32, 32])
    #expect(report.strong.map(\.shards) == [4, 4, 4])
    #expect(report.weak.map(\.batchSize) == [32, 64, 96])
    #expect(report.weak.map(\.shards) == [4, 8, 12])
  }

  @Test("measures one mode alone", arguments: ScalingMode.allCases)
  func oneMode(mode: ScalingMode) throws {
    var options = options
    options.modes = [mode]
    let report = try ScalingStudy(options).run()
    #expect(report.points(mode).count == 3)
    #expect(report.strong.isEmpty != report.weak.isEmpty)
    #expect((report.bits == nil) == (mode == .weak))
  }

  @Test("accounts for all the time of all workers")
  func phases() throws {
    for point in try ScalingStudy(options).run().strong {
      for shares in point.phases + [point.averagePhases] {
        let parts = TrainingPhase.allCases.map { shares[$0] }
        #expect(parts.allSatisfy { $0 >= 0 && $0 <= 1 })
        #expect(abs(parts.reduce(0, +) + shares.other - 1) < 1e-9)
        #expect(shares[.data] > 0 && shares[.update] > 0)
      }
    }
  }

  @Test("compares the parameters that training itself gets")
  func bits() throws {
    // Whole minibatches only: the study leaves out what is left of an epoch.
    var options = options
    options.training.batchSize = 50
    for precision in Precision.allCases {
      options.training.precision = precision
      let bits = try #require(try ScalingStudy(options).run().bits)
      #expect(bits.threads == [1, 2, 3] && bits.steps >= 2)
      var training = options.training
      training.epochs = .max
      training.steps = bits.steps
      #expect(try TrainingRun(training).run().parametersDigest == bits.digest)
    }
  }

  @Test("tells how it gets on")
  func events() throws {
    let seen = Mutex<[String]>([])
    _ = try ScalingStudy(options) { event in
      seen.withLock {
        switch event {
        case .started(let start): $0.append("\(start.samples)")
        case .advanced(let done, let all, let threads, let batch):
          $0.append("\(done)/\(all): \(threads), \(batch)")
        }
      }
    }.run()
    let rounds = (0..<3).flatMap { round in
      [(1, 32), (2, 32), (3, 32), (2, 64), (3, 96)].enumerated().map {
        "\(5 * round + $0)/15: \($1.0), \($1.1)"
      }
    }
    #expect(seen.withLock { $0 } == ["500"] + rounds)
  }

  @Test("has no more workers than there is work for")
  func idle() throws {
    var options = options
    options.training.shards = .count(2)
    options.modes = [.strong]
    let report = try ScalingStudy(options).run()
    #expect(report.strong.map(\.workers) == [1, 2, 2])
    #expect(report.strong[2].phases.count == 2)
  }

  @Test("needs the rows for the largest minibatch before it measures")
  func rows() {
    var options = options
    options.training.batchSize = 200
    let error = failure(options)
    #expect(error?.kind == .usage && error?.subject == "--batch-size")
    #expect(error?.expected == "600 or more" && error?.found == "500 rows")
    options.modes = [.strong]
    #expect(failure(options) == nil)
  }

  @Test("refuses what cannot be measured")
  func settings() {
    func refused(_ change: (inout ScalingOptions) -> Void) -> String? {
      var changed = options
      change(&changed)
      let error = failure(changed)
      #expect(error?.kind == .usage)
      return error?.subject
    }
    #expect(refused { $0.threads = [2, 0] } == "--threads")
    #expect(refused { $0.threads = [WorkerTeam.mostWorkers + 1] } == "--threads")
    #expect(refused { $0.repeats = 0 } == "--repeats")
    for seconds in [0, -1, .nan, .infinity] {
      #expect(refused { $0.secondsPerRepeat = seconds } == "--seconds")
    }
    #expect(refused { $0.modes = [] } == "--mode")
  }

  @Test("ends when a stop is asked for, with an error")
  func stop() {
    let stop = StopRequest()
    stop.make()
    #expect(failure(options, stop: stop)?.kind == .tryAgain)
  }

  @Test("says when the training diverges")
  func divergence() {
    var options = options
    options.training.optimizer = .sgd(SGD(learningRate: 1e30))
    #expect(failure(options)?.kind == .diverged)
  }
}

@Suite("The parts of a study")
struct ScalingPartsTests {
  @Test("the threads by default are the powers of two, and all CPUs")
  func defaultThreads() {
    #expect(ScalingOptions.defaultThreads(cpus: 1) == [1])
    #expect(ScalingOptions.defaultThreads(cpus: 2) == [1, 2])
    #expect(ScalingOptions.defaultThreads(cpus: 6) == [1, 2, 4, 6])
    #expect(ScalingOptions.defaultThreads(cpus: 8) == [1, 2, 4, 8])
    #expect(ScalingOptions.defaultThreads(cpus: 1000) == [1, 2, 4, 8, 16, 32, 64, 128, 192])
  }

  @Test("a spread is the middle and the ends")
  func spread() {
    let odd = Spread([3, 1, 2])
    #expect(odd.median == 2 && odd.least == 1 && odd.most == 3)
    let even = Spread([4, 1, 3, 2])
    #expect(even.median == 2.5 && even.least == 1 && even.most == 4)
    #expect(Spread([7]).median == 7)
  }

  @Test("parameters are compared after a step that all repeats reach")
  func paces() {
    let paces = ScalingPace.paces(comparing: [400, 50, 3000])
    #expect(paces.map(\.steps) == [400, 50, 3000])
    #expect(paces.allSatisfy { $0.warmUp == 5 && $0.compared == 50 && $0.comparedAfter == 55 })
    #expect(ScalingPace.paces(comparing: [1]) == [ScalingPace(warmUp: 1, compared: 1, steps: 1)])
  }

  private func course(threads: Int, digests: [Digest]) throws -> ScalingCourse {
    var course = ScalingCourse(
      ScalingSetup(threads: threads, recipe: try Fixture.recipe()),
      ScalingPace(warmUp: 2, compared: 20, steps: 30))
    for digest in digests {
      course.record(ScalingRepeat(workers: threads, stepSeconds: 1, peak: nil, digest: digest, phases: []))
    }
    return course
  }

  @Test("one bit that differs between threads or repeats is an internal failure")
  func bits() throws {
    let (a, b) = ([Float(0.5)], [Float(0.5).nextUp])
    let (one, other) = (
      a.withUnsafeBufferPointer { Digest(of: $0) }, b.withUnsafeBufferPointer { Digest(of: $0) }
    )
    let single = try course(threads: 1, digests: [one, one])
    let same = try SameBits(comparing: [single, try course(threads: 4, digests: [one, one])])
    #expect(same?.threads == [1, 4] && same?.steps == 22 && same?.digest == one)
    #expect(try SameBits(comparing: []) == nil)

    func failure(_ courses: [ScalingCourse]) -> LockstepError? {
      do throws(LockstepError) {
        _ = try SameBits(comparing: courses)
        return nil
      } catch {
        return error
      }
    }
    let threads = failure([single, try course(threads: 4, digests: [one, other])])
    #expect(threads?.kind == .internalError)
    #expect(threads?.problem == "22 steps led to other parameters on 4 threads than on 1")
    #expect(threads?.found == "digest \(other)" && threads?.expected == "\(one)")
    let repeats = failure([try course(threads: 4, digests: [one, other])])
    #expect(repeats?.kind == .internalError && repeats?.problem.contains("repeated") == true)
  }

  @Test("only repeats without recording count as times")
  func recording() throws {
    var course = try course(threads: 1, digests: [])
    let digest = [Float(1)].withUnsafeBufferPointer { Digest(of: $0) }
    course.record(ScalingRepeat(workers: 1, stepSeconds: 0.5, peak: 7, digest: digest, phases: []))
    let shares = PhaseShares(ticks: [1, 0, 0, 0, 0, 0], elapsed: 1)
    course.record(ScalingRepeat(workers: 1, stepSeconds: 9, peak: nil, digest: digest, phases: [shares]))
    #expect(course.stepSeconds == [0.5] && course.rates == [100] && course.peaks == [7])
    #expect(course.digests.count == 2 && course.phases == [shares])
  }

  @Test("steps are of full minibatches, epoch after epoch, and each is made once")
  func steadySteps() throws {
    let samples: Samples<Float> = Fixture.samples(203)
    let recipe = try Fixture.recipe(batchSize: 50, shuffle: .none)
    var whole = SteadyRun(try Trainer(recipe: recipe, samples: samples, threads: .count(2)))
    _ = try whole.make(11, stop: StopRequest())
    var parts = SteadyRun(try Trainer(recipe: recipe, samples: samples, threads: .count(1)))
    for steps in [1, 0, 6, 4] { _ = try parts.make(steps, stop: StopRequest()) }
    #expect(whole.digest == parts.digest)
    // The same as training on the four minibatches that there are.
    let even: Samples<Float> = Fixture.samples(200)
    let trainer = try Trainer(recipe: recipe, samples: even, threads: .count(1))
    try trainer.train(epochs: 2)
    try trainer.advance(3)
    #expect(trainer.parametersDigest == whole.digest)
  }

  @Test(
    "a repeat stops for the peak about ten times, and where the parameters are compared", arguments: 1...40)
  func slices(steps: Int) {
    for compared in 1...steps {
      let slices = ScalingPace(warmUp: 1, compared: compared, steps: steps).slices
      let stops = slices.indices.map { slices[...$0].reduce(0, +) }
      #expect(stops.last == steps && stops.contains(compared) && slices.allSatisfy { $0 > 0 })
      #expect(slices.count <= 21)
    }
  }

  @Test("the peak is a rate")
  func peak() {
    for threads in [1, 2, 3] {
      guard let meter = PeakMeter<Float>(team: WorkerTeam(count: threads), seconds: 1e-4) else {
        return #expect(KernelVariant.best == nil)
      }
      #expect(meter.measure() > 1e6 && meter.measure().isFinite)
    }
  }

  @Test("the CPU has a name of one line")
  func cpuName() {
    #expect(!CPUBudget.cpuName.isEmpty && !CPUBudget.cpuName.contains("\n"))
  }
}
