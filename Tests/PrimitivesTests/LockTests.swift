import Dispatch
import Primitives
import Testing

@Suite("A lock")
struct LockTests {
  /// Numbers that are no atomics.
  private final class Counts: @unchecked Sendable {
    // Sendable: used with the lock held alone.
    var sum = 0
    var inside = 0
    var most = 0
  }

  @Test("lets one thread at a time do what it guards")
  func oneAtATime() {
    let (lock, counts) = (Lock(), Counts())
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<20_000 {
        lock.withLock {
          counts.inside += 1
          counts.most = max(counts.most, counts.inside)
          counts.sum += 1
          counts.inside -= 1
        }
      }
    }
    #expect(counts.sum == 160_000 && counts.most == 1)
  }

  @Test("gives what was made with it held")
  func result() {
    #expect(Lock().withLock { 7 } == 7)
  }
}
