import Primitives
import Testing

@testable import Datasets

@Suite("The search for duplicates")
struct DuplicateSearchTests {
  /// Some thousand rows of two numbers and a target, of which many are the same; the target tells some of them apart.
  static let rows: [[Double]] = (0..<6007).map { row in
    let random = CounterRandom(seed: 5, purpose: .testing)
    let kind = Double(Int(random.uniforms(UInt64(row)).0 * 4000))
    return [kind, -kind / 3, Double(row % 2)]
  }

  /// What comparing each row with a dictionary of those before finds.
  static func reference(_ width: Int) -> [Duplicates.Pair] {
    var seen: [[UInt64]: Int] = [:]
    var pairs: [Duplicates.Pair] = []
    for (row, values) in rows.enumerated() {
      let key = values.prefix(width).map(\.bitPattern)
      if let first = seen[key] {
        pairs.append(Duplicates.Pair(first: first, row: row))
      } else {
        seen[key] = row
      }
    }
    return pairs
  }

  func search(_ kind: DuplicateKind, bytes: Int, pieces: Int, most: Int = 10) throws -> Duplicates {
    var search = DuplicateSearch(kind, rows: Self.rows.count, bytes: bytes, mostPairs: most)
    let x = AlignedBuffer(Self.rows.flatMap { $0.prefix(2) }, filler: 0)
    let y = AlignedBuffer(Self.rows.map { $0[2] }, filler: 0)
    repeat {
      for start in stride(from: 0, to: Self.rows.count, by: pieces) {
        let end = min(start + pieces, Self.rows.count)
        let digests = DuplicateSearch.digests(
          kind, UnsafeBufferPointer(rebasing: x.elements[2 * start..<2 * end]), features: 2,
          UnsafeBufferPointer(rebasing: y.elements[start..<end]), targets: 1)
        try search.take(digests, from: start)
      }
    } while search.endPass()
    withExtendedLifetime((x, y)) {}
    return search.found
  }

  @Test(
    "finds what a dictionary finds, in whatever memory and pieces",
    arguments: [DuplicateKind.x, .xy], [1 << 20, 120_000, 40_000])
  func reference(kind: DuplicateKind, bytes: Int) throws {
    let expected = Self.reference(kind == .x ? 2 : 3)
    for (pieces, most) in [(1, 10), (1000, 10), (6007, 10_000)] {
      let found = try search(kind, bytes: bytes, pieces: pieces, most: most)
      #expect(found.rows == expected.count && found.pairs == Array(expected.prefix(most)))
      #expect(found.passes == (bytes == 1 << 20 ? 1 : bytes == 120_000 ? 2 : 5))
    }
  }

  @Test("takes rows that are all the same in no memory at all")
  func allTheSame() throws {
    var search = DuplicateSearch(.x, rows: 1000, bytes: 1, mostPairs: 2)
    let digest = Digest(of: UnsafeBufferPointer<Double>(start: nil, count: 0))
    repeat { try search.take(Array(repeating: digest, count: 1000), from: 0) } while search.endPass()
    #expect(search.found.rows == 999)
    #expect(search.found.pairs == [.init(first: 0, row: 1), .init(first: 0, row: 2)])
  }

  @Test("ends with an error instead of searching for ever if digests are not spread")
  func crowding() throws {
    var search = DuplicateSearch(.x, rows: 1000, bytes: 3000, mostPairs: 2)
    #expect(search.found.passes > 5)
    let digests = try (0..<1000).map { row in
      let digits = String(row)
      return try #require(Digest(String(repeating: "0", count: 32 - digits.count) + digits))
    }
    #expect(throws: LockstepError.self) { try search.take(digests, from: 0) }
  }

  @Test("needs no more memory than it is given")
  func memory() {
    for bytes in [1000, 1 << 16, 64 << 20] {
      let capacity = DuplicateTable.capacity(bytes: bytes)
      #expect((capacity / 4 * 5) * DuplicateTable.placeBytes <= bytes)
    }
  }
}
