import CallCount
import Lockstep

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Counts the calls that allocate or count references in training steps, and fails if there are any: some steps and ten
/// times as many must take exactly as many calls.
///
/// It is a program because the calls of all threads of a process are counted, and because only optimized builds promise
/// to do without them.
@main struct StepCounts {
  static func main() throws {
    #if DEBUG
      fail(64, "this was built for debugging. Use the build of 'swift build -c release'.")
    #else
      try count()
    #endif
  }

  private static func count() throws {
    guard calls_are_counted() else {
      fail(69, "calls are counted on Linux with glibc only, and not under a sanitizer.")
    }
    print("| work | threads | allocations | retains | releases |")
    print("|---|---|---|---|---|")
    // What is to be counted must be seen: each of these steps makes objects and lets them go, one held by the other.
    let control = Calls.inMore { steps in
      for _ in 0..<steps { _ = Box.make(holding: Box.make(holding: nil)) }
    }
    row("control: objects", threads: 1, control)
    guard control.least >= Calls.moreSteps else { fail(70, "calls are made that are not counted.") }
    var clean = true
    // Trainers live until the end: a team that goes home would be counted in the work that comes next.
    var trainers: [AnyObject] = []
    for work in Work.all {
      for threads in [1, 2, 3] {
        let (calls, trainer) = try work.calls(threads: threads)
        trainers.append(trainer)
        row(work.name, threads: threads, calls)
        if calls != Calls() { clean = false }
      }
    }
    guard clean else {
      fail(1, "a step allocates or counts references. What it needs must be ready before the loop.")
    }
  }

  private static func row(_ name: String, threads: Int, _ calls: Calls) {
    print("| \(name) | \(threads) | \(calls.allocations) | \(calls.retains) | \(calls.releases) |")
  }

  private static func fail(_ status: Int32, _ message: String) -> Never {
    print("error: \(message)")
    exit(status)
  }
}

/// Calls counted.
struct Calls: Equatable {
  var allocations = 0
  var retains = 0
  var releases = 0

  var least: Int { min(allocations, retains, releases) }

  static func - (a: Calls, b: Calls) -> Calls {
    Calls(
      allocations: a.allocations - b.allocations, retains: a.retains - b.retains,
      releases: a.releases - b.releases)
  }

  private static let fewSteps = 30
  /// The steps beyond the few in ten times as many.
  static let moreSteps = 9 * fewSteps
  /// The steps that `inMore` makes in all.
  static let allSteps = 12 * fewSteps

  /// The calls by which ten times the steps differ from a few.
  static func inMore(_ make: (_ steps: Int) throws -> Void) rethrows -> Calls {
    func calls(_ steps: Int) throws -> Calls {
      let before = now
      try make(steps)
      return now - before
    }
    // The first time, threads are started and tables filled.
    _ = try calls(fewSteps)
    let few = try calls(fewSteps)
    return try calls(10 * fewSteps) - few
  }

  private static var now: Calls {
    let calls = calls_so_far()
    return Calls(
      allocations: Int(calls.allocations), retains: Int(calls.retains), releases: Int(calls.releases))
  }
}

/// An object that optimization must not remove: its maker does not know what becomes of it.
private final class Box {
  private let other: Box?

  private init(_ other: Box?) { self.other = other }

  @inline(never) static func make(holding other: Box?) -> Box { Box(other) }
}
