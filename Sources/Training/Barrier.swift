import CPlatform
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A meeting point of a fixed number of threads: each waits until all have arrived.
///
/// What a thread wrote before it arrived, all threads see after they leave. A waiting thread spins for a while, since the
/// others are usually a fraction of a microsecond away, and then parks, so that it does not burn a CPU that the others
/// may need. A fork and join of a Dispatch group in its place costs tens of microseconds.
///
/// Each party counts its arrivals where nobody else writes, and reads what the others count: one journey of a cache line
/// between two CPUs, where a common counter takes one for each party and another for the news that all are there.
final class Barrier: @unchecked Sendable {
  // Sendable: `arrivals` has atomics alone, which live as long as this object.
  private let parties: Int
  private let spinNanoseconds: UInt64
  /// How often each party has arrived.
  private let arrivals: UnsafeMutablePointer<Arrivals>
  private let parked = Atomic<UInt32>(0)
  private let parkingLot = ParkingLot()

  /// A count with its cache line, and the line that is fetched with it, to itself.
  private struct Arrivals: ~Copyable {
    let count = Atomic<UInt32>(0)
    private let padding0 = SIMD16<UInt64>()
    private let padding1 = SIMD8<UInt64>()
  }

  /// A barrier of `parties` threads that spin for `spinNanoseconds` before they park.
  init(parties: Int, spinNanoseconds: UInt64) {
    precondition(parties > 0)
    self.parties = parties
    self.spinNanoseconds = spinNanoseconds
    arrivals = .allocate(capacity: parties)
    for party in 0..<parties { (arrivals + party).initialize(to: Arrivals()) }
  }

  deinit {
    arrivals.deinitialize(count: parties)
    arrivals.deallocate()
  }

  /// Waits until all parties have called this, as `party`, a number of its own below that of the parties.
  @inline(__always) func wait(as party: Int) { wait(arrive(as: party)) }

  /// Tells the others that `party` is there, and what they may see is written; the result is to be handed to ``wait(_:)``. In
  /// between there is time for what nobody else reads.
  @inline(__always) func arrive(as party: Int) -> UInt32 {
    let phase = arrivals[party].count.load(ordering: .relaxed) &+ 1
    arrivals[party].count.store(phase, ordering: .releasing)
    return phase
  }

  /// Waits until all have arrived for `phase`.
  func wait(_ phase: UInt32) {
    if !spin(until: phase) { park(until: phase) }
    // The fences here and in `park` are in some order. If this one is first, then who parks sees what was seen here: that all
    // have arrived. If not, `parked` tells of it. And not all can park: whose fence is last sees all others.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if parked.load(ordering: .relaxed) > 0 { parkingLot.wakeAll() }
  }

  /// Whether all parties from number `first` on have arrived for `phase`; moves `first` on to the first that has not.
  @inline(__always) private func haveArrived(_ phase: UInt32, from first: inout Int) -> Bool {
    while first < parties {
      // Others may be a phase ahead, and counts may wrap.
      if Int32(bitPattern: arrivals[first].count.load(ordering: .acquiring) &- phase) < 0 { return false }
      first += 1
    }
    return true
  }

  /// Spins until all have arrived for `phase`; false if the time for it has passed.
  private func spin(until phase: UInt32) -> Bool {
    var first = 0
    var deadline: UInt64 = 0
    if spinNanoseconds == 0 { return haveArrived(phase, from: &first) }
    // At first without pauses, each of which takes as long as a cache line's journey.
    for _ in 0..<128 { if haveArrived(phase, from: &first) { return true } }
    while true {
      for _ in 0..<64 {
        if haveArrived(phase, from: &first) { return true }
        platform_pause()
      }
      let now = monotonicNanoseconds()
      if deadline == 0 { deadline = now + spinNanoseconds }
      if now > deadline { return false }
    }
  }

  private func park(until phase: UInt32) {
    parked.add(1, ordering: .relaxed)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    parkingLot.sleep {
      var first = 0
      return !haveArrived(phase, from: &first)
    }
    parked.subtract(1, ordering: .relaxed)
  }
}

/// Where threads sleep until they are woken: a mutex and a condition variable.
private final class ParkingLot: @unchecked Sendable {
  // Sendable: the two objects are made for use by many threads, are initialised before the first use and destroyed with
  // the last reference; their addresses never change.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func sleep(while condition: () -> Bool) {
    pthread_mutex_lock(mutex)
    while condition() { pthread_cond_wait(self.condition, mutex) }
    pthread_mutex_unlock(mutex)
  }

  func wakeAll() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }
}

/// The time of a clock that never goes back.
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
