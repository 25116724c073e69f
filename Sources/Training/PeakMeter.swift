import Kernels
import Primitives

/// Measures how many floating-point operations a second the machine can do at most: fused multiply-adds in registers, on
/// some threads at once.
struct PeakMeter<Element: Scalar> {
  private let variant: KernelVariant
  private let cpus = CPUBudget.current.cpus
  /// The rounds of a try on a CPU.
  private let rounds: Int

  /// The system needs a while to give each thread a CPU of its own.
  private static var tries: Int { 4 }

  /// A meter for this CPU with its widest vectors, whose tries take about `seconds`; nil if there are no fused
  /// multiply-adds.
  init?(seconds: Double) {
    guard let variant = KernelVariant.best else { return nil }
    self.variant = variant
    let (team, kernels) = (WorkerTeam(count: 1), [MultiplyAdds<Element>(variant)])
    var rounds = 1 << 10
    while Self.time(rounds, on: kernels, by: team).seconds < seconds { rounds *= 2 }
    self.rounds = rounds
  }

  /// The most operations a second, two for each multiply-add, that `threads` threads make together in a few tries.
  func measure(threads: Int) -> Double {
    let (team, kernels) = (
      WorkerTeam(count: threads), (0..<threads).map { _ in MultiplyAdds<Element>(variant) }
    )
    // Threads that share a CPU share its rounds.
    let rounds = threads > cpus ? max(1, rounds * cpus / threads) : rounds
    return (0..<Self.tries).reduce(0) { most, _ in
      let (count, seconds) = Self.time(rounds, on: kernels, by: team)
      return max(most, 2 * Double(count) / seconds)
    }
  }

  /// The multiply-adds made, and the seconds from the first worker's start to the last one's end.
  private static func time(_ rounds: Int, on kernels: [MultiplyAdds<Element>], by team: WorkerTeam)
    -> (count: Int, seconds: Double)
  {
    let barrier = team.barrier(workers: team.count)
    // Each worker uses the kernel of its number.
    let parts = team.map { worker in
      barrier.wait(as: worker)
      let start = monotonicNanoseconds()
      let count = kernels[worker].run(rounds: rounds)
      return (count: count, start: start, end: monotonicNanoseconds())
    }
    let start = parts.map(\.start).min() ?? 0
    let end = parts.map(\.end).max() ?? 0
    return (parts.reduce(0) { $0 + $1.count }, Double(max(end - start, 1)) * 1e-9)
  }
}
