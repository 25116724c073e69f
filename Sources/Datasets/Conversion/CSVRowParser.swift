import Primitives

/// Turns rows of text into numbers.
struct CSVRowParser: Sendable {
  /// What becomes of the target of a row.
  enum Labels: Sendable {
    /// Targets are numbers.
    case none
    /// The target is a class, of which the names are yet to be found out.
    case survey
    /// The target is one of these classes.
    case table(LabelTable)
  }

  /// The byte between fields.
  let delimiter: UInt8
  /// Where the value of each column goes; nil for nowhere, features first, then targets, then the weight.
  let slots: [Int?]
  /// The number of features.
  let features: Int
  /// The number of targets, the weight being one more.
  let targets: Int
  /// The column of the weights, if rows have any.
  let weightColumn: Int?
  /// What numbers are rounded to.
  let precision: Precision
  /// Whether rows that cannot be taken are dropped.
  let skipsInvalid: Bool
  /// What becomes of labels.
  let labels: Labels

  /// Parses whole rows into `part`, up to the first that cannot be taken.
  func parse(_ bytes: UnsafeBufferPointer<UInt8>, into part: CSVPart) {
    part.reset(bytes: bytes.count, features: features, targets: targets)
    var position = 0
    while position < bytes.count {
      if CSVField.isLineEnd(bytes, at: position) {
        position += bytes[position] == UInt8(ascii: "\r") ? 2 : 1
        part.lines += 1
        continue
      }
      let row = parseRow(bytes, at: position, into: part)
      if let failure = row.failure {
        if !skipsInvalid || failure.isFatal {
          part.failure = failure
          part.failure?.line += part.lines
          return
        }
        part.skipped += 1
      } else {
        part.rows += 1
        if let label = row.label { part.survey.add(label) }
      }
      position = row.end
      part.lines += row.lines
    }
  }

  /// What was found in a row.
  private struct Row {
    var end: Int
    var lines = 1
    var failure: CSVPart.Failure?
    var label: String?
  }

  @inline(__always)
  private func parseRow(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, into part: CSVPart) -> Row {
    var row = Row(end: start)
    var column = 0
    let x = part.x.elements.baseAddress.map { $0 + part.rows * features }
    let y = part.y.elements.baseAddress.map { $0 + part.rows * targets }
    while true {
      let slot = column < slots.count ? slots[column] : nil
      if let slot, let number = fastNumber(bytes, at: row.end, isLabel: slot == features) {
        if slot < features { x?[slot] = number.value } else { y?[slot - features] = number.value }
        row.end += number.length
      } else {
        guard let field = slowField(bytes, column: column, slot: slot, of: &row) else { return row }
        if let slot, let value = value(of: field, in: bytes, column: column, slot: slot, of: &row) {
          if slot < features { x?[slot] = value } else { y?[slot - features] = value }
        }
        row.lines += field.lines
        row.end = field.end
      }
      column += 1
      if row.end >= bytes.count { break }
      let byte = bytes[row.end]
      if byte == delimiter {
        row.end += 1
        continue
      }
      row.end += byte == UInt8(ascii: "\r") ? 2 : 1
      break
    }
    row.end = min(row.end, bytes.count)
    if column != slots.count, row.failure == nil {
      row.failure = CSVPart.Failure(.fields(found: column, expected: slots.count), column: column, line: 0)
    }
    if let weightColumn, row.failure == nil, let y, y[targets - 1] < 0 {
      row.failure = CSVPart.Failure(.negativeWeight, column: weightColumn, line: 0)
    }
    return row
  }

  /// A plain number that fills its field, which is what nearly all fields are.
  @inline(__always)
  private func fastNumber(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, isLabel: Bool) -> DecimalNumber
    .Prefix?
  {
    if isLabel, case .none = labels {} else if isLabel { return nil }
    let rest = UnsafeBufferPointer(rebasing: bytes[start...])
    guard let number = DecimalNumber.prefix(rest, precision), number.length < rest.count else { return nil }
    let next = rest[number.length]
    if next == delimiter || next == UInt8(ascii: "\n") { return number }
    return next == UInt8(ascii: "\r") && CSVField.isLineEnd(rest, at: number.length) ? number : nil
  }

  /// Any field; nil after a fault, which becomes the row's failure unless there is one already.
  private func slowField(_ bytes: UnsafeBufferPointer<UInt8>, column: Int, slot: Int?, of row: inout Row)
    -> CSVField?
  {
    do throws(CSVField.Failure) {
      return try CSVField(bytes, at: row.end, delimiter: delimiter)
    } catch {
      // Worse than a number that cannot be read: where the next row begins is unknown.
      row.failure = CSVPart.Failure(.syntax(error.fault), column: column, line: row.lines - 1 + error.lines)
      return nil
    }
  }

  /// The number in a field, or nil after making a failure the row's, if it is the first.
  private func value(
    of field: CSVField, in bytes: UnsafeBufferPointer<UInt8>, column: Int, slot: Int, of row: inout Row
  ) -> Double? {
    let isMissing = field.isMissing(in: bytes)
    if slot == features, !isMissing {
      switch labels {
      case .none: break
      case .survey:
        let label = field.text(in: bytes)
        if !label.utf8.contains(0) {
          row.label = label
          return 0
        }
      case .table(let table):
        if let number = table.number(field.text(in: bytes)) { return Double(number) }
      }
    }
    let number = field.number(in: bytes)
    if !isMissing, let value = DecimalNumber.parse(number, precision), value.isFinite { return value }
    if row.failure == nil {
      row.failure = CSVPart.Failure(
        CSVFailure(number, isMissing: isMissing, precision), column: column, line: row.lines - 1)
    }
    return nil
  }
}

/// The numbers of some rows.
///
/// `Sendable` is unchecked: a part is filled by one thread at a time and read only after that.
final class CSVPart: @unchecked Sendable {
  /// The first thing that was wrong.
  struct Failure {
    var failure: CSVFailure
    var column: Int
    /// The line, counted from that in which the row begins, and then from the part's first.
    var line: Int

    init(_ failure: CSVFailure, column: Int, line: Int) {
      self.failure = failure
      self.column = column
      self.line = line
    }

    /// Whether nothing after it can be read.
    var isFatal: Bool { if case .syntax = failure { true } else { false } }
  }

  fileprivate(set) var x = AlignedBuffer<Double>(repeating: 0, count: 0)
  fileprivate(set) var y = AlignedBuffer<Double>(repeating: 0, count: 0)
  /// The rows taken.
  fileprivate(set) var rows = 0
  /// The rows dropped.
  fileprivate(set) var skipped = 0
  /// The lines before the one with the failure, or all.
  fileprivate(set) var lines = 0
  fileprivate(set) var failure: Failure?
  fileprivate(set) var survey = LabelSurvey()

  /// Forgets everything and makes room for the rows of so many bytes.
  fileprivate func reset(bytes: Int, features: Int, targets: Int) {
    (rows, skipped, lines, failure, survey) = (0, 0, 0, nil, LabelSurvey())
    // A value that is kept has a byte at least, and one after it but at the end of the file. A row that is dropped
    // writes where the next one goes.
    if x.count < bytes / 2 + features + 1 { x = AlignedBuffer(repeating: 0, count: bytes / 2 + features + 1) }
    if y.count < bytes / 2 + targets + 1 { y = AlignedBuffer(repeating: 0, count: bytes / 2 + targets + 1) }
  }
}
