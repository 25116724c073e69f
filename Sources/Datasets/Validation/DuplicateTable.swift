import Primitives

/// Digests and the first row that had each, in memory of a fixed size: open addressing with linear probing.
struct DuplicateTable {
  private let digests: AlignedBuffer<SIMD2<UInt64>>
  /// The row of each place's digest; -1 where there is none.
  private let rows: AlignedBuffer<Int>
  private var count = 0

  /// The bytes of a place.
  static var placeBytes: Int { MemoryLayout<SIMD2<UInt64>>.stride + MemoryLayout<Int>.stride }

  /// The digests that so many bytes have room for: four fifths of the places, beyond which searching becomes slow.
  static func capacity(bytes: Int) -> Int { max(1, bytes / placeBytes / 5 * 4) }

  /// A table with room for `capacity` digests and a few more.
  init(capacity: Int) {
    let places = capacity / 4 * 5 + 8
    digests = AlignedBuffer(repeating: SIMD2(0, 0), count: places)
    rows = AlignedBuffer(repeating: -1, count: places)
  }

  /// Whether there is room for another digest, and always for a place that is empty.
  var isFull: Bool { count + 4 >= rows.count }

  /// Forgets everything.
  mutating func clear() {
    rows.elements.update(repeating: -1)
    count = 0
  }

  /// The row that `digest` was first seen with, which is `row` if it was not seen before.
  ///
  /// - Precondition: the table is not full.
  mutating func firstRow(of digest: Digest, row: Int) -> Int {
    let key = SIMD2(digest.high, digest.low)
    // Scaled to the places by the lower half; the upper one decides the part of the rows that this table is for.
    var place = Int(digest.low.multipliedFullWidth(by: UInt64(rows.count)).high)
    while rows.elements[place] >= 0 {
      if digests.elements[place] == key { return rows.elements[place] }
      place = place + 1 == rows.count ? 0 : place + 1
    }
    digests.elements[place] = key
    rows.elements[place] = row
    count += 1
    return row
  }
}
