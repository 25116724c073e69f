import Testing

@testable import Training

@Suite("The choice of threads")
struct ThreadTunerTests {
  /// Runs the tuner against a machine on which a step of `workers` workers takes `nanoseconds(workers)`.
  func settle(shares: Int = 64, cpus: Int, _ nanoseconds: (Int) -> UInt64) -> ThreadTuner {
    var tuner = ThreadTuner(choice: .automatic, shares: shares, cpus: cpus)
    for _ in 0..<1000 where tuner.workers == nil {
      let proposal = tuner.proposal
      let steps = min(proposal.steps, 100_000)
      tuner.record(steps: steps, nanoseconds: nanoseconds(proposal.workers) * UInt64(steps))
    }
    return tuner
  }

  @Test("takes the number that was asked for")
  func asked() {
    let tuner = ThreadTuner(choice: .count(5), shares: 7, cpus: 2)
    #expect(tuner.workers == 5 && tuner.limit == 5)
    // More than the shards would have nothing to do.
    #expect(ThreadTuner(choice: .count(5), shares: 3, cpus: 2).workers == 3)
  }

  @Test("takes one where more cannot help, without measuring")
  func one() {
    #expect(ThreadTuner(choice: .automatic, shares: 1, cpus: 8).workers == 1)
    #expect(ThreadTuner(choice: .automatic, shares: 8, cpus: 1).workers == 1)
  }

  @Test("takes the fastest")
  func fastest() {
    #expect(settle(cpus: 8) { UInt64(80_000 / $0) }.workers == 8)
    #expect(settle(cpus: 8) { UInt64(1000 + 500 * $0) }.workers == 1)
    #expect(settle(cpus: 8) { $0 == 4 ? 1000 : 2000 }.workers == 4)
    #expect(settle(shares: 3, cpus: 8) { UInt64(80_000 / $0) }.workers == 3)
  }

  @Test("takes fewer where more are hardly faster")
  func few() {
    #expect(settle(cpus: 2) { $0 == 1 ? 1010 : 1000 }.workers == 1)
  }

  @Test("tries long steps a few times only")
  func longSteps() {
    var tuner = ThreadTuner(choice: .automatic, shares: 64, cpus: 2)
    var steps = 0
    while tuner.workers == nil, steps < 100 {
      let proposal = tuner.proposal
      #expect(proposal.steps == 1)
      tuner.record(steps: 1, nanoseconds: UInt64(40_000_000 / proposal.workers))
      steps += 1
    }
    #expect(tuner.workers == 2 && steps == 4)
  }

  @Test("falls back to one while the others are in each other's way, and returns when they no longer are")
  func retreat() {
    var tuner = settle(cpus: 2) { UInt64(8000 / $0) }
    // A quiet machine.
    for _ in 0..<10 {
      #expect(tuner.proposal == (workers: 2, steps: .max))
      tuner.record(steps: 1000, nanoseconds: 4_000_000)
    }
    /// The parts of a second that two workers and one spend on steps, where two take so long.
    func share(together: Double, seconds: Double) -> (two: Double, one: Double) {
      var (two, one) = (0.0, 0.0)
      while two + one < seconds * 1e9 {
        let proposal = tuner.proposal
        let step = proposal.workers == 2 ? together : 9000.0
        let nanoseconds = Double(min(proposal.steps, 1000)) * step
        tuner.record(steps: min(proposal.steps, 1000), nanoseconds: UInt64(nanoseconds))
        if proposal.workers == 2 { two += nanoseconds } else { one += nanoseconds }
      }
      return (two, one)
    }
    // Steps that are 25 times as slow together: next to no time is spent on them.
    let busy = share(together: 100_000, seconds: 20)
    #expect(busy.two < 0.1 * busy.one)
    let quiet = share(together: 4000, seconds: 20)
    #expect(quiet.one < 0.11 * quiet.two)
    #expect(tuner.workers == 2)
  }

  @Test("is not misled by epochs so short that waking threads takes most of them")
  func shortEpochs() {
    var tuner = ThreadTuner(choice: .automatic, shares: 64, cpus: 2)
    var last = 0
    while tuner.workers == nil {
      let proposal = tuner.proposal
      let steps = min(proposal.steps, 98)
      let waking = proposal.workers == last ? 0 : 400_000
      tuner.record(steps: steps, nanoseconds: UInt64(steps * 4800 / proposal.workers + waking))
      last = proposal.workers
    }
    #expect(tuner.workers == 2)
  }

  @Test("does not mind short segments that something held up now and then")
  func interrupts() {
    var tuner = settle(cpus: 2) { UInt64(4800 / $0) }
    for segment in 0..<1000 {
      #expect(tuner.proposal.workers == 2)
      // Every tenth epoch of a hundred steps is interrupted for as long as two of them take.
      tuner.record(steps: 100, nanoseconds: segment % 10 == 9 ? 720_000 : 240_000)
    }
  }

  @Test("never retreats from a number that was asked for")
  func noRetreat() {
    var tuner = ThreadTuner(choice: .count(2), shares: 8, cpus: 2)
    tuner.record(steps: 10, nanoseconds: 1_000_000_000)
    #expect(tuner.proposal == (workers: 2, steps: .max))
  }

  @Test("says why")
  func reason() {
    #expect(settle(cpus: 2) { UInt64(80_000 / $0) }.reason == "2.0 times as fast as one on these steps")
  }
}

@Suite("What the process may use")
struct CPUBudgetTests {
  @Test("quotas of control groups are parsed")
  func quota() {
    #expect(CPUBudget.parse("150000 100000\n") == 1.5)
    #expect(CPUBudget.parse("max 100000\n") == nil)
    #expect(CPUBudget.parse("-1\n 100000\n") == nil)
    #expect(CPUBudget.parse("") == nil)
  }

  @Test("there is always a CPU and some memory")
  func atLeastOne() {
    #expect(CPUBudget.current.cpus >= 1)
    #expect(MemoryBudget.bytes > 1 << 20)
  }
}
