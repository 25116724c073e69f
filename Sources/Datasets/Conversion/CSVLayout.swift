import Primitives

/// Whether the first line of a text file names the columns.
public enum CSVHeader: String, Sendable, CaseIterable {
  /// It does if it has a field that is neither a number nor missing.
  case auto
  /// It does.
  case yes
  /// It holds numbers like all others.
  case no
}

/// How a text file of values is to be read.
public struct CSVOptions: Sendable, Equatable {
  /// The byte between fields, or nil for a guess from the first line: the most frequent of comma, tab and semicolon.
  public var delimiter: UInt8?
  /// Whether the first line names the columns.
  public var header: CSVHeader
  /// The columns of the targets, by name, number (from 0) or range of numbers; nil for the last column.
  public var targets: [String]?
  /// The columns of the features, likewise; nil for all that are not targets.
  public var features: [String]?
  /// The column of the weights, by name or number; nil for none.
  var weights: String?

  /// How a text file is to be read.
  public init(
    delimiter: UInt8? = nil, header: CSVHeader = .auto, targets: [String]? = nil, features: [String]? = nil
  ) {
    self.delimiter = delimiter
    self.header = header
    self.targets = targets
    self.features = features
  }
}

/// What the beginning of a text file tells: delimiter, columns, and where the rows begin.
struct CSVLayout: Equatable {
  /// The byte between fields.
  var delimiter: UInt8
  /// The fields of a row.
  var columns: Int
  /// The names of the columns, if the first line has them.
  var names: [String]?
  /// Where the first row begins.
  var offset: Int
  /// The line of the first row, counted from 1.
  var line: Int

  /// Looks at the first line of `file`.
  ///
  /// - Parameter labelled: whether the last column may hold text, which then does not tell a header.
  init(_ file: InputFile, _ options: CSVOptions, labelled: Bool, sizes: CSVPieces.Sizes = .init())
    throws(LockstepError)
  {
    let start = try Self.skipMark(file)
    let pieces = CSVPieces(file, from: start, sizes: sizes)
    // Blank lines may fill whole pieces.
    var line = 1
    while let parts = try pieces.next() {
      let bytes = pieces.part(0..<(parts.last?.upperBound ?? 0))
      var index = 0
      while index < bytes.count, CSVField.isLineEnd(bytes, at: index) {
        index += bytes[index] == UInt8(ascii: "\r") ? 2 : 1
        line += 1
      }
      if index >= bytes.count { continue }
      let rest = UnsafeBufferPointer(rebasing: bytes[index...])
      try self.init(
        file, rest, options, labelled: labelled, offset: pieces.offset + index, line: line)
      return
    }
    throw LockstepError(
      .badData, file.path, "the file is empty", found: "\(file.size) bytes", expected: "rows of numbers",
      remedy: "Write one row a line.")
  }

  private init(
    _ file: InputFile, _ bytes: UnsafeBufferPointer<UInt8>, _ options: CSVOptions, labelled: Bool,
    offset: Int,
    line: Int
  ) throws(LockstepError) {
    let delimiter = options.delimiter ?? Self.guessDelimiter(bytes)
    var fields: [CSVField] = []
    var position = 0
    var lines = 1
    repeat {
      do throws(CSVField.Failure) {
        let field = try CSVField(bytes, at: position, delimiter: delimiter)
        fields.append(field)
        position = field.end
        lines += field.lines
      } catch {
        throw CSVFailure.syntax(error.fault).error(
          file.path, line: line + lines - 1 + error.lines, column: fields.count, names: nil)
      }
      if position >= bytes.count || bytes[position] != delimiter { break }
      position += 1
    } while true
    let hasHeader = Self.hasHeader(fields, in: bytes, options, labelled: labelled)
    self.delimiter = delimiter
    columns = fields.count
    names = hasHeader ? fields.map { $0.text(in: bytes) } : nil
    if position < bytes.count { position += bytes[position] == UInt8(ascii: "\r") ? 2 : 1 }
    self.offset = hasHeader ? offset + min(position, bytes.count) : offset
    self.line = hasHeader ? line + lines : line
  }

  /// Where the text begins: after the mark that some programs put before UTF-8.
  private static func skipMark(_ file: InputFile) throws(LockstepError) -> Int {
    let head = try file.head(4)
    if head.starts(with: [0xef, 0xbb, 0xbf]) { return 3 }
    let isWide = head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff])
    let isCompressed = head.starts(with: [0x1f, 0x8b])
    guard isWide || isCompressed else { return 0 }
    throw LockstepError(
      .badData, file.path, isWide ? "the text is in UTF-16" : "the file is compressed by gzip",
      expected: "UTF-8 or ASCII",
      remedy: isWide
        ? "Convert it first: iconv -f UTF-16 -t UTF-8 OLD > NEW" : "Unpack it first: gunzip -k \(file.path)")
  }

  private static func guessDelimiter(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == UInt8(ascii: "\n") { break }
      counts[byte, default: 0] += 1
    }
    // The first of the most frequent ones.
    let candidates = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")]
    let most = candidates.map { counts[$0] ?? 0 }.max() ?? 0
    return candidates.first { (counts[$0] ?? 0) == most } ?? UInt8(ascii: ",")
  }

  private static func hasHeader(
    _ fields: [CSVField], in bytes: UnsafeBufferPointer<UInt8>, _ options: CSVOptions, labelled: Bool
  ) -> Bool {
    switch options.header {
    case .yes: return true
    case .no: return false
    case .auto: break
    }
    let chosen =
      (options.targets ?? []) + (options.features ?? []) + (options.weights.map { [$0] } ?? [])
    if chosen.contains(where: { CSVColumns.numbers($0) == nil }) { return true }
    let last = options.weights == "\(fields.count - 1)" ? fields.count - 1 : fields.count
    let label = labelled ? options.targets?.first.flatMap { Int($0).map { $0 &+ 1 } } ?? last : nil
    return fields.enumerated().contains { index, field in
      if index + 1 == label { return false }
      return !field.isMissing(in: bytes) && !CSVFailure.isNumber(field.number(in: bytes))
    }
  }
}
