#if canImport(Glibc)
  import Glibc
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

  /// The number of elements.
  @inlinable public var count: Int { elements.count }

  /// Allocates `count` elements, all equal to `value`.
  public init(repeating value: Element, count: Int) {
    precondition(count >= 0)
    // One line more than needed keeps neighbouring allocations off the last line of this one.
    let bytes = count * MemoryLayout<Element>.stride + Self.alignment
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: bytes < Self.hugePage ? Self.alignment : Self.hugePage)
    #if canImport(Glibc)
      // Rows of wide matrices lie in a page each: with small pages, their addresses alone overflow the CPU's tables.
      if bytes >= Self.hugePage { _ = madvise(raw, bytes / Self.hugePage * Self.hugePage, MADV_HUGEPAGE) }
    #endif
    let base = raw.bindMemory(to: Element.self, capacity: count)
    base.initialize(repeating: value, count: count)
    elements = UnsafeMutableBufferPointer(start: base, count: count)
  }

  /// Allocates a copy of `values`.
  public convenience init(_ values: some Collection<Element>, filler: Element) {
    self.init(repeating: filler, count: values.count)
    _ = elements.update(fromContentsOf: values)
  }

  deinit {
    UnsafeMutableRawPointer(elements.baseAddress)?.deallocate()
  }
}

extension AlignedBuffer {
  /// The elements as an array.
  public var array: [Element] { Array(elements) }
}
