import Lockstep
import Workloads

/// How fast a trainer makes steps.
struct Pace {
  /// The least nanoseconds a step of several attempts.
  let nanoseconds: Double

  init(of trainer: Trainer<Float>) throws {
    // Threads are started, caches filled, and then about as many steps are made as take five milliseconds.
    let first = try nanosecondsPerStep(of: trainer, steps: 10)
    let steps = max(10, Int(5e6 / first))
    nanoseconds = try (0..<10).reduce(Double.infinity) { least, _ in
      min(least, try nanosecondsPerStep(of: trainer, steps: steps))
    }
  }

  /// The steps that `nanoseconds` are enough for.
  func steps(in nanoseconds: Double) -> Int { max(4, Int(nanoseconds / self.nanoseconds)) }
}

/// Two trainers measured in turn, so that whatever else goes on on the machine meets both.
struct Pairs {
  /// Nanoseconds a step.
  let first: Quartiles
  /// Nanoseconds a step.
  let second: Quartiles
  /// Of the first over the second, pair by pair.
  let ratios: Quartiles

  private static let pairs = 120

  init(_ first: Trainer<Float>, _ second: Trainer<Float>, steps: Int) throws {
    var times: [(first: Double, second: Double)] = []
    for pair in 0..<Self.pairs {
      // Each goes first as often as the other.
      if pair % 2 == 0 {
        let time = try nanosecondsPerStep(of: first, steps: steps)
        times.append((time, try nanosecondsPerStep(of: second, steps: steps)))
      } else {
        let time = try nanosecondsPerStep(of: second, steps: steps)
        times.append((try nanosecondsPerStep(of: first, steps: steps), time))
      }
    }
    self.first = Quartiles(times.map(\.first))
    self.second = Quartiles(times.map(\.second))
    ratios = Quartiles(times.map { $0.first / $0.second })
  }
}

/// The middle of some numbers, and what half of them lie between.
struct Quartiles {
  let low: Double
  let median: Double
  let high: Double

  init(_ values: [Double]) {
    let sorted = values.sorted()
    (low, median, high) = (sorted[sorted.count / 4], sorted[sorted.count / 2], sorted[sorted.count * 3 / 4])
  }
}

private func nanosecondsPerStep(of trainer: Trainer<Float>, steps: Int) throws -> Double {
  let time = try ContinuousClock().measure { try trainer.makeSteps(steps) }
  return time / .nanoseconds(steps)
}
