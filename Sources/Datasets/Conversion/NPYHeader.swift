import HDF5
import Primitives

/// The header of an array in NumPy's .npy format, versions 1.0 to 3.0.
///
/// The format is described in NumPy Enhancement Proposal 1. The header is the text of a Python dictionary; only the form that
/// NumPy writes is read, and nothing in it is evaluated.
struct NPYHeader: Equatable {
  /// The type of the elements; bool counts as uint8.
  var type: ElementType
  /// Whether numbers begin with the most significant byte.
  var isBigEndian: Bool
  /// Whether the first index is the fastest.
  var isFortran: Bool
  /// The dimensions.
  var shape: [Int]
  /// Where the data begin.
  var dataOffset: Int
  /// The bytes of the data.
  var dataBytes: Int

  /// The first bytes of every file.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// No header of numbers is as long: NumPy itself refuses more than 10,000 bytes from strangers.
  private static let mostBytes = 1 << 20

  /// Reads the header of the array in `bytes`, which messages call `name`.
  ///
  /// - Throws: ``LockstepError`` if it is damaged, if the elements are no numbers, or if the data do not fit it.
  init(_ bytes: ByteRange, name: String) throws(LockstepError) {
    let head = try bytes.read(0..<min(12, bytes.count))
    guard head.starts(with: Self.magic), head.count >= 10 else {
      throw Self.failure(name, "is no NumPy array", found: "other first bytes", expected: "\\x93NUMPY")
    }
    guard (1...3).contains(head[6]), head[7] == 0 else {
      throw Self.failure(
        name, "the version of the format is unknown", found: "\(head[6]).\(head[7])",
        expected: "1.0, 2.0 or 3.0")
    }
    let start = head[6] == 1 ? 10 : 12
    guard head.count >= start else { throw Self.failure(name, "the header is cut off") }
    let length = head[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.mostBytes, start + length <= bytes.count else {
      throw Self.failure(
        name, "the header is longer than it can be", found: "\(length) bytes",
        expected: "at most \(min(Self.mostBytes, bytes.count - start))")
    }
    let text = try bytes.read(start..<start + length)
    var parser = PythonLiteral(text)
    guard let entries = parser.dictionary(), Set(entries.keys) == ["descr", "fortran_order", "shape"],
      case .boolean(let isFortran)? = entries["fortran_order"], case .integers(let shape)? = entries["shape"]
    else {
      throw Self.failure(
        name, "the header is not of the form that NumPy writes",
        found: CSVFailure.shortened(text[...]),
        expected: "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }")
    }
    guard case .string(let descriptor)? = entries["descr"], let element = Self.element(descriptor) else {
      throw LockstepError(
        .badData, name, "the elements are not numbers of a kind that is read",
        found: entries["descr"].map { "\($0)" }, expected: "float16 to float64, integers or bool",
        remedy: "Convert the array in NumPy: a.astype(numpy.float64).")
    }
    (type, isBigEndian) = element
    self.isFortran = isFortran
    self.shape = shape
    dataOffset = start + length
    dataBytes = try Self.size(shape, element.type, name)
    guard bytes.count - dataOffset == dataBytes else {
      throw Self.failure(
        name,
        "there are \(bytes.count - dataOffset < dataBytes ? "fewer" : "more") data than the header says",
        found: "\(bytes.count - dataOffset) bytes", expected: "\(dataBytes) for shape \(shape) of \(type)")
    }
  }

  /// The type that a descriptor such as "<f8" stands for, and whether it is big-endian.
  private static func element(_ descriptor: String) -> (type: ElementType, isBigEndian: Bool)? {
    var characters = Substring(descriptor)
    let isBigEndian = characters.first == ">"
    if let first = characters.first, "<>=|".contains(first) { characters.removeFirst() }
    let kinds: [Substring: ElementType] = [
      "b1": .integer(bits: 8, signed: false), "i1": .integer(bits: 8, signed: true),
      "i2": .integer(bits: 16, signed: true), "i4": .integer(bits: 32, signed: true),
      "i8": .integer(bits: 64, signed: true), "u1": .integer(bits: 8, signed: false),
      "u2": .integer(bits: 16, signed: false), "u4": .integer(bits: 32, signed: false),
      "u8": .integer(bits: 64, signed: false), "f2": .float(bits: 16), "f4": .float(bits: 32),
      "f8": .float(bits: 64),
    ]
    return kinds[characters].map { ($0, isBigEndian) }
  }

  private static func size(_ shape: [Int], _ type: ElementType, _ name: String) throws(LockstepError) -> Int {
    var size = type.bytes
    for dimension in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      guard !overflow else { throw failure(name, "the shape is impossible", found: "\(shape)") }
      size = product
    }
    return size
  }

  private static func failure(
    _ name: String, _ problem: String, found: String? = nil, expected: String? = nil
  )
    -> LockstepError
  {
    LockstepError(
      .badData, name, problem, found: found, expected: expected,
      remedy: "Write the array again with numpy.save, or restore the file from its source.")
  }
}

extension ElementType {
  /// The bytes of a number.
  var bytes: Int {
    switch self {
    case .float(let bits), .integer(let bits, _): bits / 8
    case .string, .other: 1
    }
  }
}

/// Reads what NumPy writes into headers: a dictionary of strings, booleans and tuples of whole numbers.
struct PythonLiteral {
  /// A value in the dictionary.
  enum Value: Equatable, CustomStringConvertible {
    case string(String)
    case boolean(Bool)
    case integers([Int])
    /// A list, which describes the fields of records.
    case records

    var description: String {
      switch self {
      case .string(let text): "\"\(text)\""
      case .boolean(let value): "\(value)"
      case .integers(let values): "\(values)"
      case .records: "records"
      }
    }
  }

  private var rest: ArraySlice<UInt8>

  /// A reader of `text`.
  init(_ text: [UInt8]) { rest = text[...] }

  /// The dictionary that is all of the text, but for spaces around it; nil if it is anything else.
  mutating func dictionary() -> [String: Value]? {
    guard take("{") else { return nil }
    var entries: [String: Value] = [:]
    while !take("}") {
      guard let key = string(), take(":"), entries[key] == nil, let value = value() else { return nil }
      entries[key] = value
      // What follows the fields of records is not looked at: such arrays are refused.
      if value == .records {
        return entries.merging(["fortran_order": .boolean(false), "shape": .integers([])]) { $1 }
      }
      if take(",") { continue }
      guard take("}") else { return nil }
      break
    }
    skipSpaces()
    return rest.isEmpty ? entries : nil
  }

  private mutating func value() -> Value? {
    if take("True") { return .boolean(true) }
    if take("False") { return .boolean(false) }
    if take("(") { return tuple().map(Value.integers) }
    if take("[") { return .records }
    return string().map(Value.string)
  }

  /// Whole numbers from 0 up, a comma after each but perhaps the last of several; the opening parenthesis is taken.
  private mutating func tuple() -> [Int]? {
    var values: [Int] = []
    while !take(")") {
      skipSpaces()
      let digits = rest.prefix { $0 >= 48 && $0 < 58 }
      guard !digits.isEmpty, let value = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      rest = rest.dropFirst(digits.count)
      // Python 2 marks long integers.
      _ = take("L")
      values.append(value)
      if take(",") { continue }
      return take(")") && values.count > 1 ? values : nil
    }
    return values
  }

  /// A string in single or double quotes, without escapes.
  private mutating func string() -> String? {
    skipSpaces()
    guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      return nil
    }
    let body = rest.dropFirst().prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
    guard body.endIndex < rest.endIndex, rest[body.endIndex] == quote else { return nil }
    rest = rest[(body.endIndex + 1)...]
    return String(decoding: body, as: UTF8.self)
  }

  private mutating func take(_ token: String) -> Bool {
    skipSpaces()
    guard rest.starts(with: token.utf8) else { return false }
    rest = rest.dropFirst(token.utf8.count)
    return true
  }

  private mutating func skipSpaces() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }
}
