import Primitives

/// The middle of some measurements, and how far they spread.
public struct Spread: Sendable, Equatable {
  /// Half of the values are at most this.
  public let median: Double
  /// The least value.
  public let least: Double
  /// The greatest value.
  public let most: Double

  /// The spread of `values`, of which there is at least one.
  init(_ values: [Double]) {
    precondition(!values.isEmpty)
    let sorted = values.sorted()
    let middle = sorted.count / 2
    median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    least = sorted[0]
    most = sorted[sorted.count - 1]
  }
}

/// What was measured with one number of threads.
public struct ScalingPoint: Sendable {
  /// The threads asked for.
  public let threads: Int
  /// The threads that had something to do: no more than a minibatch can be cut for.
  public let workers: Int
  /// Whether there are more threads than CPUs that may run them.
  public let exceedsCPUs: Bool
  /// The rows of a minibatch.
  public let batchSize: Int
  /// The shards that a minibatch was cut into.
  public let shards: Int
  /// The steps of a repeat that were timed.
  public let steps: Int
  /// The seconds of a step in each repeat.
  public let stepSeconds: [Double]
  /// For each repeat, how many times as many rows a second it made as that of one thread in the same round.
  public let speedups: [Double]
  /// The floating-point operations of a step; see ``MLP/gradientOperations(rows:)``.
  public let operations: Double
  /// For each repeat, the floating-point operations a second that the workers made meanwhile when they made nothing but
  /// multiply-adds; empty if this CPU has no fused ones.
  public let peaks: [Double]
  /// How each worker spent its time, in a further repeat.
  public let phases: [PhaseShares]

  /// The seconds of a step.
  public var stepTime: Spread { Spread(stepSeconds) }
  /// How many times as fast as one thread.
  public var speedup: Spread { Spread(speedups) }
  /// The part of the speedup that so many threads could give at most.
  public var efficiency: Double { speedup.median / Double(threads) }
  /// Rows trained on a second.
  public var samplesPerSecond: Double { Double(batchSize) / stepTime.median }
  /// Floating-point operations a second.
  public var operationsPerSecond: Double { operations / stepTime.median }
  /// The middle of `peaks`.
  public var peak: Double? { peaks.isEmpty ? nil : Spread(peaks).median }
  /// Floating-point operations a second as a part of the peak of the same repeat.
  public var partOfPeak: Spread? {
    peaks.isEmpty ? nil : Spread(zip(stepSeconds, peaks).map { operations / $0 / $1 })
  }
  /// How the workers spent their time on average.
  public var averagePhases: PhaseShares { PhaseShares(averaging: phases) }
}

/// How training scales with the number of threads.
public struct ScalingReport: Sendable {
  /// What was measured.
  public let start: ScalingStart
  /// The points of strong scaling by rising threads, from 1 on; empty if it was not asked for.
  public let strong: [ScalingPoint]
  /// The points of weak scaling by rising threads, from 1 on; empty if it was not asked for.
  public let weak: [ScalingPoint]
  /// What the threads of strong scaling agree on; nil if that was not asked for.
  public let bits: SameBits?
  /// Seconds from the start to the end, reading included.
  public let seconds: Double

  /// The points of `mode`.
  public func points(_ mode: ScalingMode) -> [ScalingPoint] { mode == .strong ? strong : weak }
}

/// What is known of a study before anything is timed.
public struct ScalingStart: Sendable {
  /// The recipe, with the batch size of one thread.
  public let recipe: Recipe
  /// The rows of the data.
  public let samples: Int
  /// The CPUs that may run this process at a time.
  public let cpus: Int
  /// The set of instructions that the inner loops are compiled for; "reference" for the plain ones.
  public let kernels: String
  /// How often each number of threads is timed.
  public let repeats: Int
  /// About as many seconds each time takes.
  public let secondsPerRepeat: Double
}
