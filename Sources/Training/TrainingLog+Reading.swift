import Primitives

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension TrainingLog {
  /// The epochs of the log at `path`. A last line without an end, which a run is writing, is left out.
  ///
  /// - Throws: ``LockstepError`` naming the line if it is not one of a log.
  public static func read(_ path: String) throws(LockstepError) -> [EpochRecord] {
    guard let format = Format(path: path) else {
      throw LockstepError(
        .badData, path, "is not a log", expected: "a name in .csv or .jsonl",
        remedy: "Name a file that lockstep train --log wrote.")
    }
    var lines = try text(path).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    if format == .csv {
      guard lines.popFirst().map(String.init) == columns.joined(separator: ",") else {
        throw damage(path, line: 1, expected: columns.joined(separator: ","))
      }
    }
    let first = format == .csv ? 2 : 1
    var records: [EpochRecord] = []
    for (index, line) in lines.enumerated() {
      guard let values = format == .csv ? numbers(table: line) : numbers(json: line),
        values[0] == Double(index + 1)
      else {
        throw damage(
          path, line: first + index, expected: "the \(columns.count) numbers of epoch \(index + 1)")
      }
      var record = EpochRecord(loss: .nan, validationLoss: .nan, learningRate: .nan, seconds: .nan)
      for (column, value) in zip(EpochRecord.columns, values.dropFirst(2)) {
        record[keyPath: column.column] = value ?? .nan
      }
      records.append(record)
    }
    return records
  }

  private static func text(_ path: String) throws(LockstepError) -> String {
    do {
      return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    } catch {
      throw LockstepError(.noInput, path, "cannot be read", remedy: "Check the path.")
    }
  }

  private static func damage(_ path: String, line: Int, expected: String) -> LockstepError {
    LockstepError(
      .badData, "\(path):\(line)", "is not a line of a log", expected: expected,
      remedy: "Name a file that lockstep train --log wrote.")
  }

  /// The numbers of a line, nil where there is none; nil if the line is something else.
  private static func numbers(table line: Substring) -> [Double?]? {
    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == columns.count, fields.allSatisfy({ $0.isEmpty || Double($0) != nil }) else {
      return nil
    }
    return fields.map { Double($0) }
  }

  private static func numbers(json line: Substring) -> [Double?]? {
    guard
      let object = try? JSONDecoder().decode([String: Double?].self, from: Data(line.utf8)),
      Set(object.keys) == Set(columns)
    else { return nil }
    return columns.map { object[$0] ?? nil }
  }
}
