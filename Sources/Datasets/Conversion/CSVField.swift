import Primitives

/// What is wrong with the text of a row, apart from its numbers.
enum CSVFault: Equatable, Sendable {
  /// A quote in a field that does not begin with one.
  case quoteInside
  /// Something between a closing quote and the next delimiter.
  case textAfterQuote
  /// A quote that is never closed.
  case openQuote
  /// A carriage return without a line feed.
  case carriageReturn
}

/// One field of a row, as RFC 4180 delimits it.
struct CSVField: Equatable {
  /// The bytes between the quotes, or without the spaces around them if there are no quotes.
  var content: Range<Int>
  /// Whether there are quotes around the field.
  var isQuoted = false
  /// Whether there are doubled quotes in the content.
  var hasDoubledQuotes = false
  /// The line feeds in the field.
  var lines = 0
  /// Where the delimiter or the end of the line is.
  var end: Int

  /// The field of `bytes` that begins at `start`, before the end of the row.
  init(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, delimiter: UInt8) throws(Failure) {
    if start < bytes.count, bytes[start] == UInt8(ascii: "\"") {
      try self.init(quoted: bytes, at: start, delimiter: delimiter)
    } else {
      try self.init(plain: bytes, at: start, delimiter: delimiter)
    }
  }

  /// A fault, and how many lines below the field's beginning it is.
  struct Failure: Error {
    var fault: CSVFault
    var lines = 0
  }

  private init(plain bytes: UnsafeBufferPointer<UInt8>, at start: Int, delimiter: UInt8) throws(Failure) {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == delimiter || byte == UInt8(ascii: "\n") { break }
      if byte == UInt8(ascii: "\"") { throw Failure(fault: .quoteInside) }
      if byte == UInt8(ascii: "\r") {
        if index + 1 == bytes.count || bytes[index + 1] == UInt8(ascii: "\n") { break }
        throw Failure(fault: .carriageReturn)
      }
      index += 1
    }
    end = index
    var (first, last) = (start, index)
    while first < last, Self.isBlank(bytes[first]) { first += 1 }
    while first < last, Self.isBlank(bytes[last - 1]) { last -= 1 }
    content = first..<last
  }

  private init(quoted bytes: UnsafeBufferPointer<UInt8>, at start: Int, delimiter: UInt8) throws(Failure) {
    var index = start + 1
    isQuoted = true
    while true {
      guard index < bytes.count else { throw Failure(fault: .openQuote) }
      if bytes[index] == UInt8(ascii: "\"") {
        guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") else { break }
        hasDoubledQuotes = true
        index += 1
      } else if bytes[index] == UInt8(ascii: "\n") {
        lines += 1
      }
      index += 1
    }
    content = start + 1..<index
    end = index + 1
    guard end == bytes.count || bytes[end] == delimiter || Self.isLineEnd(bytes, at: end) else {
      throw Failure(fault: .textAfterQuote, lines: lines)
    }
  }

  /// Whether a line ends at `index`: by a line feed, perhaps after a carriage return.
  static func isLineEnd(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
    if bytes[index] == UInt8(ascii: "\n") { return true }
    guard bytes[index] == UInt8(ascii: "\r") else { return false }
    return index + 1 == bytes.count || bytes[index + 1] == UInt8(ascii: "\n")
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// The bytes of the number that the content may be: spaces within quotes do not count either.
  func number(in bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var (first, last) = (content.lowerBound, content.upperBound)
    while first < last, Self.isBlank(bytes[first]) { first += 1 }
    while first < last, Self.isBlank(bytes[last - 1]) { last -= 1 }
    return UnsafeBufferPointer(rebasing: bytes[first..<last])
  }

  /// The content as text, doubled quotes made single; broken UTF-8 is repaired.
  func text(in bytes: UnsafeBufferPointer<UInt8>) -> String {
    guard hasDoubledQuotes else { return String(decoding: bytes[content], as: UTF8.self) }
    var characters: [UInt8] = []
    var index = content.lowerBound
    while index < content.upperBound {
      characters.append(bytes[index])
      index += bytes[index] == UInt8(ascii: "\"") ? 2 : 1
    }
    return String(decoding: characters, as: UTF8.self)
  }

  /// Whether the content says that there is no value.
  func isMissing(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let content = number(in: bytes)
    return content.count <= 4 && Self.missing.contains(String(decoding: content, as: UTF8.self).lowercased())
  }

  private static let missing: Set<String> = ["", "?", "na", "n/a", "nan", "-nan", "+nan", "null", "none"]
}
