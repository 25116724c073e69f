import Lockstep
import Workloads

/// Measures what it costs that the number of threads never changes the answer.
///
/// The same steps are made twice: with the shards of the recipe, which are summed along the fixed tree, and with as many shards
/// as are fastest on these threads: one for each, with a buffer of its own and one plain sum over them, or one in all. The
/// latter's bits depend on the threads. Everything else is the same code.
@main struct ReproducibilityCost {
  static func main() throws {
    print(
      "| steps | threads | shards of the recipe | microseconds | shards for these threads | microseconds | cost |"
    )
    print("|---|---|---|---|---|---|---|")
    for workload in Workload.tiny + Workload.wide {
      for threads in Set([1, CPUBudget.current.cpus]).sorted() {
        let fixed = try workload.trainer(threads: threads)
        let free = try Set([1, threads]).map { try workload.trainer(threads: threads, shards: .count($0)) }
          .map { (trainer: $0, pace: try Pace(of: $0)) }
          .min { $0.pace.nanoseconds < $1.pace.nanoseconds }
        guard let free else { continue }
        let pairs = try Pairs(fixed, free.trainer, steps: free.pace.steps(in: 15e6))
        print(
          "| \(workload.name) | \(threads) | \(fixed.recipe.shards) | \(microseconds(pairs.first))"
            + " | \(free.trainer.recipe.shards) | \(microseconds(pairs.second)) | \(percent(pairs.ratios)) |")
      }
    }
  }

  private static func microseconds(_ nanoseconds: Quartiles) -> String {
    decimal(nanoseconds.median / 1000, 2)
  }

  private static func percent(_ ratios: Quartiles) -> String {
    func text(_ ratio: Double) -> String { decimal((ratio - 1) * 100, 1) }
    return "\(text(ratios.median)) % (\(text(ratios.low)) to \(text(ratios.high)))"
  }

  private static func decimal(_ value: Double, _ digits: Int) -> String {
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    return String((value * factor).rounded() / factor)
  }
}
