import Lockstep

/// What a validation found, for people and for programs.
struct ValidationDisplay {
  private let report: ValidationReport
  private let repacking: String?

  /// A report, and the command that stores its samples well, if they are not.
  init(_ report: ValidationReport, repacking: String?) {
    self.report = report
    self.repacking = repacking
  }

  /// More columns than these are for programs to read.
  private static let mostColumns = 20

  /// The report as a person reads it.
  var text: String {
    var rows = [
      ("file", report.location.file),
      (
        "samples", "\(Format.count(report.rows)) of \(Format.count(report.x.width, "feature")), \(targetText)"
      ),
      storage(report.x), storage(report.y),
    ]
    if let weights = report.weights { rows.append(storage(weights)) }
    rows += Self.lines("advice", report.advice.sentences)
    if let repacking { rows.append(("repack", repacking)) }
    rows += validity + classRows + duplicateRows
    rows += constants(report.constantFeatures, report.x) + constants(report.constantTargets, report.y)
    for path in report.written { rows.append(("written", "statistics, as attributes of \(path)")) }
    for path in report.tooWide {
      rows.append(("not written", "\(path) has more columns than the 64 KiB of an attribute hold"))
    }
    rows.append(("verdict", report.refusal == nil ? "train takes this file" : "train would refuse this file"))
    return ([Format.table(rows)] + statistics).joined(separator: "\n\n")
  }

  private var targetText: String {
    report.role == .labels ? "labelled" : Format.count(report.y.width, "target")
  }

  private func storage(_ dataset: StoredDataset) -> (String, String) {
    let shape = dataset.shape.map(String.init).joined(separator: " x ")
    let filters = dataset.filters.map { ", \($0)" }.joined()
    return (
      dataset.path,
      "\(shape)  \(dataset.type), \(dataset.layout)\(filters), \(Format.count(dataset.storedBytes)) bytes"
    )
  }

  private var validity: [(String, String)] {
    let invalid = report.invalid
    guard invalid.count > 0 else { return [("invalid rows", "none")] }
    let parts = [
      invalid.withFeatures > 0 ? "\(Format.count(invalid.withFeatures)) with such features" : nil,
      invalid.withTargets > 0 ? "\(Format.count(invalid.withTargets)) with such targets" : nil,
      invalid.withWeights > 0 ? "\(Format.count(invalid.withWeights)) with such weights" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
    let places = invalid.first.map { number in
      let column = number.part == .weights ? "" : ", column \(number.column)"
      return
        "\(path(number)) row \(number.row)\(column): \(Self.value(number.value)) is \(number.problem.rawValue)"
    }
    let more = invalid.count > places.count ? ["..."] : []
    return [("invalid rows", "\(Format.count(invalid.count)) of \(Format.count(report.rows)): \(parts)")]
      + (places + more).map { ("", $0) }
  }

  /// The dataset that a number is in.
  private func path(_ number: InvalidNumber) -> String {
    switch number.part {
    case .x: report.x.path
    case .y: report.y.path
    case .weights: report.weights?.path ?? ""
    }
  }

  private var classRows: [(String, String)] {
    guard let classes = report.classes, let least = classes.least, let largest = classes.largest else {
      return []
    }
    var rows = [("classes", "\(Format.count(classes.classes)) (labels from \(least) to \(largest))")]
    if let counts = classes.perClass, counts.count <= Self.mostColumns {
      let list = counts.enumerated().map { "\($0): \(Format.count($1))" }.joined(separator: ", ")
      rows.append(("rows a class", list))
    } else if let counts = classes.perClass {
      let present = counts.filter { $0 > 0 }
      rows.append(
        ("rows a class", "from \(Format.count(present.min() ?? 0)) to \(Format.count(present.max() ?? 0))"))
    }
    if let missing = classes.missing, !missing.isEmpty {
      rows.append(("never occur", "\(Format.count(missing.count)) classes: \(Self.list(missing))"))
    }
    return rows
  }

  private var duplicateRows: [(String, String)] {
    guard let found = report.duplicates else { return [] }
    let what = found.kind == .x ? "features" : "features and targets"
    let passes = found.passes == 1 ? "" : " (\(found.passes) passes over the rows)"
    let head = ("duplicates", "\(Format.count(found.rows, "row")) with \(what) of an earlier one\(passes)")
    let more = found.rows > found.pairs.count ? ["..."] : []
    return [head] + (found.pairs.map { "row \($0.row) is row \($0.first)" } + more).map { ("", $0) }
  }

  private func constants(_ columns: [Int], _ dataset: StoredDataset) -> [(String, String)] {
    guard !columns.isEmpty else { return [] }
    return [("constant", "\(dataset.path): \(Format.count(columns.count, "column")): \(Self.list(columns))")]
  }

  /// The statistics, a table for each dataset.
  private var statistics: [String] {
    [
      (report.x, report.features as ColumnStatistics?), (report.y, report.targets),
      (report.weights, report.weightStatistics),
    ].compactMap { dataset, found in
      guard let dataset, let found, found.count > 0 else { return nil }
      var table = TextTable([dataset.path, "mean", "standard deviation", "minimum", "maximum"])
      for column in found.means.indices.prefix(Self.mostColumns) {
        table.add(
          [dataset.columnNames?[column] ?? "\(column)"]
            + [
              found.means[column], found.standardDeviation(column), found.least[column], found.most[column],
            ].map(Format.number))
      }
      let rest = found.means.count - Self.mostColumns
      return table.text + (rest > 0 ? "\n... \(Format.count(rest, "further column")): see --json" : "")
    }
  }

  /// Lines under one name.
  private static func lines(_ name: String, _ texts: [String]) -> [(String, String)] {
    texts.enumerated().map { ($0 == 0 ? name : "", $1) }
  }

  /// The first of some numbers.
  private static func list(_ numbers: [Int]) -> String {
    numbers.prefix(10).map(String.init).joined(separator: ", ") + (numbers.count > 10 ? ", ..." : "")
  }

  /// A number as it was probably written.
  static func value(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}

extension ValidationDisplay {
  /// More classes than these are not counted one by one in JSON.
  private static let mostClasses = 1000

  /// The report as a program reads it.
  var json: JSON {
    var object: [String: JSON] = [
      "file": .string(report.location.file), "valid": .boolean(report.refusal == nil),
      "rows": .integer(report.rows), "features": .integer(report.x.width),
      "targets": .integer(report.y.width), "labels": .boolean(report.role == .labels),
      "precision": .string(report.precision.rawValue), "invalid_rows": .integer(report.invalid.count),
      "invalid_feature_rows": .integer(report.invalid.withFeatures),
      "invalid_target_rows": .integer(report.invalid.withTargets),
      "invalid_weight_rows": .integer(report.invalid.withWeights),
    ]
    object["problem"] = report.refusal.map { .string("\($0)") } ?? .null
    object["datasets"] = .array([report.x, report.y, report.weights].compactMap { $0.map { Self.json($0) } })
    object["advice"] = .array(report.advice.sentences.map { .string($0) })
    object["repack"] = repacking.map { .string($0) } ?? .null
    object["first_invalid"] = .array(report.invalid.first.map { json($0) })
    object["statistics"] = .object([
      "x": Self.json(report.features, constants: report.constantFeatures),
      "y": report.targets.map { Self.json($0, constants: report.constantTargets) } ?? .null,
      "weights": report.weightStatistics.map { Self.json($0, constants: []) } ?? .null,
    ])
    object["classes"] = report.classes.map { Self.json($0) } ?? .null
    object["duplicates"] = report.duplicates.map { Self.json($0) } ?? .null
    object["statistics_written"] = .array(report.written.map { .string($0) })
    return .object(object)
  }

  private static func json(_ dataset: StoredDataset) -> JSON {
    .object([
      "path": .string(dataset.path), "shape": .array(dataset.shape.map(JSON.integer)),
      "type": .string(dataset.type), "layout": .string(dataset.layout),
      "chunk": dataset.chunk.map { .array($0.map(JSON.integer)) } ?? .null,
      "filters": .array(dataset.filters.map(JSON.string)), "stored_bytes": .integer(dataset.storedBytes),
      "parallel": .boolean(dataset.isReadInParallel),
    ])
  }

  private func json(_ number: InvalidNumber) -> JSON {
    .object([
      "dataset": .string(path(number)), "row": .integer(number.row),
      "column": .integer(number.column), "value": .string(Self.value(number.value)),
      "problem": .string(number.problem.rawValue),
    ])
  }

  private static func json(_ statistics: ColumnStatistics, constants: [Int]) -> JSON {
    let hasRows = statistics.count > 0
    func numbers(_ values: [Double]) -> JSON { hasRows ? .array(values.map(JSON.number)) : .null }
    return .object([
      "rows": .integer(statistics.count), "mean": numbers(statistics.means),
      "standard_deviation": numbers(statistics.means.indices.map { statistics.standardDeviation($0) }),
      "minimum": numbers(statistics.least), "maximum": numbers(statistics.most),
      "constant_columns": .array(constants.map(JSON.integer)),
    ])
  }

  private static func json(_ classes: ClassCounts) -> JSON {
    let counts = classes.perClass.flatMap { $0.count <= mostClasses ? $0 : nil }
    return .object([
      "count": .integer(classes.classes), "least": classes.least.map(JSON.integer) ?? .null,
      "largest": classes.largest.map(JSON.integer) ?? .null,
      "missing": classes.missing.map { .integer($0.count) } ?? .null,
      "first_missing": .array((classes.missing ?? []).prefix(10).map(JSON.integer)),
      "rows": counts.map { .array($0.map(JSON.integer)) } ?? .null,
    ])
  }

  private static func json(_ found: Duplicates) -> JSON {
    .object([
      "of": .string(found.kind.rawValue), "rows": .integer(found.rows), "passes": .integer(found.passes),
      "pairs": .array(found.pairs.map { .object(["row": .integer($0.row), "first": .integer($0.first)]) }),
    ])
  }
}
