import Primitives
import Testing

@testable import Datasets

@Suite("The validation split")
struct SplitTests {
  @Test("keeps aside exactly the part asked for", arguments: [0.01, 0.1, 0.5, 0.9])
  func size(fraction: Double) throws {
    let split = try Split(count: 1000, validationFraction: fraction, seed: 4)
    #expect(split.validationCount == Int(1000 * fraction))
    #expect((0..<1000).count { split.isValidation($0) } == split.validationCount)
  }

  @Test("hands out runs of rows on one side", arguments: [0..<5000, 7..<8, 1000..<3100, 20..<20])
  func runs(rows: Range<Int>) throws {
    let split = try Split(count: 5000, validationFraction: 0.3, seed: 4)
    var next = rows.lowerBound
    split.forEachRun(rows) { run, isValidation in
      #expect(run.lowerBound == next && !run.isEmpty)
      next = run.upperBound
      #expect(run.allSatisfy { split.isValidation($0) == isValidation })
    }
    #expect(next == rows.upperBound)
  }

  @Test("is fixed by the seed")
  func seed() throws {
    func chosen(_ seed: UInt64) throws -> [Bool] {
      let split = try Split(count: 500, validationFraction: 0.2, seed: seed)
      return (0..<500).map { split.isValidation($0) }
    }
    #expect(try chosen(1) == chosen(1))
    #expect(try chosen(1) != chosen(2))
  }

  @Test("refuses to leave one side empty", arguments: [0.0001, 0.9999])
  func empty(fraction: Double) throws {
    let error = #expect(throws: LockstepError.self) {
      try Split(count: 100, validationFraction: fraction, seed: 0)
    }
    #expect(error?.kind == .usage)
  }
}
