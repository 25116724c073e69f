import Primitives

/// What makes two rows the same.
public enum DuplicateKind: String, Sendable, CaseIterable {
  /// Nothing: duplicates are not searched for.
  case none
  /// Equal features.
  case x
  /// Equal features and targets.
  case xy
}

/// Rows that are the same as earlier ones.
public struct Duplicates: Sendable, Equatable {
  /// A row and the first one that is the same.
  public struct Pair: Sendable, Equatable {
    /// The first row with these numbers.
    public var first: Int
    /// The later one.
    public var row: Int
  }

  /// What made rows the same.
  public var kind: DuplicateKind
  /// The number of rows that are the same as an earlier one.
  public internal(set) var rows = 0
  /// The first of them.
  public internal(set) var pairs: [Pair] = []
  /// How often the rows were read to find them.
  public internal(set) var passes: Int
}

/// Finds rows that are the same, in bounded memory, by the XXH3-128 digests of their numbers.
///
/// Where the memory does not hold a digest for each row, the rows are read several times, and each time those are compared whose
/// digests begin alike. So the result is the same for any memory, and wrong only if two different rows have the same digest of
/// 128 bits: among a billion rows with a probability below 2^-68.
///
/// Sorting the digests on the disk would read the rows once, but take room there for all of them.
struct DuplicateSearch {
  private(set) var found: Duplicates
  private let mostPairs: Int
  private var table: DuplicateTable
  private var pass = 0

  /// A search among so many rows with at most `bytes` bytes.
  init(_ kind: DuplicateKind, rows: Int, bytes: Int, mostPairs: Int) {
    // The parts of the rows differ a little in size.
    let capacity = DuplicateTable.capacity(bytes: bytes)
    let share = max(1, capacity - capacity / 16)
    found = Duplicates(kind: kind, passes: rows <= capacity ? 1 : (rows - 1) / share + 1)
    table = DuplicateTable(capacity: min(rows, capacity))
    self.mostPairs = mostPairs
  }

  /// The digests of rows of `features` and `targets` numbers, as `kind` compares them.
  static func digests(
    _ kind: DuplicateKind, _ x: UnsafeBufferPointer<Double>, features: Int, _ y: UnsafeBufferPointer<Double>,
    targets: Int
  ) -> [Digest] {
    guard kind != .none else { return [] }
    let count = x.count / features
    let both = AlignedBuffer<Double>(repeating: 0, count: kind == .xy ? features + targets : 0)
    return (0..<count).map { row in
      let xRow = UnsafeBufferPointer(rebasing: x[row * features..<(row + 1) * features])
      if kind == .x { return Digest(of: xRow) }
      let yRow = y[row * targets..<(row + 1) * targets]
      _ = both.elements.update(fromContentsOf: xRow)
      _ = UnsafeMutableBufferPointer(rebasing: both.elements[features...]).update(fromContentsOf: yRow)
      return Digest(of: UnsafeBufferPointer(both.elements))
    }
  }

  /// Takes in the digests of rows from `start` on. All rows are to be taken in, in order, once in each pass.
  ///
  /// - Throws: ``LockstepError`` of kind `memory` if the digests are not spread as those of numbers are.
  mutating func take(_ digests: [Digest], from start: Int) throws(LockstepError) {
    for (index, digest) in digests.enumerated()
    where digest.high.multipliedFullWidth(by: UInt64(found.passes)).high == UInt64(pass) {
      guard !table.isFull else {
        throw LockstepError(
          .memory, "--memory-budget", "does not hold the digests of the rows that begin alike",
          remedy: "Give more, or leave --duplicates out.")
      }
      let row = start + index
      let first = table.firstRow(of: digest, row: row)
      if first != row { add(Duplicates.Pair(first: first, row: row)) }
    }
  }

  /// Ends a pass over all rows, and tells whether another one is needed.
  mutating func endPass() -> Bool {
    pass += 1
    guard pass < found.passes else { return false }
    table.clear()
    return true
  }

  private mutating func add(_ pair: Duplicates.Pair) {
    found.rows += 1
    // Passes find rows in order, but each begins with the first ones again.
    let place = found.pairs.firstIndex { $0.row > pair.row } ?? found.pairs.count
    guard place < mostPairs else { return }
    found.pairs.insert(pair, at: place)
    if found.pairs.count > mostPairs { found.pairs.removeLast() }
  }
}
