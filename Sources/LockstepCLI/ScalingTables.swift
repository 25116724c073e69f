import Lockstep

/// What came of a study, for people.
struct ScalingTables {
  let report: ScalingReport

  /// All tables, with what they are about.
  var text: String {
    ([heading] + ScalingMode.allCases.compactMap(table) + [phases, bits].compactMap { $0 })
      .joined(separator: "\n\n")
  }

  private var heading: String {
    let start = report.start
    let repeats = start.repeats == 1 ? "one repeat" : "\(start.repeats) repeats"
    return Format.table([
      (
        "machine",
        "\(CPUBudget.cpuName), \(start.cpus) CPU\(start.cpus == 1 ? "" : "s"), loops: \(start.kernels)"
      ),
      ("training", start.recipe.summary),
      (
        "times",
        "\(repeats) of about \(Format.duration(start.secondsPerRepeat)), in turn: median (least to most)"
      ),
    ])
  }

  private func table(_ mode: ScalingMode) -> String? {
    let points = report.points(mode)
    guard let first = points.first else { return nil }
    let unit = TimeUnit(for: first.stepTime.median)
    var table = TextTable(
      ["threads"] + (mode == .weak ? ["batch"] : [])
        + ["\(unit.name) a step", "speedup", "efficiency", "samples/s", "GFLOP/s", "of peak"])
    for point in points {
      table.add(
        [Self.threads(point)] + (mode == .weak ? ["\(point.batchSize)"] : []) + [
          Self.text(point.stepTime, scale: unit.perSecond),
          point.threads == 1 ? "1" : Self.text(point.speedup, scale: 1),
          Self.percent(point.efficiency) + "%", Self.rate(point.samplesPerSecond),
          Format.threeDigits(point.operationsPerSecond * 1e-9),
          point.partOfPeak.map { Self.percent($0.median) + "%" } ?? "-",
        ])
    }
    let title =
      mode == .strong
      ? "Strong scaling: minibatches of \(first.batchSize) rows in \(Self.shards(first.shards)) for any number of threads"
      : "Weak scaling: \(first.batchSize) rows of a minibatch for each thread"
    return ([title, table.text] + notes(points)).joined(separator: "\n")
  }

  /// What is to be said about some points.
  private func notes(_ points: [ScalingPoint]) -> [String] {
    let cpus = report.start.cpus
    let crowd = points.contains(where: \.exceedsCPUs)
    return
      (crowd ? ["* more threads than the \(cpus) CPU\(cpus == 1 ? "" : "s") that may run them"] : [])
      + points.filter { $0.workers < $0.threads }.map {
        "\($0.threads) threads: there are pieces of a minibatch for \($0.workers) of them, the others have nothing to do"
      }
  }

  /// The workers of more threads than this are not listed one by one.
  private static var mostListed: Int { 8 }

  private var phases: String? {
    let all = report.strong + report.weak
    // Small networks do forward and backward in one, so not all columns say something.
    let shown = TrainingPhase.allCases.filter { phase in
      phase == .barrier || all.contains { $0.averagePhases[phase] > 0 }
    }
    var table = TextTable(["scaling", "threads", "worker"] + shown.map(\.title) + ["between"])
    for mode in ScalingMode.allCases {
      for point in report.points(mode) {
        func add(_ worker: String, _ shares: PhaseShares, named: Bool) {
          table.add(
            (named ? [mode.rawValue, Self.threads(point)] : ["", ""]) + [worker]
              + shown.map { Self.percent(shares[$0], places: 1) } + [Self.percent(shares.other, places: 1)])
        }
        if point.phases.count == 1 {
          add("1", point.phases[0], named: true)
        } else {
          add("mean", point.averagePhases, named: true)
          if point.phases.count <= Self.mostListed {
            for (worker, shares) in point.phases.enumerated() { add("\(worker + 1)", shares, named: false) }
          }
        }
      }
    }
    return "What the workers do, in percent of the time (between: between epochs)\n" + table.text
  }

  private var bits: String? {
    guard let bits = report.bits else { return nil }
    let counts = bits.threads.map(String.init)
    let list =
      counts.count == 1
      ? "1 thread" : counts.dropLast().joined(separator: ", ") + " and \(counts[counts.count - 1]) threads"
    return
      "The bits are the same on \(list): after \(Format.count(bits.steps)) steps, parameters with digest \(bits.digest)"
  }

  private static func threads(_ point: ScalingPoint) -> String {
    "\(point.exceedsCPUs ? "* " : "")\(point.threads)"
  }

  private static func shards(_ count: Int) -> String { "\(count) shard\(count == 1 ? "" : "s")" }

  private static func text(_ spread: Spread, scale: Double) -> String {
    func text(_ value: Double) -> String { Format.threeDigits(value * scale) }
    return "\(text(spread.median)) (\(text(spread.least)) to \(text(spread.most)))"
  }

  private static func rate(_ value: Double) -> String {
    let (unit, size) = value >= 999.5e3 ? (" M", 1e6) : value >= 999.5 ? (" k", 1e3) : ("", 1)
    return Format.threeDigits(value / size) + unit
  }

  private static func percent(_ part: Double, places: Int = 0) -> String {
    Format.decimal(100 * part, places: places)
  }
}

/// A unit in which a time is a number from 1 up, if it is no shorter than a nanosecond.
private struct TimeUnit {
  let name: String
  let perSecond: Double

  init(for seconds: Double) {
    (name, perSecond) =
      seconds >= 1 ? ("s", 1) : seconds >= 1e-3 ? ("ms", 1e3) : seconds >= 1e-6 ? ("us", 1e6) : ("ns", 1e9)
  }
}

extension TrainingPhase {
  /// The phase in a table's header.
  fileprivate var title: String {
    switch self {
    case .data: "data"
    case .forward: "forward"
    case .backward: "backward"
    case .gradient: "forward+backward"
    case .barrier: "barrier"
    case .update: "reduce+step"
    }
  }
}

extension Recipe {
  /// The recipe in a line, without its batch size.
  var summary: String {
    "\(network.summary) (\(Format.count(network.parameterCount ?? 0)) parameters, \(precision.rawValue)), \(loss.name), \(optimizer.name.rawValue)"
  }
}
