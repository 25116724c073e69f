/// A table of text with a header, columns aligned to the right.
struct TextTable {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  /// Adds a row, which has as many cells as the header.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == rows[0].count)
    rows.append(cells)
  }

  /// The rows as lines.
  var text: String {
    let widths = rows[0].indices.map { column in rows.reduce(0) { max($0, $1[column].count) } }
    return rows.map { row in
      zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
