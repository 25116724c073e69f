import Lockstep

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A value to be printed as JSON.
enum JSON: Encodable, ExpressibleByStringLiteral {
  case string(String)
  case integer(Int)
  case unsigned(UInt64)
  case number(Double)
  case boolean(Bool)
  case array([JSON])
  case object([String: JSON])
  case null

  init(stringLiteral value: String) { self = .string(value) }

  /// A number, or null if there is none or if it is not finite, which JSON cannot say.
  static func optional(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .string(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .unsigned(let value): try container.encode(value)
    case .number(let value):
      if value.isFinite { try container.encode(value) } else { try container.encodeNil() }
    case .boolean(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    case .object(let values): try container.encode(values)
    case .null: try container.encodeNil()
    }
  }

  /// The value as one line, keys in order.
  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// Prints the value to standard output.
  func printResult() throws { try Console.result(try text) }
}
