#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory for `count` numbers, aligned to a cache line, that lives as long as this object.
///
/// The training step works on such memory instead of arrays: no uniqueness check, no exclusivity check and no
/// reference counting stand between a worker and its numbers.
///
/// It is `Sendable` although it is mutable and unlocked: it is only memory. Which thread may touch which part
/// at which time is an invariant of the object that owns the buffer, stated there.
public final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
  /// The alignment of the first element in bytes: one cache line, and the widest vector.
  public static var alignment: Int { 64 }

  /// The size of a huge page: buffers as large begin at one.
  private static var hugePage: Int { 1 << 21 }

  /// All elements. Invariant: initialised from `init` until `deinit`, never reallocated.
  public let elements: UnsafeMutableBufferPointer<Element>

  /// The pages that hold them, if they are this object's own.
  private let mapping: UnsafeMutableRawBufferPointer?

  /// The number of elements.
  @inlinable public var count: Int { elements.count }

  /// Allocates `count` elements, all equal to `value`.
  public init(repeating value: Element, count: Int) {
    precondition(count >= 0)
    // One line more than needed keeps neighbouring allocations off the last line of this one.
    let bytes = count * MemoryLayout<Element>.stride + Self.alignment
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: bytes < Self.hugePage ? Self.alignment : Self.hugePage)
    Self.takeHugePages(raw, bytes)
    let base = raw.bindMemory(to: Element.self, capacity: count)
    Self.fill(base, count, with: value)
    elements = UnsafeMutableBufferPointer(start: base, count: count)
    mapping = nil
  }

  /// Initialises `count` elements at `base`. Here, where their type is not known, copying them one by one takes a call for each;
  /// so what is there is copied again and again, in pieces that stay in the first cache.
  private static func fill(_ base: UnsafeMutablePointer<Element>, _ count: Int, with value: Element) {
    guard count > 0 else { return }
    base.initialize(to: value)
    let most = max(1, 8192 / MemoryLayout<Element>.stride)
    var done = 1
    while done < count {
      let next = min(done, most, count - done)
      // Elements are plain bytes, and the first `done` of them are there.
      memcpy(base + done, base, next * MemoryLayout<Element>.stride)
      done += next
    }
  }

  /// Allocates `count` elements whose bytes are all zero, without touching them: the system gives zeroed pages when they are first
  /// used, to the thread that does.
  ///
  /// - Throws: ``LockstepError`` of kind `memory` if there is no room for them.
  public init(zeros count: Int) throws(LockstepError) {
    precondition(count >= 0)
    let size = count * MemoryLayout<Element>.stride + Self.hugePage
    let raw = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let raw, raw != MAP_FAILED else {
      throw LockstepError(
        .memory, "samples", "there is no room in memory for them", found: "\(size) bytes",
        remedy: "Choose a smaller --memory-budget, so that they are read as they are needed.")
    }
    mapping = UnsafeMutableRawBufferPointer(start: raw, count: size)
    let start = raw.alignedUp(toMultipleOf: Self.hugePage)
    Self.takeHugePages(start, size - Self.hugePage)
    // All bits zero are a value of any type of plain bits.
    elements = UnsafeMutableBufferPointer(
      start: start.bindMemory(to: Element.self, capacity: count), count: count)
  }

  /// Asks for huge pages: rows of wide matrices lie in a page each otherwise, whose addresses alone overflow the CPU's tables.
  private static func takeHugePages(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
    #if canImport(Glibc)
      if bytes >= hugePage { _ = madvise(start, bytes / hugePage * hugePage, MADV_HUGEPAGE) }
    #endif
  }

  /// Allocates a copy of `values`.
  public convenience init(_ values: some Collection<Element>, filler: Element) {
    self.init(repeating: filler, count: values.count)
    _ = elements.update(fromContentsOf: values)
  }

  deinit {
    if let mapping {
      munmap(mapping.baseAddress, mapping.count)
    } else {
      UnsafeMutableRawPointer(elements.baseAddress)?.deallocate()
    }
  }
}

extension AlignedBuffer {
  /// The elements as an array.
  public var array: [Element] { Array(elements) }
}
