import Lockstep

/// What came of a study, for programs.
struct ScalingRecords {
  let report: ScalingReport

  /// Everything that was measured, with the names of the files read and written.
  func json(data: String, csv: String?, chart: String?) -> JSON {
    let (start, bits) = (report.start, report.bits)
    let recipe = start.recipe
    return .object([
      "data": .string(data), "csv": csv.map(JSON.string) ?? .null, "chart": chart.map(JSON.string) ?? .null,
      "samples": .integer(start.samples), "features": .integer(recipe.network.inputs),
      "targets": .integer(recipe.network.outputs), "network": .string(recipe.network.summary),
      "parameters": .integer(recipe.network.parameterCount ?? 0), "loss": .string(recipe.loss.name),
      "optimizer": .string(recipe.optimizer.name.rawValue), "batch_size": .integer(recipe.batchSize),
      "shards": .integer(recipe.shards), "precision": .string(recipe.precision.rawValue),
      "cpu": .string(CPUBudget.cpuName), "cpus": .integer(start.cpus), "kernels": .string(start.kernels),
      "repeats": .integer(start.repeats), "seconds_per_repeat": .number(start.secondsPerRepeat),
      "seconds": .number(report.seconds),
      "strong": .array(report.strong.map(Self.json)), "weak": .array(report.weak.map(Self.json)),
      "same_bits": bits == nil ? .null : .boolean(true),
      "compared_after_steps": bits.map { .integer($0.steps) } ?? .null,
      "parameters_digest": bits.map { .string($0.digest.description) } ?? .null,
    ])
  }

  private static func json(_ point: ScalingPoint) -> JSON {
    .object([
      "threads": .integer(point.threads), "workers": .integer(point.workers),
      "exceeds_cpus": .boolean(point.exceedsCPUs), "batch_size": .integer(point.batchSize),
      "shards": .integer(point.shards), "steps": .integer(point.steps),
      "step_seconds": json(point.stepTime, of: point.stepSeconds),
      "speedup": json(point.speedup, of: point.speedups), "efficiency": .number(point.efficiency),
      "samples_per_second": .number(point.samplesPerSecond),
      "gflops": .number(point.operationsPerSecond * 1e-9),
      "peak_gflops": .optional(point.peak.map { $0 * 1e-9 }),
      "part_of_peak": .optional(point.partOfPeak?.median),
      "part_of_peak_least": .optional(point.partOfPeak?.least),
      "part_of_peak_most": .optional(point.partOfPeak?.most),
      "phases": json(point.averagePhases), "worker_phases": .array(point.phases.map(json)),
    ])
  }

  private static func json(_ spread: Spread, of repeats: [Double]) -> JSON {
    .object([
      "median": .number(spread.median), "least": .number(spread.least), "most": .number(spread.most),
      "repeats": .array(repeats.map(JSON.number)),
    ])
  }

  private static func json(_ shares: PhaseShares) -> JSON {
    var parts = ["between": JSON.number(shares.other)]
    for phase in TrainingPhase.allCases { parts[phase.name] = .number(shares[phase]) }
    return .object(parts)
  }

  /// One line a point: everything but single repeats and workers.
  var csv: String {
    let phases = TrainingPhase.allCases
    var lines = [
      [
        "scaling", "threads", "workers", "exceeds_cpus", "batch_size", "shards", "steps", "step_seconds",
        "step_seconds_least", "step_seconds_most", "speedup", "speedup_least", "speedup_most", "efficiency",
        "samples_per_second", "gflops", "peak_gflops", "part_of_peak",
        "part_of_peak_least", "part_of_peak_most",
      ] + phases.map(\.name) + ["between"]
    ]
    for mode in ScalingMode.allCases {
      for point in report.points(mode) {
        let (time, speedup, shares) = (point.stepTime, point.speedup, point.averagePhases)
        let numbers: [Double?] =
          [
            time.median, time.least, time.most, speedup.median, speedup.least, speedup.most, point.efficiency,
            point.samplesPerSecond, point.operationsPerSecond * 1e-9, point.peak.map { $0 * 1e-9 },
            point.partOfPeak?.median, point.partOfPeak?.least, point.partOfPeak?.most,
          ] + phases.map { shares[$0] } + [shares.other]
        lines.append(
          [
            mode.rawValue, "\(point.threads)", "\(point.workers)", "\(point.exceedsCPUs)",
            "\(point.batchSize)", "\(point.shards)", "\(point.steps)",
          ] + numbers.map { $0.map { "\($0)" } ?? "" })
      }
    }
    return lines.map { $0.joined(separator: ",") }.joined(separator: "\n")
  }
}

extension TrainingPhase {
  /// The phase as a key.
  fileprivate var name: String {
    switch self {
    case .data: "data"
    case .forward: "forward"
    case .backward: "backward"
    case .gradient: "forward_backward"
    case .barrier: "barrier"
    case .update: "reduce_step"
    }
  }
}
