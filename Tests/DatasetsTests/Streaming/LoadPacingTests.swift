import Testing

@testable import Datasets

@Suite("The pacing of loads")
struct LoadPacingTests {
  /// Records windows of 1,000 rows that take so many nanoseconds a row by each way, and returns the ways taken.
  func ways(_ pacing: inout LoadPacing, windows: Int, ahead: Double, inTurn: Double) -> [LoadPacing.Way] {
    (0..<windows).map { _ in
      let way = pacing.way
      pacing.record(rows: 1000, nanoseconds: 1000 * (way == .ahead ? ahead : inTurn))
      return way
    }
  }

  @Test("tries both ways, and then keeps to the faster one", arguments: [LoadPacing.Way.ahead, .inTurn])
  func choice(faster: LoadPacing.Way) {
    var pacing = LoadPacing()
    let (ahead, inTurn) = faster == .ahead ? (5000.0, 6000.0) : (6000.0, 5000.0)
    let first = ways(&pacing, windows: 8, ahead: ahead, inTurn: inTurn)
    #expect(first.contains(.ahead) && first.contains(.inTurn))
    #expect(ways(&pacing, windows: 50, ahead: ahead, inTurn: inTurn).allSatisfy { $0 == faster })
  }

  @Test("finds out when the other way becomes the faster one")
  func change() {
    var pacing = LoadPacing()
    _ = ways(&pacing, windows: 60, ahead: 5000, inTurn: 6000)
    #expect(pacing.way == .ahead)
    let later = ways(&pacing, windows: 200, ahead: 5000, inTurn: 4000)
    #expect(later.suffix(50).filter { $0 == .inTurn }.count >= 45)
  }

  @Test("gives the slower way few of many windows")
  func cost() {
    var pacing = LoadPacing()
    let ways = ways(&pacing, windows: 1000, ahead: 9000, inTurn: 5000)
    #expect(ways.filter { $0 == .ahead }.count < 60)
  }

  @Test("measures short windows for as long as it takes")
  func shortWindows() {
    var pacing = LoadPacing()
    // A trial of ten milliseconds is a thousand windows of ten microseconds, and one that does not count.
    #expect(ways(&pacing, windows: 1001, ahead: 20, inTurn: 10).allSatisfy { $0 == .inTurn })
    #expect(pacing.way == .ahead)
  }
}
