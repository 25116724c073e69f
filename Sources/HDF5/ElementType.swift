/// The type of a dataset's elements in the file.
public enum ElementType: Sendable, Hashable, CustomStringConvertible {
  /// An IEEE floating-point number of 16, 32 or 64 bits.
  case float(bits: Int)
  /// An integer of 8, 16, 32 or 64 bits.
  case integer(bits: Int, signed: Bool)
  /// A string of at most `length` bytes, or of any length if that is nil.
  case string(length: Int?)
  /// A type that this module does not read, in words.
  case other(String)

  /// `float32`, `uint8`, `string of 12 bytes` and so on.
  public var description: String {
    switch self {
    case .float(let bits): "float\(bits)"
    case .integer(let bits, let signed): "\(signed ? "" : "u")int\(bits)"
    case .string(let length?): "string of \(length) bytes"
    case .string(nil): "string of any length"
    case .other(let name): name
    }
  }

  /// Whether every value of this type has a counterpart in `other`, if perhaps a rounded one.
  ///
  /// Floating-point types convert into each other, rounding; integers into any floating-point type, rounding beyond
  /// 2^24 (float32) and 2^53 (float64); integers into wider ones. libhdf5 would convert the rest too, cutting off
  /// silently what does not fit.
  public func converts(to other: ElementType) -> Bool {
    switch (self, other) {
    case (.float, .float), (.integer, .float): true
    case (.integer(let from, let fromSigned), .integer(let to, let toSigned)):
      fromSigned == toSigned ? from <= to : toSigned && from < to
    default: false
    }
  }
}

/// The order of the bytes of a number in the file.
public enum ByteOrder: Sendable, Hashable {
  /// The least significant byte first.
  case littleEndian
  /// The most significant byte first.
  case bigEndian
}

/// A number type of Swift that datasets are read into and written from.
public protocol HDF5Element: BitwiseCopyable, Sendable {
  /// The corresponding type in a file. It must describe the type's layout in memory exactly.
  static var elementType: ElementType { get }
}

extension HDF5Element where Self: FixedWidthInteger {
  /// The integer type of the same width and signedness.
  public static var elementType: ElementType { .integer(bits: bitWidth, signed: isSigned) }
}

extension Float: HDF5Element {
  /// `float32`.
  public static var elementType: ElementType { .float(bits: 32) }
}

extension Double: HDF5Element {
  /// `float64`.
  public static var elementType: ElementType { .float(bits: 64) }
}

extension Int: HDF5Element {}
extension Int8: HDF5Element {}
extension Int16: HDF5Element {}
extension Int32: HDF5Element {}
extension Int64: HDF5Element {}
extension UInt: HDF5Element {}
extension UInt8: HDF5Element {}
extension UInt16: HDF5Element {}
extension UInt32: HDF5Element {}
extension UInt64: HDF5Element {}
