import Primitives

/// What is kept the same while the number of threads grows.
public enum ScalingMode: String, Sendable, CaseIterable {
  /// The minibatch: the same work, shared by more threads.
  case strong
  /// The rows of a minibatch a thread: more work on more threads.
  case weak
}

/// What a ``ScalingStudy`` is asked to measure.
public struct ScalingOptions: Sendable {
  /// The data and the recipe. How long to train, on how many threads, validation, first parameters and files to write are
  /// not looked at.
  public var training: TrainingOptions
  /// The numbers of threads. One is always measured too: the others are compared with it.
  public var threads: [Int]
  /// What to keep the same.
  public var modes: Set<ScalingMode>
  /// How often each number of threads is timed.
  public var repeats: Int
  /// About as many seconds each time takes.
  public var secondsPerRepeat: Double

  /// Measuring the training that `training` describes.
  public init(
    training: TrainingOptions, threads: [Int] = Self.defaultThreads(cpus: CPUBudget.current.cpus),
    modes: Set<ScalingMode> = [.strong, .weak], repeats: Int = 5, secondsPerRepeat: Double = 0.5
  ) {
    self.training = training
    self.threads = threads
    self.modes = modes
    self.repeats = repeats
    self.secondsPerRepeat = secondsPerRepeat
  }

  /// The powers of two up to `cpus`, and `cpus`, as far as there can be so many threads.
  public static func defaultThreads(cpus: Int) -> [Int] {
    let most = max(1, min(cpus, WorkerTeam.mostWorkers))
    return Array(sequence(first: 1) { $0 * 2 < most ? $0 * 2 : nil }) + (most > 1 ? [most] : [])
  }

  /// The numbers of threads in order, each once, beginning with 1.
  var threadCounts: [Int] { Set(threads + [1]).sorted() }

  /// The training options, without what is not looked at.
  var bareTraining: TrainingOptions {
    var options = training
    options.validation = nil
    options.validationFraction = 0
    options.initial = nil
    return options
  }

  /// Throws if there is nothing sensible to measure.
  func check() throws(LockstepError) {
    for count in threads { try ThreadChoice.count(count).check() }
    guard repeats >= 1 else {
      throw LockstepError(
        .usage, "--repeats", "is outside its range", found: "\(repeats)", expected: "1 or more")
    }
    guard secondsPerRepeat > 0, secondsPerRepeat <= Self.mostSeconds else {
      throw LockstepError(
        .usage, "--seconds", "is outside its range", found: "\(secondsPerRepeat)",
        expected: "above 0, up to \(Int(Self.mostSeconds))")
    }
    guard !modes.isEmpty else { throw LockstepError(.usage, "--mode", "names nothing to measure") }
  }

  /// The most seconds of a repeat.
  public static var mostSeconds: Double { 3600 }
}
