import Benchmark
import Lockstep

/// What it costs that the threads of a team wait for each other.
func meetings() {
  // A job in which nothing is done is two meetings at the barrier of a team, the kind that steps meet at, and little else.
  for threads in [2, 4] {
    measure("empty job of \(threads) threads: two barriers", repetitions: .kilo) {
      let team = WorkerTeam(count: threads)
      return { team.run { _ in } }
    }
  }
}
