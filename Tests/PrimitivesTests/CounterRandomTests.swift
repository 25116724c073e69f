import Testing

@testable import Primitives

@Suite struct CounterRandomTests {
  /// From the file kat_vectors of the authors' library Random123.
  @Test(arguments: [
    KnownAnswer(
      counter: [0, 0, 0, 0], key: [0, 0], result: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    KnownAnswer(
      counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max),
      result: [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    KnownAnswer(
      counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0],
      result: [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
  ]) func philoxGivesTheKnownAnswers(_ known: KnownAnswer) {
    #expect(CounterRandom.philox(counter: known.counter, key: known.key) == known.result)
  }

  struct KnownAnswer {
    var counter: SIMD4<UInt32>
    var key: SIMD2<UInt32>
    var result: SIMD4<UInt32>
  }

  @Test func aBlockIsThePhiloxOfIndexStreamAndPurposeUnderTheSeed() {
    let random = CounterRandom(seed: 0x299f_31d0_a409_3822, purpose: .split, stream: 0x1319_8a2e)
    let counter: SIMD4<UInt32> = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 5]
    #expect(
      random.block(0x85a3_08d3_243f_6a88)
        == CounterRandom.philox(counter: counter, key: [0xa409_3822, 0x299f_31d0]))
  }

  @Test func aUniformIsTheTop53BitsOfTwoWords() {
    #expect(CounterRandom.unit(0, 0) == 0)
    #expect(CounterRandom.unit(0x8000_0000, 0) == 0.5)
    #expect(CounterRandom.unit(0, 0x7ff) == 0)
    #expect(CounterRandom.unit(0, 0x800) == 0x1p-53)
    #expect(CounterRandom.unit(.max, .max) == (1.0).nextDown)
  }

  @Test func uniformsAreUniform() {
    let values = (0..<4000).flatMap { index -> [Double] in
      let (u, v) = Self.random.uniforms(UInt64(index))
      return [u, v]
    }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    var cells = [Int](repeating: 0, count: 16)
    for value in values { cells[Int(value * 16)] += 1 }
    // With 15 degrees of freedom, chance exceeds this once in a million.
    #expect(chiSquare(cells) < 56.5)
    // Five standard deviations of the mean of so many.
    let deviation = (1.0 / 12 / Double(values.count)).squareRoot()
    #expect(abs(Self.moment(1, of: values) - 0.5) < 5 * deviation)
  }

  @Test func normalsHaveTheMomentsOfTheNormalDistribution() {
    let values = (0..<4000).flatMap { index -> [Double] in
      let (u, v) = Self.random.normals(UInt64(index))
      return [u, v]
    }
    #expect(values.allSatisfy { $0.isFinite })
    // The variance of x^k is (2k - 1)!! - (its mean)^2; five standard deviations of the mean of so many.
    let root = Double(values.count).squareRoot()
    for (power, mean, variance) in [(1, 0.0, 1.0), (2, 1, 2), (3, 0, 15), (4, 3, 96)] {
      let difference = abs(Self.moment(power, of: values) - mean)
      #expect(difference < 5 * variance.squareRoot() / root, "moment \(power)")
    }
    let tail = values.count { abs($0) > 2 }
    #expect(abs(Double(tail) / Double(values.count) - 0.0455) < 5 * (0.0455 * 0.9545).squareRoot() / root)
  }

  @Test func oneNormalNumberIsTheFirstOfTwo() {
    for index in 0..<100 as Range<UInt64> {
      #expect(Self.random.normal(index).bitPattern == Self.random.normals(index).0.bitPattern)
    }
  }

  @Test func theTwoNumbersOfABlockAreUncorrelated() {
    let count = 4000
    let products = (0..<count).map { index -> Double in
      let (u, v) = Self.random.normals(UInt64(index))
      return u * v
    }
    #expect(abs(Self.moment(1, of: products)) < 5 / Double(count).squareRoot())
  }

  @Test(arguments: [
    CounterRandom(seed: 1, purpose: .testing),
    CounterRandom(seed: 1 << 32, purpose: .testing),
    CounterRandom(seed: 0, purpose: .noise),
    CounterRandom(seed: 0, purpose: .testing, stream: 1),
  ]) func streamsThatDifferInOnePartAreIndependent(_ other: CounterRandom) {
    let count = 2000
    var sum = 0.0
    for index in 0..<UInt64(count) {
      #expect(Self.random.block(index) != other.block(index))
      sum += (Self.random.uniforms(index).0 - 0.5) * (other.uniforms(index).0 - 0.5)
    }
    // Each product has mean zero and variance 1/144.
    #expect(abs(sum / Double(count)) < 5.0 / 12 / Double(count).squareRoot())
  }

  @Test func neighbouringBlocksAndTheUpperHalfOfTheIndexDiffer() {
    let indices: [UInt64] = [0, 1, 2, 1 << 31, 1 << 32, 1 << 33, 1 << 63, .max]
    #expect(Set(indices.map(Self.random.block)).count == indices.count)
  }

  private static let random = CounterRandom(seed: 0, purpose: .testing)

  private static func moment(_ power: Int, of values: [Double]) -> Double {
    values.reduce(0) { sum, value in sum + (0..<power).reduce(1) { product, _ in product * value } }
      / Double(values.count)
  }
}
