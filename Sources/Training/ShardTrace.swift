import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which thread computed each shard of the last minibatch, and when.
///
/// Each entry is written by the one worker that computes the shard, and read only between segments.
final class ShardTrace: Sendable {
  struct Entry: BitwiseCopyable {
    /// Identifies the thread among those that run.
    var thread: UInt = 0
    /// Nanoseconds of a clock that never goes back.
    var begin: UInt64 = 0
    var end: UInt64 = 0
  }

  let entries: AlignedBuffer<Entry>

  init(shards: Int) { entries = AlignedBuffer(repeating: Entry(), count: shards) }

  func begin(_ shard: Int) {
    entries.elements[shard].thread = UInt(pthread_self())
    entries.elements[shard].begin = monotonicNanoseconds()
  }

  func end(_ shard: Int) { entries.elements[shard].end = monotonicNanoseconds() }
}
