import Primitives

/// Which columns of a text file are features, which are targets, and which has weights.
struct CSVColumns: Equatable {
  /// The columns of the features, in the order in which they were asked for, counted from 0.
  var features: [Int]
  /// The columns of the targets, likewise.
  var targets: [Int]
  /// The column of the weights, if rows have any.
  var weights: Int?

  /// Finds the columns that `options` name.
  ///
  /// - Parameter hasTargets: whether there are targets at all.
  init(_ layout: CSVLayout, _ options: CSVOptions, hasTargets: Bool, file: String) throws(LockstepError) {
    weights = try options.weights.map { name throws(LockstepError) in
      try Self.findWeights(name, in: layout, file: file)
    }
    targets = []
    if hasTargets {
      targets =
        try options.targets.map { names throws(LockstepError) in
          try Self.find(names, in: layout, option: "--targets", file: file)
        } ?? [max(0, layout.columns - (weights == layout.columns - 1 ? 2 : 1))]
    }
    let taken = Set(targets + (weights.map { [$0] } ?? []))
    features =
      try options.features.map { names throws(LockstepError) in
        try Self.find(names, in: layout, option: "--features", file: file)
      } ?? (0..<layout.columns).filter { !taken.contains($0) }
    if let both = features.first(where: taken.contains) {
      throw LockstepError(
        .usage, "--features", "column \(both) \(both == weights ? "has the weights" : "is a target"), too",
        remedy: "Name each column once.")
    }
    if let column = weights, targets.contains(column) {
      throw LockstepError(
        .usage, "--weights", "column \(column) is a target, too", remedy: "Name each column once.")
    }
    guard !features.isEmpty else {
      throw LockstepError(
        .badData, file, "no column is left for features",
        found: layout.columns == 1 ? "1 column" : "\(layout.columns) columns",
        remedy: hasTargets
          ? "Check --delimiter and --targets, or give --no-targets if there are none." : "Check --delimiter.")
    }
  }

  private static func findWeights(_ name: String, in layout: CSVLayout, file: String) throws(LockstepError)
    -> Int
  {
    let columns = try find([name], in: layout, option: "--weights", file: file)
    guard columns.count == 1 else {
      throw LockstepError(
        .usage, "--weights", "names several columns", found: name, expected: "one column",
        remedy: "Give each row one weight.")
    }
    return columns[0]
  }

  /// Where the value of each column goes: nil for nowhere, features first, then targets, then the weight.
  func slots(columns: Int) -> [Int?] {
    var slots = [Int?](repeating: nil, count: columns)
    for (slot, column) in (features + targets + (weights.map { [$0] } ?? [])).enumerated() {
      slots[column] = slot
    }
    return slots
  }

  private static func find(_ names: [String], in layout: CSVLayout, option: String, file: String)
    throws(LockstepError) -> [Int]
  {
    var found: [Int] = []
    var seen: Set<Int> = []
    for name in names {
      for column in try find(name, in: layout, option: option, file: file) {
        guard seen.insert(column).inserted else {
          throw LockstepError(
            .usage, option, "column \(column) is named twice", found: names.joined(separator: ","),
            remedy: "Name each column once.")
        }
        found.append(column)
      }
    }
    return found
  }

  /// The columns that a name, a number from 0 or a range of numbers stands for. Names come first.
  private static func find(_ name: String, in layout: CSVLayout, option: String, file: String)
    throws(LockstepError) -> ClosedRange<Int>
  {
    let matches = (layout.names ?? []).indices.filter { layout.names?[$0] == name }
    if matches.count > 1 {
      throw LockstepError(
        .usage, option, "\(file) has several columns of this name", found: name,
        remedy: "Give their numbers: \(matches.map { "\($0)" }.joined(separator: ", ")).")
    }
    if let match = matches.first { return match...match }
    if let numbers = numbers(name), numbers.upperBound < layout.columns { return numbers }
    let names =
      layout.names.map { "the columns are \(list($0))" } ?? "the columns have no names, only numbers"
    throw LockstepError(
      .usage, option, "\(file) has no such column", found: name,
      expected: numbers(name) == nil ? names : "0 to \(layout.columns - 1)",
      remedy: "Name a column of the first line, or give its number, counted from 0.")
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
  }

  /// "3" as 3...3 and "3-7" as 3...7; nil for everything else.
  static func numbers(_ text: String) -> ClosedRange<Int>? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 48 && $0 < 58 } }),
      let first = Int(parts[0]), let last = Int(parts[parts.count - 1]), first <= last
    else { return nil }
    return first...last
  }
}
