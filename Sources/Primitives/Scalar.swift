#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The two floating-point formats in which parameters and arithmetic can be held.
public enum Precision: String, Sendable, Codable, CaseIterable {
  /// IEEE 754 binary32.
  case float32
  /// IEEE 754 binary64.
  case float64

  /// Bytes of one number.
  public var bytes: Int { self == .float32 ? 4 : 8 }
}

/// A floating-point type in which a network can be trained: `Float` or `Double`.
///
/// The functions are the C library's; the product neither contracts nor reorders around them.
public protocol Scalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  /// The format that this type is.
  static var precision: Precision { get }
  /// e to the power `x`.
  static func exp(_ x: Self) -> Self
  /// e to the power `x`, less one, accurate near zero.
  static func expm1(_ x: Self) -> Self
  /// The natural logarithm.
  static func log(_ x: Self) -> Self
  /// log(1 + x), accurate near zero.
  static func log1p(_ x: Self) -> Self
  /// The hyperbolic tangent.
  static func tanh(_ x: Self) -> Self
  /// The complementary error function, 1 - erf(x).
  static func erfc(_ x: Self) -> Self
}

#if canImport(Glibc)
  extension Float: Scalar {
    /// The format that this type is.
    public static var precision: Precision { .float32 }
    /// e to the power `x`.
    @inlinable public static func exp(_ x: Float) -> Float { Glibc.expf(x) }
    /// e to the power `x`, less one, accurate near zero.
    @inlinable public static func expm1(_ x: Float) -> Float { Glibc.expm1f(x) }
    /// The natural logarithm.
    @inlinable public static func log(_ x: Float) -> Float { Glibc.logf(x) }
    /// log(1 + x), accurate near zero.
    @inlinable public static func log1p(_ x: Float) -> Float { Glibc.log1pf(x) }
    /// The hyperbolic tangent.
    @inlinable public static func tanh(_ x: Float) -> Float { Glibc.tanhf(x) }
    /// The complementary error function, 1 - erf(x).
    @inlinable public static func erfc(_ x: Float) -> Float { Glibc.erfcf(x) }
  }

  extension Double: Scalar {
    /// The format that this type is.
    public static var precision: Precision { .float64 }
    /// e to the power `x`.
    @inlinable public static func exp(_ x: Double) -> Double { Glibc.exp(x) }
    /// e to the power `x`, less one, accurate near zero.
    @inlinable public static func expm1(_ x: Double) -> Double { Glibc.expm1(x) }
    /// The natural logarithm.
    @inlinable public static func log(_ x: Double) -> Double { Glibc.log(x) }
    /// log(1 + x), accurate near zero.
    @inlinable public static func log1p(_ x: Double) -> Double { Glibc.log1p(x) }
    /// The hyperbolic tangent.
    @inlinable public static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
    /// The complementary error function, 1 - erf(x).
    @inlinable public static func erfc(_ x: Double) -> Double { Glibc.erfc(x) }
  }
#elseif canImport(Darwin)
  extension Float: Scalar {
    /// The format that this type is.
    public static var precision: Precision { .float32 }
    /// e to the power `x`.
    @inlinable public static func exp(_ x: Float) -> Float { Darwin.expf(x) }
    /// e to the power `x`, less one, accurate near zero.
    @inlinable public static func expm1(_ x: Float) -> Float { Darwin.expm1f(x) }
    /// The natural logarithm.
    @inlinable public static func log(_ x: Float) -> Float { Darwin.logf(x) }
    /// log(1 + x), accurate near zero.
    @inlinable public static func log1p(_ x: Float) -> Float { Darwin.log1pf(x) }
    /// The hyperbolic tangent.
    @inlinable public static func tanh(_ x: Float) -> Float { Darwin.tanhf(x) }
    /// The complementary error function, 1 - erf(x).
    @inlinable public static func erfc(_ x: Float) -> Float { Darwin.erfcf(x) }
  }

  extension Double: Scalar {
    /// The format that this type is.
    public static var precision: Precision { .float64 }
    /// e to the power `x`.
    @inlinable public static func exp(_ x: Double) -> Double { Darwin.exp(x) }
    /// e to the power `x`, less one, accurate near zero.
    @inlinable public static func expm1(_ x: Double) -> Double { Darwin.expm1(x) }
    /// The natural logarithm.
    @inlinable public static func log(_ x: Double) -> Double { Darwin.log(x) }
    /// log(1 + x), accurate near zero.
    @inlinable public static func log1p(_ x: Double) -> Double { Darwin.log1p(x) }
    /// The hyperbolic tangent.
    @inlinable public static func tanh(_ x: Double) -> Double { Darwin.tanh(x) }
    /// The complementary error function, 1 - erf(x).
    @inlinable public static func erfc(_ x: Double) -> Double { Darwin.erfc(x) }
  }
#endif
