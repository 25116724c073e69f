import Kernels
import Primitives

/// Measures how many floating-point operations a second some threads can do at most at the moment: fused multiply-adds in
/// registers, and nothing else.
///
/// The clock of a CPU changes from second to second, with its own work and with that of its neighbours on the chip. So only
/// what is measured right beside something else says what part of the machine that took.
struct PeakMeter<Element: Scalar> {
  private let team: WorkerTeam
  private let kernels: [MultiplyAdds<Element>]
  /// The rounds of a burst on each thread.
  private let rounds: Int

  /// A meter for the workers of `team` with the CPU's widest vectors, whose bursts take about `seconds`; nil if there are no
  /// fused multiply-adds.
  ///
  /// The team is that of what is measured beside it: Dispatch has threads for one team of the most workers, not for two.
  init?(team: WorkerTeam, seconds: Double) {
    guard let variant = KernelVariant.best else { return nil }
    self.team = team
    kernels = (0..<team.count).map { _ in MultiplyAdds<Element>(variant) }
    rounds = Self.rounds(for: seconds, on: kernels, by: team)
  }

  /// So many rounds that a burst takes at least `seconds`.
  private static func rounds(for seconds: Double, on kernels: [MultiplyAdds<Element>], by team: WorkerTeam)
    -> Int
  {
    var rounds = 1 << 10
    // Workers that slept start late, and whoever is interrupted takes long: the lesser of two times after a first one.
    _ = time(rounds, on: kernels, by: team)
    while (0..<2).contains(where: { _ in time(rounds, on: kernels, by: team).seconds < seconds }) {
      rounds *= 2
    }
    return rounds
  }

  /// The operations a second, two for each multiply-add, that the threads make together in a burst.
  func measure() -> Double {
    let (count, seconds) = Self.time(rounds, on: kernels, by: team)
    return 2 * Double(count) / seconds
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
