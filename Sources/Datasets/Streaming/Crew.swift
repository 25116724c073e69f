/// Threads that do one job after the other together, and are quick to begin: the workers that train, when they have no rows yet.
public protocol Crew: Sendable {
  /// How many there are, the caller included.
  var count: Int { get }
  /// Runs `body` on all of them, each with its number, the caller being 0, and returns when all are done. Calls must not overlap.
  func run(_ body: (_ worker: Int) -> Void)
}
