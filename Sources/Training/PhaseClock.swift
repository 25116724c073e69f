import CPlatform
import Primitives

/// What a worker does with its time in a training step.
public enum TrainingPhase: Int, Sendable, CaseIterable {
  /// Waits for data: works out which rows are next and collects them.
  case data
  /// Runs the network forward, and computes the loss.
  case forward
  /// Runs it backward: the derivatives by activations and by parameters.
  case backward
  /// Both at once: small networks do it in one pass over the rows, which they also collect on the way.
  case gradient
  /// Waits for the other workers.
  case barrier
  /// Adds up gradients and applies the optimizer.
  case update
}

/// How the workers spent their time in some steps, in the CPU's ticks.
///
/// Each worker writes its own entries; they are read between segments only.
final class PhaseTimes: Sendable {
  /// Two cache lines a worker: where it stands, then one sum a phase.
  fileprivate static var stride: Int { 16 }

  let workers: Int
  private let cells: AlignedBuffer<UInt64>

  /// No time spent yet by any of `workers` workers.
  init(workers: Int) {
    precondition(TrainingPhase.allCases.count < Self.stride)
    self.workers = workers
    cells = AlignedBuffer(repeating: 0, count: workers * Self.stride)
  }

  /// The parts of `elapsed` ticks that each worker spent in each phase.
  func shares(of elapsed: UInt64) -> [PhaseShares] {
    (0..<workers).map { worker in
      PhaseShares(
        ticks: TrainingPhase.allCases.map { cells.elements[worker * Self.stride + 1 + $0.rawValue] },
        elapsed: elapsed)
    }
  }

  /// The clock for `worker`, valid as long as this object.
  func clock(for worker: Int) -> PhaseClock {
    precondition((0..<workers).contains(worker))
    return PhaseClock(cells: cells.elements.baseAddress.map { $0 + worker * Self.stride })
  }
}

/// Tells how long the phases of a worker's steps take, if anybody wants to know: nothing but a comparison otherwise.
///
/// A plain value, for loops in which nothing counts references.
struct PhaseClock: BitwiseCopyable {
  /// See ``PhaseTimes``; nil if nobody wants to know.
  fileprivate let cells: UnsafeMutablePointer<UInt64>?

  /// A clock that nobody looks at.
  static var off: PhaseClock { PhaseClock(cells: nil) }

  /// The first phase begins now.
  @inline(__always) func start() {
    if let cells { cells[0] = platform_ticks() }
  }

  /// `phase` ends now: the time since the end of the one before was spent in it.
  @inline(__always) func mark(_ phase: TrainingPhase) {
    guard let cells else { return }
    let now = platform_ticks()
    cells[1 + phase.rawValue] &+= now &- cells[0]
    cells[0] = now
  }
}
