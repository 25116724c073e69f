import Synchronization

/// Hands out the tiles of a step: to each worker first its own, and then those that another one has not begun.
///
/// CPUs are seldom equally fast, and where others use the machine too they change from step to step. A tile is the same sums
/// whoever makes them, so who is done early may help. That a worker begins with its own keeps what a tile touches near
/// its CPU.
final class TileQueue: @unchecked Sendable {
  // Sendable: `places` has atomics alone, which live as long as this object.
  private let workers: Int
  /// For each worker, the first of its tiles that is not taken.
  private let places: UnsafeMutablePointer<Place>

  /// An index with its cache line, and the line that is fetched with it, to itself.
  private struct Place: ~Copyable {
    let next = Atomic<Int>(.max)
    private let padding0 = SIMD16<UInt64>()
    private let padding1 = SIMD8<UInt64>()
  }

  /// A queue for up to `workers` workers, without tiles.
  init(workers: Int) {
    precondition(workers > 0)
    self.workers = workers
    places = .allocate(capacity: workers)
    for worker in 0..<workers { (places + worker).initialize(to: Place()) }
  }

  deinit {
    places.deinitialize(count: workers)
    places.deallocate()
  }

  /// Offers the tiles of `worker`, of which the first is `first`. A barrier is between this and every call of
  /// ``take(of:before:)``, before it and after it.
  @inline(__always) func offer(first: Int, of worker: Int) {
    places[worker].next.store(first, ordering: .relaxed)
  }

  /// A tile of `worker` that nobody has taken since it was offered, of those before `end`; nil if there is none.
  ///
  /// Nothing is read that another worker wrote since the barrier: the order of other memory does not matter.
  @inline(__always) func take(of worker: Int, before end: Int) -> Int? {
    // Without the look, those who find nothing would count on and on.
    guard places[worker].next.load(ordering: .relaxed) < end else { return nil }
    let index = places[worker].next.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < end ? index : nil
  }
}
