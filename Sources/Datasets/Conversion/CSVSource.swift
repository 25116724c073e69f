import Dispatch
import HDF5
import Primitives

/// Rows in files of comma-separated values (RFC 4180), parsed by several threads.
///
/// The blocks do not depend on the number of threads, nor on where pieces of the file end. The memory is bounded, whatever
/// the size of the files. Several files are read as if they were one; each has the header, or none has.
public final class CSVSource: ConversionSource {
  private let files: [InputFile]
  private let layouts: [CSVLayout]
  private let columns: CSVColumns
  private let options: ConversionOptions
  private let sizes: CSVPieces.Sizes
  private var classes: ClassNames?

  /// Opens the files and looks at their first lines.
  ///
  /// - Throws: ``LockstepError`` if one cannot be read, or if columns are missing or differ.
  public convenience init(_ paths: [String], _ options: ConversionOptions) throws(LockstepError) {
    try self.init(paths, options, sizes: CSVPieces.Sizes())
  }

  init(_ paths: [String], _ options: ConversionOptions, sizes: CSVPieces.Sizes) throws(LockstepError) {
    var text = options.text
    if case .dataset(let name) = options.weights { text.weights = name }
    var files: [InputFile] = []
    var layouts: [CSVLayout] = []
    for path in paths {
      let file = try InputFile(path)
      let layout = try CSVLayout(file, text, labelled: options.hasLabels, sizes: sizes)
      try Self.requireSame(layout, as: layouts.first, file: path, first: paths[0])
      files.append(file)
      layouts.append(layout)
    }
    precondition(!files.isEmpty)
    columns = try CSVColumns(layouts[0], text, hasTargets: options.hasTargets, file: paths[0])
    guard !options.hasLabels || columns.targets.count == 1 else {
      throw LockstepError(
        .usage, "--labels", "needs exactly one target", found: "\(columns.targets.count)",
        remedy: "Name the column of the classes with --targets.")
    }
    self.files = files
    self.layouts = layouts
    self.options = options
    self.sizes = sizes
  }

  /// Counts the rows; if any may be dropped, or classes have names, by parsing them all.
  public func survey(progress: (ConversionProgress) -> Void) throws(LockstepError) -> RowSurvey {
    var rows = 0
    var skipped = 0
    if options.hasLabels || options.skipsInvalid {
      var labels = LabelSurvey()
      try parse(options.hasLabels ? .survey : .none, .counting, progress: progress) { part in
        rows += part.rows
        skipped += part.skipped
        labels.merge(part.survey)
      }
      if options.hasLabels { classes = try labels.classes(file: files[0].path) }
    } else {
      rows = try count(progress: progress)
    }
    guard rows > 0 else { throw noRows(skipped: skipped) }
    return RowSurvey(rows: rows, skipped: skipped, description: description, classes: classes?.names)
  }

  /// Parses all rows.
  public func read(
    progress: (ConversionProgress) -> Void, _ body: (SourceRows) throws(LockstepError) -> Void
  ) throws(LockstepError) {
    let labels = classes.map { CSVRowParser.Labels.table(LabelTable($0)) } ?? .none
    try parse(labels, .converting, progress: progress) { part throws(LockstepError) in
      let x = UnsafeBufferPointer(rebasing: part.x.elements[..<(part.rows * columns.features.count)])
      let targets = columns.targets.count
      guard columns.weights != nil else {
        let y = UnsafeBufferPointer(rebasing: part.y.elements[..<(part.rows * targets)])
        return try body(SourceRows(rows: part.rows, x: x, y: y))
      }
      // The parser puts each row's weight behind its targets.
      let y = AlignedBuffer<Double>(repeating: 0, count: part.rows * targets)
      let weights = AlignedBuffer<Double>(repeating: 0, count: part.rows)
      for row in 0..<part.rows {
        let start = row * (targets + 1)
        for target in 0..<targets { y.elements[row * targets + target] = part.y.elements[start + target] }
        weights.elements[row] = part.y.elements[start + targets]
      }
      try body(
        SourceRows(
          rows: part.rows, x: x, y: UnsafeBufferPointer(y.elements),
          weights: UnsafeBufferPointer(weights.elements)))
      withExtendedLifetime((y, weights)) {}
    }
  }

  private var precision: Precision { options.precision ?? .float32 }

  private var description: DatasetDescription {
    var targets = DatasetDescription.Targets.values(columns: columns.targets.count, precision)
    if !options.hasTargets { targets = .none }
    if options.hasLabels { targets = .labels(bits: 32) }
    var description = DatasetDescription(
      features: columns.features.count, precision: precision, targets: targets,
      weights: columns.weights == nil ? nil : precision)
    if let names = layouts[0].names {
      description.setColumnNames(x: columns.features.map { names[$0] }, y: columns.targets.map { names[$0] })
    }
    if options.hasLabels { description.yAttributes["long_name"] = .string("class") }
    if let names = classes?.names { description.yAttributes["classes"] = .strings(names) }
    return description
  }

  private func noRows(skipped: Int) -> LockstepError {
    LockstepError(
      .badData, files[0].path, skipped > 0 ? "no row is left" : "there are no rows",
      found: skipped > 0 ? "\(skipped) rows, all of them invalid" : nil,
      remedy: skipped > 0
        ? "Leave --skip-invalid out to see what is wrong with the first." : "Write one row a line.")
  }

  private static func requireSame(_ layout: CSVLayout, as other: CSVLayout?, file: String, first: String)
    throws(LockstepError)
  {
    guard let other else { return }
    guard layout.columns == other.columns, layout.names == other.names, layout.delimiter == other.delimiter
    else {
      throw LockstepError(
        .badData, file, "has other columns than \(first)", found: describe(layout), expected: describe(other),
        remedy: "Give files of the same columns, or convert them one by one.")
    }
  }

  private static func describe(_ layout: CSVLayout) -> String {
    layout.names.map { $0.prefix(20).joined(separator: ", ") } ?? "\(layout.columns) columns without names"
  }
}

// MARK: - Passes over the files

extension CSVSource {
  private var totalBytes: Int { files.reduce(0) { $0 + $1.size } }

  /// Parses all rows and gives out the parts in order.
  private func parse(
    _ labels: CSVRowParser.Labels, _ phase: ConversionProgress.Phase, progress: (ConversionProgress) -> Void,
    _ body: (CSVPart) throws(LockstepError) -> Void
  ) throws(LockstepError) {
    let parser = CSVRowParser(
      delimiter: layouts[0].delimiter, slots: columns.slots(columns: layouts[0].columns),
      features: columns.features.count, targets: columns.targets.count + (columns.weights == nil ? 0 : 1),
      weightColumn: columns.weights, precision: precision,
      skipsInvalid: options.skipsInvalid, labels: labels)
    let team = CSVTeam(parser)
    var before = 0
    for (file, layout) in zip(files, layouts) {
      let pieces = CSVPieces(file, from: layout.offset, sizes: sizes)
      var line = layout.line
      while let ranges = try pieces.next() {
        let parts = team.parse(ranges.map(pieces.part), threads: options.threads)
        for part in parts {
          if let failure = part.failure {
            throw failure.failure.error(
              file.path, line: line + failure.line, column: failure.column, names: layout.names)
          }
          try body(part)
          line += part.lines
        }
        if pieces.isOversized { throw Self.oversized(file.path, line: line) }
        let done = min(file.size, pieces.offset + (ranges.last?.upperBound ?? 0))
        progress(ConversionProgress(phase: phase, done: before + done, total: totalBytes))
      }
      before += file.size
    }
  }

  /// Counts rows without parsing them: the lines that are not blank and do not end within quotes.
  private func count(progress: (ConversionProgress) -> Void) throws(LockstepError) -> Int {
    var rows = 0
    var before = 0
    for (file, layout) in zip(files, layouts) {
      let pieces = CSVPieces(file, from: layout.offset, sizes: sizes)
      while let ranges = try pieces.next() {
        rows += CSVTeam.count(ranges.map(pieces.part), threads: options.threads)
        let done = min(file.size, pieces.offset + (ranges.last?.upperBound ?? 0))
        progress(ConversionProgress(phase: .counting, done: before + done, total: totalBytes))
      }
      before += file.size
    }
    return rows
  }

  private static func oversized(_ file: String, line: Int) -> LockstepError {
    LockstepError(
      .badData, "\(file):\(line)", "the row is too long",
      found: "more than \(CSVPieces.Sizes().row >> 20) MiB",
      remedy: "Check that the lines end in line feeds.")
  }
}
