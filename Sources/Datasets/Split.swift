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
}
