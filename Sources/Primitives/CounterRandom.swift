#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random numbers by position: the n-th block of a stream is a pure function of (seed, purpose, stream, n).
///
/// There is no state to advance, so any thread can make any number, in any order, and gets the same bits.
/// The generator is Philox4x32-10: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy
/// as 1, 2, 3", SC11.
public struct CounterRandom: Sendable, Equatable {
  /// What the numbers are for. Streams of different purposes never share a block.
  public enum Purpose: UInt32, Sendable {
    /// Feature values of generated rows.
    case features = 1
    /// Noise on generated targets.
    case noise = 2
    /// First values of parameters.
    case initialization = 3
    /// The order of rows in an epoch.
    case epochOrder = 4
    /// Which rows are for validation.
    case split = 5
    /// The order of blocks in an epoch.
    case blockOrder = 16
    /// The order of rows in a window of blocks.
    case windowOrder = 17
    /// Which part of a block comes first.
    case partOrder = 18
    /// Numbers for tests.
    case testing = 6
    /// Classes of generated rows.
    case classes = 7
    /// What is drawn once for all generated rows: centers, weights.
    case constants = 8
  }

  /// The user's seed.
  public let seed: UInt64
  /// What the numbers are for.
  public let purpose: Purpose
  /// Which of the streams of this purpose.
  public let stream: UInt32

  /// The stream of (`seed`, `purpose`, `stream`).
  @inlinable public init(seed: UInt64, purpose: Purpose, stream: UInt32 = 0) {
    self.seed = seed
    self.purpose = purpose
    self.stream = stream
  }

  /// The four words of block `index`.
  @inlinable public func block(_ index: UInt64) -> SIMD4<UInt32> {
    Self.philox(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), stream,
        purpose.rawValue),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// Two independent numbers, uniform in [0, 1), each of 53 random bits.
  @inlinable public func uniforms(_ index: UInt64) -> (Double, Double) {
    let words = block(index)
    return (Self.unit(words[0], words[1]), Self.unit(words[2], words[3]))
  }

  /// Two independent standard normal numbers, by the transform of Box and Muller (1958).
  @inlinable public func normals(_ index: UInt64) -> (Double, Double) { Self.normals(of: uniforms(index)) }

  /// The first number of ``normals(_:)``, without the second one's cost.
  @inlinable public func normal(_ index: UInt64) -> Double {
    let (u, v) = uniforms(index)
    return Self.radius(u) * cos(2 * Double.pi * v)
  }

  /// The two normal numbers that are made of two uniform ones.
  @inlinable public static func normals(of uniforms: (Double, Double)) -> (Double, Double) {
    let (u, v) = uniforms
    let radius = radius(u)
    return (radius * cos(2 * Double.pi * v), radius * sin(2 * Double.pi * v))
  }

  /// How far from the origin the two numbers are together.
  @inlinable static func radius(_ u: Double) -> Double {
    // 1 - u is in (0, 1], so the logarithm is finite.
    (-2 * Double.log(1 - u)).squareRoot()
  }

  @inlinable static func unit(_ high: UInt32, _ low: UInt32) -> Double {
    Double((UInt64(high) << 32 | UInt64(low)) >> 11) * 0x1p-53
  }

  /// Philox4x32 with ten rounds.
  @inlinable public static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c0, c1, c2, c3) = (counter[0], counter[1], counter[2], counter[3])
    var (k0, k1) = (key[0], key[1])
    for _ in 0..<10 {
      let p0 = UInt64(c0) &* 0xD251_1F53
      let p1 = UInt64(c2) &* 0xCD9E_8D57
      (c0, c1, c2, c3) = (
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }
}
