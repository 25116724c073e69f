/// The parts of a worker's time that it spent in each phase: numbers from 0 to 1 that add up to 1 with `other`.
public struct PhaseShares: Sendable, Equatable {
  private let shares: [Double]

  /// The shares of `ticks`, one entry a phase, in the `elapsed` ticks of some steps.
  init(ticks: [UInt64], elapsed: UInt64) {
    precondition(ticks.count == TrainingPhase.allCases.count)
    // The stamps of two cores may be a few ticks apart, and a sum of differences less than none.
    let ticks = ticks.map { max(0, Double(Int64(bitPattern: $0))) }
    let whole = max(Double(elapsed), ticks.reduce(0, +), 1)
    shares = ticks.map { $0 / whole }
  }

  /// The mean of the shares of some workers, of which there is at least one.
  init(averaging workers: [PhaseShares]) {
    precondition(!workers.isEmpty)
    shares = TrainingPhase.allCases.map { phase in
      workers.reduce(0) { $0 + $1[phase] } / Double(workers.count)
    }
  }

  /// The part of the time spent in `phase`.
  public subscript(phase: TrainingPhase) -> Double { shares[phase.rawValue] }

  /// The part of the time between steps: when an epoch begins, the workers are called together anew.
  public var other: Double { max(0, 1 - shares.reduce(0, +)) }
}
