import Primitives

/// How many threads train.
public enum ThreadChoice: Sendable, Equatable {
  /// As many as are fastest, found by trying during the first steps.
  case automatic
  /// This many.
  case count(Int)

  /// Throws ``LockstepError`` if it is no number that a team can have.
  func check() throws(LockstepError) {
    if case .count(let count) = self, !(1...WorkerTeam.mostWorkers).contains(count) {
      throw LockstepError(
        .usage, "--threads", "is outside its range", found: "\(count)",
        expected: "1 to \(WorkerTeam.mostWorkers)")
    }
  }
}

/// Finds the number of workers that makes the fastest steps, by timing the first steps of the training itself.
///
/// The numbers do not depend on the workers, so the steps made while measuring are steps of the run.
struct ThreadTuner {
  /// The workers that a team needs for what may be tried.
  let limit: Int
  /// The decision, once made.
  private(set) var workers: Int?
  /// Why, as a clause.
  private(set) var reason = ""
  private var trials: [Trial] = []
  private var next = 0

  private struct Trial {
    let workers: Int
    var rounds = 0
    /// The least nanoseconds a step of any round.
    var best = Double.infinity
  }

  private static let rounds = 4
  /// The time that a round is made to take, if a step does not take longer.
  private static let roundNanoseconds = 3e6

  /// - Parameters:
  ///   - choice: what was asked for.
  ///   - shares: the pieces of a minibatch that can be dealt out.
  ///   - cpus: the CPUs that may be used.
  init(choice: ThreadChoice, shares: Int, cpus: Int) {
    switch choice {
    case .count(let count):
      // A worker without a share would only hold memory.
      limit = min(count, shares)
      decide(limit, limit == count ? "as asked" : "as many as a minibatch can be cut for")
    case .automatic:
      limit = min(cpus, shares, WorkerTeam.mostWorkers)
      if shares == 1 {
        decide(1, "a minibatch is one piece of work")
      } else if cpus == 1 {
        decide(1, "one CPU may be used")
      } else {
        var count = 1
        while count < limit {
          trials.append(Trial(workers: count))
          count *= 2
        }
        trials.append(Trial(workers: limit))
      }
    }
  }

  /// The workers, and the most steps, for the next segment.
  var proposal: (workers: Int, steps: Int) {
    if let workers { return (workers, .max) }
    let trial = trials[next]
    guard trial.best.isFinite else { return (trial.workers, 1) }
    return (trial.workers, max(1, Int(Self.roundNanoseconds / max(trial.best, 1))))
  }

  /// Takes in how long a segment of `proposal` took.
  mutating func record(steps: Int, nanoseconds: UInt64) {
    guard workers == nil, steps > 0 else { return }
    trials[next].rounds += 1
    // The first round wakes threads and fills caches.
    if trials[next].rounds > 1 || nanoseconds > 1_000_000_000 {
      trials[next].best = min(trials[next].best, Double(nanoseconds) / Double(steps))
    } else {
      trials[next].best = .infinity
    }
    next = (next + 1) % trials.count
    if trials.allSatisfy({ $0.rounds >= Self.rounds && $0.best.isFinite }) { settle() }
  }

  private mutating func settle() {
    guard let fastest = trials.map(\.best).min(), let single = trials.first?.best else { return }
    // The fewest workers within two percent of the fastest leave CPUs to others.
    guard let chosen = trials.first(where: { $0.best <= 1.02 * fastest }) else { return }
    let ratio = (single / chosen.best * 100).rounded() / 100
    decide(
      chosen.workers,
      chosen.workers == 1
        ? "more threads are not faster on these steps"
        : "\(ratio) times as fast as one on these steps")
  }

  private mutating func decide(_ count: Int, _ why: String) {
    workers = count
    reason = why
  }
}
