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
///
/// What was found out goes on being watched: workers that wait for each other are slow where other programs, or the reading of
/// data, want the same CPUs. While steps take longer than one worker alone needed, one makes them, with short trials of all from time
/// to time.
struct ThreadTuner {
  /// The workers that a team needs for what may be tried.
  let limit: Int
  /// The decision, once made.
  private(set) var workers: Int?
  /// Why, as a clause.
  private(set) var reason = ""
  private var trials: [Trial] = []
  private var next = 0
  /// The segments of the round under way, where epochs are too short for one to be enough.
  private var round = Round()
  private var retreat: Retreat?

  /// How one worker stands in for several.
  private struct Retreat {
    /// The nanoseconds a step that one worker took when that was measured.
    let alone: Double
    /// Those of the workers that were chosen.
    let together: Double
    /// Nanoseconds until the others are tried again; nil while they work.
    var left: Double?
    /// The nanoseconds that the next retreat takes.
    var length = ThreadTuner.shortestRetreat
    /// What the workers chosen made since their pace was last judged.
    var seen = (steps: 0, nanoseconds: 0.0)
  }

  private struct Trial {
    let workers: Int
    var rounds = 0
    /// The least nanoseconds a step of any round.
    var best = Double.infinity
  }

  private struct Round {
    var steps = 0
    var nanoseconds = 0.0
    /// Whether no segment has been made.
    var isFresh = true
  }

  private static let rounds = 6
  /// The time that a round is made to take, if a step does not take longer.
  private static let roundNanoseconds = 3e6
  /// The pace of the workers chosen is judged by no less than this.
  private static let leastSeen = 2e6
  /// A retreat is as long as this at first, and twice as long as the last one if that was not enough.
  private static let shortestRetreat = 5e7
  private static let longestRetreat = 2e9

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
    if let workers { return workersNow(workers) }
    let trial = trials[next]
    guard trial.best.isFinite else { return (trial.workers, 1) }
    return (trial.workers, max(1, Int(Self.roundNanoseconds / max(trial.best, 1))))
  }

  /// Takes in how long a segment of `proposal` took.
  mutating func record(steps: Int, nanoseconds: UInt64) {
    guard steps > 0 else { return }
    guard workers == nil else { return watch(steps: steps, nanoseconds: Double(nanoseconds)) }
    guard let step = pace(steps: steps, nanoseconds: Double(nanoseconds)) else { return }
    round = Round()
    trials[next].rounds += 1
    // The first round wakes threads and fills caches, which is nothing beside a long step.
    let isLong = step > Self.roundNanoseconds
    if trials[next].rounds > 1 || isLong { trials[next].best = min(trials[next].best, step) }
    next = (next + 1) % trials.count
    let isDone = trials.allSatisfy {
      $0.best.isFinite && $0.rounds >= ($0.best > Self.roundNanoseconds ? 2 : Self.rounds)
    }
    if isDone { settle() }
  }

  /// The nanoseconds a step of the round that a segment ends, or nil if it goes on.
  private mutating func pace(steps: Int, nanoseconds: Double) -> Double? {
    // Until there is any pace, a round is a step.
    if !trials[next].best.isFinite || nanoseconds >= Self.roundNanoseconds {
      return nanoseconds / Double(steps)
    }
    // The first segment wakes threads, and brings rows near that another number of workers has dealt out otherwise.
    if !round.isFresh {
      round.steps += steps
      round.nanoseconds += nanoseconds
    }
    round.isFresh = false
    return round.nanoseconds >= Self.roundNanoseconds ? round.nanoseconds / Double(round.steps) : nil
  }

  /// The workers that make the next steps of those decided on, and how many of these.
  private func workersNow(_ workers: Int) -> (workers: Int, steps: Int) {
    guard let retreat else { return (workers, .max) }
    if retreat.left != nil { return (1, .max) }
    let isTrial = retreat.length > Self.shortestRetreat
    return (workers, isTrial ? max(1, Int(Self.roundNanoseconds / max(retreat.together, 1))) : .max)
  }

  /// Takes in how long steps took once the workers are decided on.
  private mutating func watch(steps: Int, nanoseconds: Double) {
    guard var retreat else { return }
    defer { self.retreat = retreat }
    if let left = retreat.left {
      retreat.left = left > nanoseconds ? left - nanoseconds : nil
      return
    }
    // An interrupt, or a glance of the system at another program, holds up a short segment, and says nothing.
    retreat.seen.steps += steps
    retreat.seen.nanoseconds += nanoseconds
    guard retreat.seen.nanoseconds >= Self.leastSeen else { return }
    let step = retreat.seen.nanoseconds / Double(retreat.seen.steps)
    retreat.seen = (0, 0)
    if step > 1.2 * retreat.alone {
      retreat.left = retreat.length
      retreat.length = min(2 * retreat.length, Self.longestRetreat)
    } else {
      retreat.length = Self.shortestRetreat
    }
  }

  private mutating func settle() {
    guard let fastest = trials.map(\.best).min(), let single = trials.first?.best else { return }
    // The fewest workers within two percent of the fastest leave CPUs to others.
    guard let chosen = trials.first(where: { $0.best <= 1.02 * fastest }) else { return }
    if chosen.workers > 1 { retreat = Retreat(alone: single, together: chosen.best) }
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
