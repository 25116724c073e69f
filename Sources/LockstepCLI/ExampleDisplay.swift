import Lessons
import Lockstep

/// A lesson as text and as JSON.
struct ExampleDisplay {
  private let lesson: Lesson
  let transcript: Transcript

  /// Works through `lesson`.
  init(lesson: Lesson) throws(LockstepError) {
    self.lesson = lesson
    transcript = try lesson.run()
  }

  /// The numbers with their labels in a column of their own; of long tables only some rows, unless `full`.
  func text(full: Bool) -> String {
    let width = transcript.entries.reduce(0) { width, entry in
      if case .numbers(let numbers) = entry { max(width, numbers.label.count) } else { width }
    }
    let parts = transcript.entries.map { entry in
      switch entry {
      case .text(let text), .claim(let text): "\n" + Self.wrapped(text) + "\n"
      case .numbers(let numbers): Self.text(numbers, labelWidth: width)
      case .table(let table): "\n" + Self.text(table, full: full) + "\n"
      case .map(let map): "\n\(map.label): \(map.points) by \(map.points) points, drawn with --charts\n"
      }
    }
    let count = transcript.checks
    let lines =
      (["\(lesson.name): \(lesson.summary)\n"] + parts + ["\n\(Format.count(count, "result")) checked"])
      .joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    // No two empty lines in a row.
    return lines.indices.filter { $0 == 0 || !lines[$0].isEmpty || !lines[$0 - 1].isEmpty }
      .map { String(lines[$0]) }.joined(separator: "\n")
  }

  private static func text(_ numbers: Transcript.Numbers, labelWidth: Int) -> String {
    let columns = max(numbers.columns ?? numbers.values.count, 1)
    let rows = stride(from: 0, to: numbers.values.count, by: columns).map { start in
      "[" + numbers.values[start..<start + columns].map { text($0, numbers) }.joined(separator: " ") + "]"
    }
    let indent = String(repeating: " ", count: labelWidth + 2)
    let label = numbers.label + String(repeating: " ", count: labelWidth + 2 - numbers.label.count)
    let source = numbers.expected.map { "  \($0.source)" } ?? ""
    return label + rows.joined(separator: "\n" + indent) + source
  }

  private static func text(_ value: Double, _ numbers: Transcript.Numbers) -> String {
    // What was published with all its digits is printed with all of them.
    if let expected = numbers.expected, expected.source == "as published", expected.tolerance < 1e-12 {
      return "\(value)"
    }
    return short(value)
  }

  /// Eight decimals, without zeros at the end.
  private static func short(_ value: Double) -> String {
    // Small numbers would lose their digits.
    guard value == 0 || abs(value) >= 1e-3 && abs(value) < 1e6 else { return Format.number(value) }
    var text = Format.decimal(value, places: 8)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  private static func text(_ table: Transcript.Table, full: Bool) -> String {
    var text = TextTable(table.header)
    for (index, row) in table.rows.enumerated()
    where full || index % table.stride == 0 || index == table.rows.count - 1 {
      text.add([Format.count(Int(row[0]))] + row.dropFirst().map { $0.isFinite ? Format.number($0) : "-" })
    }
    return "\(table.label):\n\(text.text)"
  }

  private static func wrapped(_ text: String) -> String {
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines.count - 1
      if lines[last].isEmpty {
        lines[last] = String(word)
      } else if lines[last].count + 1 + word.count <= 100 {
        lines[last] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The numbers, with what they were checked against, and the tables.
  func json() -> JSON {
    var checks: [JSON] = []
    var numbers: [JSON] = []
    var tables: [JSON] = []
    for entry in transcript.entries {
      switch entry {
      case .text, .map: break
      case .claim(let claim): checks.append(.object(["label": .string(claim), "holds": .boolean(true)]))
      case .numbers(let entry) where entry.expected == nil: numbers.append(.object(Self.fields(entry)))
      case .numbers(let entry): checks.append(.object(Self.fields(entry)))
      case .table(let table):
        tables.append(
          .object([
            "label": .string(table.label), "columns": .array(table.header.map(JSON.string)),
            "rows": .array(table.rows.map { .array($0.map(JSON.number)) }),
          ]))
      }
    }
    return .object([
      "name": .string(lesson.name), "summary": .string(lesson.summary), "checked": .array(checks),
      "numbers": .array(numbers), "tables": .array(tables),
    ])
  }

  private static func fields(_ numbers: Transcript.Numbers) -> [String: JSON] {
    var fields: [String: JSON] = [
      "label": .string(numbers.label), "values": json(numbers.values, columns: numbers.columns),
    ]
    if let expected = numbers.expected {
      fields["expected"] = json(expected.values, columns: numbers.columns)
      fields["tolerance"] = .number(expected.tolerance)
      fields["source"] = .string(expected.source)
    }
    return fields
  }

  /// A list of numbers, or of rows.
  private static func json(_ values: [Double], columns: Int?) -> JSON {
    guard let columns else { return .array(values.map(JSON.number)) }
    return .array(
      stride(from: 0, to: values.count, by: columns).map { start in
        .array(values[start..<start + columns].map(JSON.number))
      })
  }
}
