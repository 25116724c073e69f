import Synchronization

/// A wish to stop training after the step in progress, which any thread or signal handler may express.
public final class StopRequest: Sendable {
  private let flag = Atomic<Bool>(false)

  /// A request that nobody has made yet.
  public init() {}

  /// Asks for the stop.
  public func make() { flag.store(true, ordering: .relaxed) }

  /// Whether a stop was asked for.
  public var isMade: Bool { flag.load(ordering: .relaxed) }
}
