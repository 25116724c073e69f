import Benchmark
import Lockstep
import Workloads

/// Whole steps: shuffling, gradients, reduction, update.
func steps() {
  for threads in Set([1, CPUBudget.current.cpus]).sorted() {
    for workload in Workload.tiny {
      steps(
        of: workload, threads: threads, rate: (.thousands, amount: Double(workload.batchSize)), count: .kilo)
    }
    for workload in Workload.wide {
      steps(of: workload, threads: threads, rate: (.operations, amount: workload.operations), count: .one)
    }
  }
}

/// `count` steps a sample. A trainer is told how many to make, as a run does it, so the body's repetitions are one segment.
private func steps(
  of workload: Workload, threads: Int, rate: (Rate, amount: Double), count: BenchmarkScalingFactor
) {
  measure("step of \(workload.name), up to \(threads) threads", rate, segment: count) {
    let trainer = try workload.trainer(threads: threads)
    return { try trainer.makeSteps($0) }
  }
}
