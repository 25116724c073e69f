import Primitives

/// Why a row of text cannot be taken.
enum CSVFailure: Equatable, Sendable {
  /// The row is not comma-separated values. Rows cannot be told apart from there on, so none is dropped for it.
  case syntax(CSVFault)
  /// A row of the wrong length.
  case fields(found: Int, expected: Int)
  /// No value.
  case missing(String)
  /// Something other than a number.
  case malformed(String)
  /// Infinite, or a number too large for the precision.
  case infinite(String, Precision)
  /// A weight below 0.
  case negativeWeight

  /// What is wrong with `content`, which stands where a finite number should.
  init(_ content: UnsafeBufferPointer<UInt8>, isMissing: Bool, _ precision: Precision) {
    let text = Self.shortened(content)
    if isMissing {
      self = .missing(text)
    } else if Self.isNumber(content) {
      self = .infinite(text, precision)
    } else {
      self = .malformed(text)
    }
  }

  /// Whether this is a decimal number or infinity.
  static func isNumber(_ content: UnsafeBufferPointer<UInt8>) -> Bool {
    if DecimalNumber.parse(content, .float64) != nil { return true }
    guard content.count <= 9 else { return false }
    let word = String(decoding: content, as: UTF8.self).lowercased()
    return ["inf", "infinity"].contains(
      word.first == "-" || word.first == "+" ? String(word.dropFirst()) : word)
  }

  /// Enough of a field to find it again.
  static func shortened(_ content: some Collection<UInt8>) -> String {
    "\"\(String(decoding: content.prefix(40), as: UTF8.self))\(content.count > 40 ? "..." : "")\""
  }

  /// The message about a failure in the field of `column`, which counts from 0.
  func error(_ file: String, line: Int, column: Int, names: [String]?) -> LockstepError {
    let name = names.flatMap { $0.indices.contains(column) && !$0[column].isEmpty ? " (\($0[column]))" : nil }
    let place = "column \(column)\(name ?? "")"
    let skip = "Repair the row, or drop all such rows with --skip-invalid."
    let (problem, found, expected, remedy): (String, String?, String?, String) =
      switch self {
      case .syntax(let fault): ("\(place): \(fault.problem)", nil, nil, fault.remedy)
      case .fields(let found, let expected):
        ("the row has the wrong number of fields", "\(found)", "\(expected)", skip)
      case .missing(let text): ("\(place): the value is missing", text, "a number", skip)
      case .malformed(let text):
        ("\(place): this is not a number", text, "a number", Self.advice(text) ?? skip)
      case .infinite(let text, let precision):
        (
          "\(place): this is not a finite number in \(precision.rawValue)", text, nil,
          precision == .float32 ? "Choose --precision float64, or drop such rows with --skip-invalid." : skip
        )
      case .negativeWeight: ("\(place): the weight is negative", nil, "a number from 0 up", skip)
      }
    return LockstepError(
      .badData, "\(file):\(line)", problem, found: found, expected: expected, remedy: remedy)
  }

  /// What to do about common misunderstandings.
  private static func advice(_ text: String) -> String? {
    if text.contains(";") { return "Perhaps the delimiter is another one: --delimiter semicolon." }
    if text.contains("\t") { return "Perhaps the delimiter is another one: --delimiter tab." }
    if text.contains(",") {
      return "Numbers have a decimal point and nothing between thousands: rewrite them so."
    }
    return nil
  }
}

extension CSVFault {
  fileprivate var problem: String {
    switch self {
    case .quoteInside: "there is a quote inside a field that does not begin with one"
    case .textAfterQuote: "there is text after the closing quote"
    case .openQuote: "the quote is never closed"
    case .carriageReturn: "there is a carriage return without a line feed"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .quoteInside, .textAfterQuote:
      "Put the whole field in quotes and double those within: \"5\"\" pipe\"; or check --delimiter."
    case .openQuote: "Close it, or double it if it belongs to the text."
    case .carriageReturn: "Convert the line ends first: tr '\\r' '\\n' < OLD > NEW"
    }
  }
}
