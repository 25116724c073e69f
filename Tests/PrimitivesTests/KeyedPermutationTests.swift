import Testing

@testable import Primitives

@Suite struct KeyedPermutationTests {
  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 99, 100, 101, 1000])
  func everyIndexComesOnce(count: Int) {
    for seed in 0..<8 {
      let order = Self.order(count, seed: UInt64(seed))
      #expect(order.sorted() == Array(0..<count))
    }
  }

  @Test(arguments: [65_535, 65_536, 65_537]) func everyIndexComesOnceAcrossTheNarrowDivision(count: Int) {
    var seen = [Bool](repeating: false, count: count)
    let permutation = Self.permutation(count, seed: 1)
    for position in 0..<count { seen[permutation[position]] = true }
    #expect(!seen.contains(false))
  }

  /// A permutation cannot be checked whole at these sizes, but no two positions may share an index.
  @Test(arguments: [1 << 32, (1 << 32) + 1, 1 << 40, (1 << 53) + 1, (1 << 62) - 1, 1 << 62])
  func hugePermutationsAreInjective(count: Int) {
    let permutation = Self.permutation(count, seed: 2)
    let random = CounterRandom(seed: 3, purpose: .testing)
    var positions = Set(0..<500).union(count - 500..<count)
    for index in 0..<UInt64(1000) { positions.insert(Int(random.uniforms(index).0 * Double(count - 1))) }
    let indices = positions.map { permutation[$0] }
    #expect(indices.allSatisfy { $0 >= 0 && $0 < count })
    #expect(Set(indices).count == positions.count)
  }

  @Test func neighboursAtTheStartOfAHugePermutationAreFarApart() {
    let count = 1 << 62
    let indices = (0..<500).map { Self.permutation(count, seed: 4)[$0] }
    let mean = indices.map { Double($0) / Double(count) }.reduce(0, +) / 500
    #expect(abs(mean - 0.5) < 5 * (1.0 / 12 / 500).squareRoot())
  }

  @Test(arguments: [2, 3, 4]) func allPermutationsOfAFewComeEquallyOften(count: Int) {
    // Exceeded by chance once in a million with 1, 5 and 23 degrees of freedom.
    let bound = [2: 24.0, 3: 35.9, 4: 70.5]
    var counts: [[Int]: Int] = [:]
    for seed in 0..<4800 { counts[Self.order(count, seed: UInt64(seed)), default: 0] += 1 }
    let factorial = (1...count).reduce(1, *)
    #expect(counts.count == factorial)
    #expect(chiSquare(Array(counts.values)) < bound[count] ?? 0)
  }

  @Test func everyIndexIsEquallyLikelyAtTheFirstPosition() {
    var counts = [Int](repeating: 0, count: 64)
    for seed in 0..<6400 { counts[Self.permutation(64, seed: UInt64(seed))[0]] += 1 }
    // With 63 degrees of freedom, chance exceeds this once in a million.
    #expect(chiSquare(counts) < 131)
  }

  @Test func indicesMoveAsFarAsInARandomPermutation() {
    let count = 10_000
    let order = Self.order(count, seed: 5)
    let n = Double(count)
    let mean = zip(order, 0...).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } / n
    // The displacement of a uniform pair has mean n/3 and variance n^2/18.
    #expect(abs(mean - n / 3) < 5 * n / (18 * n).squareRoot())
  }

  @Test func consecutiveIndicesAreUncorrelated() {
    let count = 10_000
    for lag in [1, 2, 100] {
      let order = Self.order(count, seed: 6)
      let correlation = Self.correlation(Array(order.dropLast(lag)), Array(order.dropFirst(lag)))
      #expect(abs(correlation) < 5 / Double(count).squareRoot(), "lag \(lag)")
    }
  }

  @Test func ordersOfDifferentEpochsShareNoPattern() {
    let count = 10_000
    let orders = (0..<4).map { epoch in
      let random = CounterRandom(seed: 7, purpose: .epochOrder, stream: UInt32(epoch))
      let permutation = KeyedPermutation(count: count, random: random)
      return (0..<count).map { permutation[$0] }
    }
    for (first, one) in orders.enumerated() {
      for other in orders[(first + 1)...] {
        #expect(abs(Self.correlation(one, other)) < 5 / Double(count).squareRoot())
        // Agreements of two random orders are Poisson with mean 1: more than 12 come once in 10^10.
        #expect(zip(one, other).count { $0 == $1 } <= 12)
        // So are equal neighbours, wherever they stand.
        let successors = Dictionary(uniqueKeysWithValues: zip(one, one.dropFirst()))
        #expect(zip(other, other.dropFirst()).count { successors[$0] == $1 } <= 12)
      }
    }
  }

  @Test func itIsAFunctionOfSeedAndStream() {
    let random = CounterRandom(seed: 8, purpose: .epochOrder, stream: 9)
    #expect(KeyedPermutation(count: 100, random: random) == KeyedPermutation(count: 100, random: random))
    #expect(Self.order(100, seed: 8) == Self.order(100, seed: 8))
    #expect(Self.order(100, seed: 8) != Self.order(100, seed: 9))
  }

  @Test(arguments: [1, 2, 3, 10, 100, 1000, 65_537, 1 << 40, (1 << 62) - 1])
  func theRectangleIsHardlyLargerThanTheCount(count: Int) {
    let permutation = Self.permutation(count, seed: 0)
    let (height, width) = (UInt64(permutation.height), UInt64(permutation.width))
    #expect(height * width >= UInt64(count))
    #expect(height * width < UInt64(count) + width)
    #expect(width * width >= UInt64(count) && (width - 1) * (width - 1) < UInt64(count))
  }

  @Test func aPositionOutsideIsACallersError() async {
    await #expect(processExitsWith: .failure) {
      _ = KeyedPermutation(count: 3, random: CounterRandom(seed: 0, purpose: .testing))[3]
    }
  }

  private static func permutation(_ count: Int, seed: UInt64) -> KeyedPermutation {
    KeyedPermutation(count: count, random: CounterRandom(seed: seed, purpose: .testing))
  }

  private static func order(_ count: Int, seed: UInt64) -> [Int] {
    let permutation = permutation(count, seed: seed)
    return (0..<count).map { permutation[$0] }
  }

  private static func correlation(_ a: [Int], _ b: [Int]) -> Double {
    let (n, middle) = (Double(a.count), Double(a.count) / 2)
    let product = zip(a, b).reduce(0) { $0 + (Double($1.0) - middle) * (Double($1.1) - middle) }
    return product / n / (n * n / 12)
  }
}
