internal import CPlatform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads of one file past the system's cache, many under way at a time, while the program does something else.
///
/// A file that is larger than the memory gains nothing from the cache: to make room for each page and to copy it takes more of the
/// CPU than all the rest of reading. The system's native asynchronous reads are used (`io_submit`), which containers allow, other
/// than io_uring. Used by one thread at a time.
public final class DirectReads {
  /// What places in memory and in the file, and sizes, are multiples of.
  public static var alignment: Int { 4096 }

  /// A read to begin.
  public struct Read {
    /// The first byte in the file.
    public var offset: Int
    /// Where in the memory the bytes go.
    public var place: Range<Int>
    /// What tells it from other reads.
    public var tag: Int

    /// A read; see the properties.
    public init(at offset: Int, into place: Range<Int>, tag: Int) {
      (self.offset, self.place, self.tag) = (offset, place, tag)
    }
  }

  /// What became of a read.
  public struct End {
    /// The tag of the read.
    public var tag: Int
    /// How many bytes it got: fewer than wanted at the end of the file, negative if it failed.
    public var count: Int
  }

  /// Where reads put their bytes. Those of a read that is under way are the system's.
  public let memory: UnsafeMutableRawBufferPointer
  private let descriptor: Int32
  private let queue: UInt

  /// A queue of at most `depth` reads of the file that is open as `descriptor`, into memory of `bytes` bytes; nil where the system
  /// or the file system has none.
  public init?(_ descriptor: Int32, depth: Int, bytes: Int) {
    let direct = platform_open_direct(descriptor)
    guard direct >= 0 else { return nil }
    var queue: UInt = 0
    guard platform_reads_open(Int32(depth), &queue) == 0 else {
      close(direct)
      return nil
    }
    (self.descriptor, self.queue) = (direct, queue)
    memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: Self.alignment)
    // A read may fail, and who looks at its bytes all the same shall find something there.
    _ = memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    // Waits for all reads that are under way: nothing writes to the memory after that.
    platform_reads_close(queue)
    close(descriptor)
    memory.deallocate()
  }

  /// Begins reads, in order.
  ///
  /// - Returns: how many, from the first on: the system does not take more now.
  /// - Precondition: offsets and places are multiples of ``alignment``; the places lie in the memory, and no other read that is
  ///   under way has a part of them.
  public func begin(_ reads: [Read]) -> Int {
    let all = reads.map { read in
      precondition(read.offset % Self.alignment == 0 && read.place.lowerBound % Self.alignment == 0)
      precondition(read.place.count % Self.alignment == 0)
      let place = UnsafeMutableRawBufferPointer(rebasing: memory[read.place])
      return platform_read(
        memory: place.baseAddress, count: Int64(place.count), offset: Int64(read.offset), tag: Int32(read.tag)
      )
    }
    var begun = 0
    all.withUnsafeBufferPointer { all in
      while begun < all.count {
        let rest = UnsafeBufferPointer(rebasing: all[begun...])
        let count = platform_reads_begin(queue, descriptor, rest.baseAddress, Int32(min(rest.count, 64)))
        guard count > 0 else { break }
        begun += Int(count)
      }
    }
    return begun
  }

  /// Waits until a read has ended, and returns what became of those that have; none if no read is under way.
  public func end() -> [End] {
    withUnsafeTemporaryAllocation(of: platform_read_end.self, capacity: 64) { ends in
      let count = Int(platform_reads_end(queue, 1, ends.baseAddress, 64))
      return ends[..<count].map { End(tag: Int($0.tag), count: Int($0.count)) }
    }
  }
}
