/// Decides whether windows are loaded ahead, beside the steps on the one before, or in turns with them, by how long each way takes.
///
/// Ahead is better where the disk is waited for, or CPUs are idle. Where all CPUs make steps and loading takes time of theirs too,
/// threads of both kinds get into each other's way, and workers that wait for each other lose more than loading takes. Which of
/// it holds depends on the machine, the source and the network, and may change: so both ways are tried, and tried again. No
/// number depends on it.
struct LoadPacing {
  /// When windows are loaded.
  enum Way {
    case ahead
    case inTurn

    fileprivate var other: Way { self == .ahead ? .inTurn : .ahead }
  }

  /// The way that the next window is loaded.
  private(set) var way = Way.inTurn
  /// The better way, as far as is known.
  private var better = Way.inTurn
  /// The nanoseconds a row that the better way took when it was tried last; nil before that.
  private var best: Double?
  private var trial: Trial? = Trial()
  /// Windows until the other way is tried again.
  private var rest = 0

  private struct Trial {
    /// The windows so far. The first one counts for nothing: it, or the next, was loaded as the way before has it.
    var windows = 0
    var rows = 0
    var nanoseconds = 0.0
  }

  /// A trial takes at least so long, and so many windows.
  private static let trialNanoseconds = 1e7
  private static let trialWindows = 3
  /// After so many windows both ways are tried again.
  private static let windowsBetween = 64

  /// Takes in how long the load of a window and the steps on it took, as far as they did not overlap.
  mutating func record(rows: Int, nanoseconds: Double) {
    guard var current = trial else {
      rest -= 1
      if rest <= 0 { begin(better) }
      return
    }
    current.windows += 1
    if current.windows > 1 {
      current.rows += rows
      current.nanoseconds += nanoseconds
    }
    trial = current
    guard current.windows >= Self.trialWindows, current.nanoseconds >= Self.trialNanoseconds else { return }
    end(current.nanoseconds / Double(max(current.rows, 1)))
  }

  private mutating func begin(_ way: Way) {
    (self.way, trial) = (way, Trial())
  }

  /// Takes in what a trial of `way` found: the better way is tried first, right before the other one.
  private mutating func end(_ pace: Double) {
    if way == better {
      best = pace
      begin(better.other)
    } else {
      if let best, pace < best { better = way }
      (way, trial, rest) = (better, nil, Self.windowsBetween)
    }
  }
}
