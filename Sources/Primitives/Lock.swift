internal import CPlatform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lets one thread at a time do something that takes a fraction of a microsecond, as a rule.
///
/// Who finds it taken tries again for about as long before it sleeps: to be woken takes a hundred times as long, and a serial
/// Dispatch queue puts threads to sleep at once. (`Synchronization.Mutex` would do, but the thread sanitizer does not understand it.)
public final class Lock: @unchecked Sendable {
  // Sendable: a mutex is made for use by many threads. It is initialised before the first use and destroyed with the last reference;
  // its address never changes.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  /// A lock that nobody has.
  public init() {
    mutex.initialize(to: pthread_mutex_t())
    platform_init_patient_mutex(mutex)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` while no other thread runs what it gave to this.
  @inline(__always) public func withLock<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
