/// The value of an attribute whose type is not known beforehand.
public enum AttributeValue: Sendable, Hashable {
  /// A text.
  case string(String)
  /// Several texts.
  case strings([String])
  /// An integer, of any width in the file, but not an unsigned one of 64 bits.
  case integer(Int64)
  /// Several integers, of any width in the file, but not unsigned ones of 64 bits.
  case integers([Int64])
  /// An unsigned integer of 64 bits.
  case unsigned(UInt64)
  /// Several unsigned integers of 64 bits.
  case unsigneds([UInt64])
  /// A floating-point number of any width.
  case real(Double)
  /// Several floating-point numbers of any width.
  case reals([Double])
  /// A value that this module does not read, in words.
  case other(String)
}

/// A type of Swift that can be an attribute's value.
public protocol AttributeConvertible: Sendable {
  /// The value to write. Integers are stored with 64 bits, floating-point numbers as float64.
  var attributeValue: AttributeValue { get }

  /// The value read, or nil if it does not fit exactly.
  init?(attributeValue: AttributeValue)

  /// Several values, to be written in one attribute.
  static func attributeValue(of values: [Self]) -> AttributeValue

  /// Several values read, or nil if they do not fit exactly.
  static func values(of attributeValue: AttributeValue) -> [Self]?
}

extension String: AttributeConvertible {
  /// `.string`.
  public var attributeValue: AttributeValue { .string(self) }

  /// From `.string` alone.
  public init?(attributeValue: AttributeValue) {
    guard case .string(let value) = attributeValue else { return nil }
    self = value
  }

  /// `.strings`.
  public static func attributeValue(of values: [String]) -> AttributeValue { .strings(values) }

  /// From `.strings` alone.
  public static func values(of attributeValue: AttributeValue) -> [String]? {
    guard case .strings(let values) = attributeValue else { return nil }
    return values
  }
}

extension AttributeConvertible where Self: FixedWidthInteger {
  /// `.integer`, or `.unsigned` for unsigned types of 64 bits.
  public var attributeValue: AttributeValue {
    Self.isSigned || Self.bitWidth < 64 ? .integer(Int64(self)) : .unsigned(UInt64(self))
  }

  /// From an integer that fits.
  public init?(attributeValue: AttributeValue) {
    switch attributeValue {
    case .integer(let value): self.init(exactly: value)
    case .unsigned(let value): self.init(exactly: value)
    default: return nil
    }
  }

  /// `.integers`, or `.unsigneds` for unsigned types of 64 bits.
  public static func attributeValue(of values: [Self]) -> AttributeValue {
    isSigned || bitWidth < 64 ? .integers(values.map { Int64($0) }) : .unsigneds(values.map { UInt64($0) })
  }

  /// From integers that all fit.
  public static func values(of attributeValue: AttributeValue) -> [Self]? {
    let values: [Self]
    let count: Int
    switch attributeValue {
    case .integers(let found): (values, count) = (found.compactMap { Self(exactly: $0) }, found.count)
    case .unsigneds(let found): (values, count) = (found.compactMap { Self(exactly: $0) }, found.count)
    default: return nil
    }
    return values.count == count ? values : nil
  }
}

extension AttributeConvertible where Self: BinaryFloatingPoint {
  /// `.real`.
  public var attributeValue: AttributeValue { .real(Double(self)) }

  /// From a floating-point number (rounded if need be) or an integer that fits exactly.
  public init?(attributeValue: AttributeValue) {
    switch attributeValue {
    case .real(let value): self.init(value)
    case .integer(let value): self.init(exactly: value)
    case .unsigned(let value): self.init(exactly: value)
    default: return nil
    }
  }

  /// `.reals`.
  public static func attributeValue(of values: [Self]) -> AttributeValue { .reals(values.map { Double($0) }) }

  /// From floating-point numbers (rounded if need be) or integers that all fit exactly.
  public static func values(of attributeValue: AttributeValue) -> [Self]? {
    switch attributeValue {
    case .reals(let found): return found.map { Self($0) }
    case .integers(let found):
      let values = found.compactMap { Self(exactly: $0) }
      return values.count == found.count ? values : nil
    default: return nil
    }
  }
}

extension Int: AttributeConvertible {}
extension Int32: AttributeConvertible {}
extension Int64: AttributeConvertible {}
extension UInt32: AttributeConvertible {}
extension UInt64: AttributeConvertible {}
extension Float: AttributeConvertible {}
extension Double: AttributeConvertible {}

extension Array: AttributeConvertible where Element: AttributeConvertible {
  /// The elements' values in one.
  public var attributeValue: AttributeValue { Element.attributeValue(of: self) }

  /// From several values that all fit.
  public init?(attributeValue: AttributeValue) {
    guard let values = Element.values(of: attributeValue) else { return nil }
    self = values
  }

  /// Arrays of arrays are not attributes.
  public static func attributeValue(of values: [[Element]]) -> AttributeValue { .other("nested arrays") }

  /// Arrays of arrays are not attributes.
  public static func values(of attributeValue: AttributeValue) -> [[Element]]? { nil }
}
