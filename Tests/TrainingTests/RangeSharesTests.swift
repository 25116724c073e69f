import Testing

@testable import Training

@Suite("Ranges of work")
struct RangeSharesTests {
  @Test("deal out whole units, all there are", arguments: 1...9, [1, 7, 8, 9, 1000])
  func slices(workers: Int, count: Int) {
    let slices = (0..<workers).map { Range(worker: $0, of: workers, count: count, unit: 8) }
    #expect(slices.flatMap { Array($0) } == Array(0..<count))
    #expect(slices.allSatisfy { $0.lowerBound % 8 == 0 || $0.isEmpty })
    let units = slices.map { ($0.count + 7) / 8 }
    #expect((units.max() ?? 0) - (units.min() ?? 0) <= 1)
  }

  @Test("fall into pieces that follow each other, and the last may be shorter") func pieces() {
    var pieces: [Range<Int>] = []
    (3..<12).forEachPiece(of: 4) { pieces.append($0) }
    #expect(pieces == [3..<7, 7..<11, 11..<12])
    (5..<5).forEachPiece(of: 4) { _ in Issue.record("there is nothing") }
  }
}
