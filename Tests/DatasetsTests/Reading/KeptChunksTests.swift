import Primitives
import Testing

@testable import Datasets

@Suite("Chunks that are decoded once")
struct KeptChunksTests {
  /// Decodes chunk `number` for one of its ranges: its bytes are all that number.
  ///
  /// - Returns: whether it had to be decoded.
  func take(_ number: Int, _ kept: KeptChunks) -> Bool {
    defer { kept.wasTaken(number) }
    if let bytes = kept.bytes(of: number) {
      #expect(bytes.elements.allSatisfy { $0 == UInt8(number) })
      return false
    }
    if let place = kept.place(for: number) {
      place.elements.update(repeating: UInt8(number))
      kept.keep(place, as: number)
    }
    return true
  }

  @Test("are there until all ranges that were announced were taken")
  func announced() throws {
    let kept = try #require(KeptChunks(chunkBytes: 100, bytes: 400))
    for _ in 0..<20 {
      for _ in 0..<3 { kept.announce(1...3) }
      #expect((1...3).map { take($0, kept) } == [true, true, true])
      #expect((1...3).map { take($0, kept) } == [false, false, false])
      // The next ones may be announced before that.
      kept.announce(3...4)
      #expect((1...3).map { take($0, kept) } == [false, false, false])
      #expect(!take(3, kept) && take(4, kept))
      #expect((1...4).allSatisfy { kept.bytes(of: $0) == nil })
    }
  }

  @Test("are those for which there is room")
  func room() throws {
    let kept = try #require(KeptChunks(chunkBytes: 100, bytes: 250))
    for _ in 0..<20 {
      for _ in 0..<3 { kept.announce(0..<4) }
      #expect((0..<4).map { take($0, kept) } == [true, true, true, true])
      #expect((0..<4).map { take($0, kept) } == [false, false, true, true])
      #expect((0..<4).map { take($0, kept) } == [false, false, true, true])
    }
    #expect(KeptChunks(chunkBytes: 100, bytes: 99) == nil && KeptChunks(chunkBytes: 0, bytes: 99) == nil)
  }

  @Test("are decoded as seldom as can be", arguments: 1...5, 0..<4 as Range<UInt64>)
  func fewest(room: Int, seed: UInt64) throws {
    let kept = try #require(KeptChunks(chunkBytes: 10, bytes: 10 * room))
    let random = CounterRandom(seed: seed, purpose: .testing)
    let wanted = (0..<100).map { Int(random.block($0)[0] % 6) }
    kept.announce(wanted)
    #expect(wanted.count { take($0, kept) } == Self.leastDecoded(wanted, room: room))
    #expect((0..<6).allSatisfy { kept.bytes(of: $0) == nil })
  }

  /// How often chunks must be decoded at least, from all sets of at most `room` chunks that could be kept after each.
  static func leastDecoded(_ wanted: [Int], room: Int) -> Int {
    var least: [Set<Int>: Int] = [[]: 0]
    for number in wanted {
      var next: [Set<Int>: Int] = [:]
      for (held, count) in least {
        let count = held.contains(number) ? count : count + 1
        let all = held.union([number])
        let choices = all.count <= room ? [all] : all.map { all.subtracting([$0]) }
        for choice in choices { next[choice] = min(next[choice] ?? .max, count) }
      }
      least = next
    }
    return least.values.min() ?? 0
  }

  @Test("are those that are wanted sooner, whoever came first")
  func soonest() throws {
    let kept = try #require(KeptChunks(chunkBytes: 100, bytes: 100))
    kept.announce([1, 2, 3, 2, 3, 1])
    #expect(take(1, kept) && kept.bytes(of: 1) != nil)
    #expect(take(2, kept) && kept.bytes(of: 1) == nil && kept.bytes(of: 2) != nil)
    #expect(take(3, kept) && kept.bytes(of: 3) == nil)
    #expect(!take(2, kept))
    #expect(take(3, kept) && take(1, kept))
  }

  @Test("are not those that nobody wants again, or that could not be decoded")
  func unwanted() throws {
    let kept = try #require(KeptChunks(chunkBytes: 100, bytes: 100))
    #expect(kept.place(for: 7) == nil)
    #expect(take(7, kept) && take(7, kept))
    kept.announce([7])
    #expect(kept.place(for: 7) == nil && take(7, kept))
    kept.announce([7, 8, 8])
    #expect(kept.place(for: 7) == nil)
    let place = try #require(kept.place(for: 8))
    // The room is taken, but nothing is there yet.
    #expect(kept.bytes(of: 8) == nil && kept.place(for: 8) == nil)
    _ = place
    kept.keep(nil, as: 8)
    #expect(take(8, kept) && !take(8, kept))
  }

  @Test("belong to whoever reads them as long as he does")
  func reading() throws {
    let kept = try #require(KeptChunks(chunkBytes: 100, bytes: 100))
    kept.announce([5, 5])
    #expect(take(5, kept))
    let bytes = try #require(kept.bytes(of: 5))
    kept.wasTaken(5)
    kept.announce([6, 6])
    #expect(take(6, kept) && !take(6, kept))
    #expect(bytes.elements.allSatisfy { $0 == 5 })
  }
}
