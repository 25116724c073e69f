import Kernels
import Primitives

/// Which rows are kept aside for validation: a fixed number of them, chosen by row index and seed alone.
public struct Split: Sendable, Equatable {
  /// The number of all rows.
  public let count: Int
  /// The number of rows kept aside.
  public let validationCount: Int
  private let permutation: KeyedPermutation

  /// Keeps aside the nearest whole number to `fraction` of `count` rows.
  ///
  /// - Throws: ``LockstepError`` if nothing would be left on one side.
  public init(count: Int, validationFraction fraction: Double, seed: UInt64) throws(LockstepError) {
    let validation = Int((Double(count) * fraction).rounded())
    guard validation > 0, validation < count else {
      throw LockstepError(
        .usage, "--validation-fraction", "leaves no rows for \(validation > 0 ? "training" : "validation")",
        found: "\(fraction) of \(count) rows", remedy: "Choose another fraction or give --validation FILE.")
    }
    self.count = count
    validationCount = validation
    permutation = KeyedPermutation(count: count, random: CounterRandom(seed: seed, purpose: .split))
  }

  /// Whether `row` is kept aside. Constant time.
  public func isValidation(_ row: Int) -> Bool { permutation[row] < validationCount }

  /// Calls `body` with runs of `rows` that are on one side, in order, and whether they are kept aside. About a nanosecond a row.
  func forEachRun(_ rows: Range<Int>, _ body: (Range<Int>, _ isValidation: Bool) -> Void) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: min(rows.count, 1024)) { places in
      var start = rows.lowerBound
      while start < rows.upperBound {
        let count = min(places.count, rows.upperBound - start)
        permutation.copyIndices(
          from: start, into: UnsafeMutableBufferPointer(rebasing: places[..<count]), variant: .current)
        var first = 0
        while first < count {
          let isValidation = places[first] < validationCount
          var end = first + 1
          while end < count, (places[end] < validationCount) == isValidation { end += 1 }
          body(start + first..<start + end, isValidation)
          first = end
        }
        start += count
      }
    }
  }
}
