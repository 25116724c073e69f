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
