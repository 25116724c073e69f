/// A permutation of 0..<count, chosen by a key and computed index by index in constant time and no memory.
///
/// It is a Feistel network over a rectangle of about sqrt(count) by sqrt(count) cells, alternately adding to
/// the row a hash of the column and to the column a hash of the row; cells beyond `count` are walked over
/// (J. Black, P. Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002). Since the rectangle exceeds
/// `count` by less than one row and one column, the walk almost never takes a second step.
///
/// Rejected: an array shuffled by Fisher and Yates. It needs memory for every row and cannot seek.
public struct KeyedPermutation: Sendable, Equatable, BitwiseCopyable {
  /// The number of indices permuted.
  public let count: Int
  /// The rectangle: `height * width >= count`.
  public let height: UInt32
  /// See `height`.
  public let width: UInt32
  /// One key for each of the four or six rounds; the others are spare. (With four rounds of good functions nobody can tell it from a random
  /// permutation, forwards or backwards: M. Luby, C. Rackoff, "How to construct pseudorandom permutations from
  /// pseudorandom functions", 1988.)
  public let keys: SIMD8<UInt32>

  /// The permutation of `count` indices that `random`'s stream selects: the one of many that `index` counts.
  ///
  /// - Precondition: `count` is at most 2^62.
  public init(count: Int, random: CounterRandom, index: UInt64 = 0) {
    precondition(count >= 0 && count <= 1 << 62)
    self.count = count
    var side = UInt64(Double(count).squareRoot())
    while side * side < UInt64(count) { side += 1 }
    width = UInt32(max(side, 1))
    height = UInt32((UInt64(count) + UInt64(width) - 1) / UInt64(width)).clamped(atLeast: 1)
    keys = SIMD8(lowHalf: random.block(2 &* index), highHalf: random.block(2 &* index &+ 1))
  }

  /// The index at position `position` of the permuted order.
  @inlinable public subscript(position: Int) -> Int {
    precondition(position >= 0 && position < count)
    var cell = UInt64(position)
    repeat { cell = encipher(cell) } while cell >= UInt64(count)
    return Int(cell)
  }

  @inlinable func encipher(_ cell: UInt64) -> UInt64 {
    var row: UInt32
    var column: UInt32
    if cell <= UInt64(UInt32.max) {
      // The narrow division takes a third of the time of the wide one.
      (row, column) = UInt32(cell).quotientAndRemainder(dividingBy: width)
    } else {
      row = UInt32(cell / UInt64(width))
      column = UInt32(cell % UInt64(width))
    }
    for pair in 0..<Self.pairs(width: width) {
      row = Self.add(row, Self.hash(column ^ keys[2 &* pair]), modulo: height)
      column = Self.add(column, Self.hash(row ^ keys[2 &* pair &+ 1]), modulo: width)
    }
    return UInt64(row) &* UInt64(width) &+ UInt64(column)
  }

  /// Half the rounds. A small rectangle has too few round functions for all permutations to come about equally often, and
  /// gets two rounds more.
  @inlinable static func pairs(width: UInt32) -> Int { width < 32 ? 3 : 2 }

  /// What the first round adds to the row of a cell in `column`: many cells have the same.
  @inlinable public func firstOffset(column: UInt32) -> UInt32 {
    Self.scale(Self.hash(column ^ keys[0]), to: height)
  }

  /// `hash` scaled to 0..<modulus.
  @inlinable static func scale(_ hash: UInt32, to modulus: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: (UInt64(hash) &* UInt64(modulus)) >> 32)
  }

  /// value + (hash scaled to 0..<modulus), modulo `modulus`.
  @inlinable static func add(_ value: UInt32, _ hash: UInt32, modulo modulus: UInt32) -> UInt32 {
    let sum = UInt64(value) &+ UInt64(scale(hash, to: modulus))
    return UInt32(truncatingIfNeeded: sum >= UInt64(modulus) ? sum &- UInt64(modulus) : sum)
  }

  /// A mixer of 32 bits: that of C. Wellons, "Prospecting for hash functions", 2018, without its first and last shift. The
  /// first would fold the key's high bits into its low ones; the last would better low bits, which ``add(_:_:modulo:)`` drops.
  @inlinable static func hash(_ x: UInt32) -> UInt32 {
    var h = x &* 0x7FEB_352D
    h ^= h >> 15
    return h &* 0x846C_A68B
  }
}

extension UInt32 {
  fileprivate func clamped(atLeast bound: UInt32) -> UInt32 { Swift.max(self, bound) }
}
