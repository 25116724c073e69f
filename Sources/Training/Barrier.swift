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
final class Barrier: Sendable {
  private let parties: UInt32
  private let spinNanoseconds: UInt64
  // Each counter has its cache line, and the line that is fetched with it, to itself.
  private let padding0 = SIMD16<UInt64>()
  private let arrived = Atomic<UInt32>(0)
  private let padding1 = SIMD16<UInt64>()
  private let phase = Atomic<UInt32>(0)
  private let padding2 = SIMD16<UInt64>()
  private let parked = Atomic<UInt32>(0)
  private let padding3 = SIMD16<UInt64>()
  private let parkingLot = ParkingLot()

  /// A barrier of `parties` threads that spin for `spinNanoseconds` before they park.
  init(parties: Int, spinNanoseconds: UInt64) {
    precondition(parties > 0)
    self.parties = UInt32(parties)
    self.spinNanoseconds = spinNanoseconds
  }

  /// Waits until all parties have called this.
  func wait() {
    let current = phase.load(ordering: .relaxed)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == parties {
      arrived.store(0, ordering: .relaxed)
      phase.store(current &+ 1, ordering: .sequentiallyConsistent)
      // Sequential consistency pairs this with `park`: either the parking thread sees the new phase, or it is seen here.
      if parked.load(ordering: .sequentiallyConsistent) > 0 { parkingLot.wakeAll() }
      return
    }
    if spinNanoseconds == 0 || !spin(while: current) { park(while: current) }
  }

  /// Spins until the phase is no longer `current`; false if the time for it has passed.
  private func spin(while current: UInt32) -> Bool {
    var deadline: UInt64 = 0
    while true {
      for _ in 0..<64 {
        if phase.load(ordering: .acquiring) != current { return true }
        platform_pause()
      }
      let now = monotonicNanoseconds()
      if deadline == 0 { deadline = now + spinNanoseconds }
      if now > deadline { return false }
    }
  }

  private func park(while current: UInt32) {
    parked.add(1, ordering: .sequentiallyConsistent)
    parkingLot.sleep { phase.load(ordering: .sequentiallyConsistent) == current }
    parked.subtract(1, ordering: .sequentiallyConsistent)
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
