import Lockstep
import Testing

@testable import Training

@Suite("The clock of a step's phases")
struct PhaseClockTests {
  @Test("gives each phase the time since the one before, to the worker whose clock it is")
  func phases() {
    let times = PhaseTimes(workers: 2)
    let clock = times.clock(for: 1)
    clock.start()
    for _ in 0..<3 {
      clock.mark(.data)
      clock.mark(.barrier)
    }
    let shares = times.shares(of: 1 << 62)
    #expect(shares.count == 2)
    #expect(shares[1][.data] > 0 && shares[1][.barrier] > 0)
    #expect(shares[1][.forward] == 0 && shares[1][.update] == 0)
    #expect(TrainingPhase.allCases.allSatisfy { shares[0][$0] == 0 } && shares[0].other == 1)
  }

  @Test("shares are parts of the whole, and of the phases' sum if that is more")
  func shares() {
    let part = PhaseShares(ticks: [10, 20, 0, 0, 30, 0], elapsed: 80)
    #expect(part[.data] == 0.125 && part[.forward] == 0.25 && part[.barrier] == 0.375 && part.other == 0.25)
    let whole = PhaseShares(ticks: [10, 0, 30, 0, 0, 0], elapsed: 30)
    #expect(whole[.data] == 0.25 && whole[.backward] == 0.75 && whole.other == 0)
    let mean = PhaseShares(averaging: [part, whole])
    #expect(mean[.data] == 0.1875 && mean[.backward] == 0.375 && mean.other == 0.125)
  }

  private func train(_ recipe: Recipe, threads: Int, times: PhaseTimes?) throws -> Bits<Float> {
    let trainer = try Trainer<Float>(
      recipe: recipe, samples: Fixture.samples(), threads: .count(threads))
    trainer.engine.phases = times
    try trainer.train(epochs: 2)
    return Bits(trainer)
  }

  @Test(
    "records what all workers do, and changes no bit", arguments: [1, 3], [[9, 5], [40, 30], [80, 60]])
  func engine(threads: Int, hidden: [Int]) throws {
    let recipe = try Fixture.recipe(hidden: hidden)
    let times = PhaseTimes(workers: threads)
    #expect(try train(recipe, threads: threads, times: times) == train(recipe, threads: threads, times: nil))
    let isSmall = hidden == [9, 5] && KernelVariant.current != nil
    for shares in times.shares(of: 1 << 62) {
      #expect(shares[.data] > 0 && shares[.update] > 0)
      #expect((shares[.gradient] > 0) == isSmall)
      #expect((shares[.forward] > 0) == !isSmall && (shares[.backward] > 0) == !isSmall)
      #expect((shares[.barrier] > 0) == (threads > 1))
    }
  }
}
