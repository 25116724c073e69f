import ArgumentParser
import Lockstep

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Turns CSV, NumPy's arrays or another HDF5 file into a dataset.",
    discussion: """
      Writes /x (rows by features), /y (rows by targets, or a class a row) and, where rows have weights, /weight. What an \
      input is, its first bytes tell, not its name. Files may be larger than memory. Rows that cannot be taken (a value missing, not a number or not \
      finite, a negative weight, or too few fields) are errors that name the place, unless --skip-invalid drops them.

      CSV: the last column that is not --weights is the target unless --targets says otherwise. Columns are named by the header or counted from 0. \
      Several files of the same columns become one dataset.
        lockstep convert houses.csv --output houses.h5
        lockstep convert houses.csv --targets price,rent --features rooms,area,5-9 --output houses.h5
        lockstep convert iris.csv --targets species --labels --output iris.h5
        lockstep convert 2024.csv 2025.csv --delimiter semicolon --skip-invalid --output all.h5
        lockstep convert survey.csv --targets income --weights stratum --output survey.h5
        lockstep convert new.csv --no-targets --output new.h5

      NumPy: two .npy files, features first, or an archive with arrays x and y. Integers in a vector of targets are classes; \
      an array of more dimensions has one row for each index of the first.
        lockstep convert x.npy y.npy --output data.h5
        lockstep convert mnist.npz --x x_train --y y_train --output mnist.h5

      HDF5: names, units and all other attributes are kept.
        lockstep convert measured.h5 --x /run/features --y /run/mass --precision float32 --output data.h5
        lockstep convert data.h5 --compression gzip --output small.h5
      """)

  @Argument(help: "The files to convert: CSV, .npy, .npz or HDF5.", completion: .file())
  var inputs: [String]

  @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
  var output: String

  @Option(
    help: "CSV: comma, tab, semicolon, space or any other character. (default: guessed from the first line)",
    transform: Delimiter.parse)
  var delimiter: UInt8?

  @Option(help: "CSV: whether the first line names the columns; auto: if one of its fields is text.")
  var header = CSVHeader.auto

  @Option(
    help: "CSV: the columns of the targets, by name, number or range of numbers. (default: the last)",
    transform: Parse.names)
  var targets: [String]?

  @Option(
    help: "CSV: the columns of the features, likewise. (default: all the others)", transform: Parse.names)
  var features: [String]?

  @Option(name: .customLong("x"), help: "HDF5 and .npz: the array of features. (default: x)")
  var x: String?

  @Option(name: .customLong("y"), help: "HDF5 and .npz: the array of targets. (default: y)")
  var y: String?

  @Option(
    help: ArgumentHelp(
      """
      The weights of rows: a column of CSV, or an array of HDF5 and .npz; none for none. (default: in HDF5 and .npz, the array \
      weight beside the features, if there is one)
      """, valueName: "column|array"))
  var weights: String?

  @OptionGroup var others: OtherFilesOption

  @Flag(
    help: """
      The target is a class: numbers from 0, or in CSV also names, which are numbered in ascending order and recorded.
      """)
  var labels = false

  @Flag(help: "There are no targets: write /x alone, for predict.")
  var noTargets = false

  @Flag(help: "Drop the rows that cannot be taken, and say how many.")
  var skipInvalid = false

  @Option(
    help: "How numbers are stored: float32 or float64. (default: as they are; float32 for CSV)")
  var precision: Precision?

  @Option(
    help: "Store in chunks of so many rows, with checksums, instead of in one piece.",
    transform: Parse.positive)
  var chunkRows: Int?

  @Option(help: "none, gzip or gzip:LEVEL, the level from 0 to 9.")
  var compression = Compression.none

  @Option(
    help: "The number of threads that read CSV, or auto. (default: auto)", transform: AutomaticOrCount.threads
  )
  var threads = ThreadChoice.automatic

  @Flag(help: "Replace the output if it is there.")
  var force = false

  @OptionGroup var console: OutputOptions

  func validate() throws {
    if noTargets, targets != nil || y != nil || labels {
      throw ValidationError("--no-targets contradicts --targets, --y and --labels.")
    }
  }

  func run() throws {
    try OutputFile.requireNew(output, force: force)
    for input in inputs { try OutputFile.requireOther(than: input, output, option: "--output") }
    let clock = ContinuousClock()
    let start = clock.now
    let source = try ConversionInput.open(inputs, options, beside: output)
    let display = ConversionDisplay(isQuiet: console.quiet)
    let report = try Conversion(
      source, format: DatasetFormat(chunkRows: chunkRows, compression: compression.level),
      title: inputs.joined(separator: ", "), command: command
    ).write(to: output, progress: display.update)
    display.finish()
    try tell(report, seconds: (clock.now - start) / .seconds(1))
  }

  private var options: ConversionOptions {
    var options = ConversionOptions()
    options.text = CSVOptions(delimiter: delimiter, header: header, targets: targets, features: features)
    (options.x, options.y) = (x, y)
    options.weights = weights.map { WeightChoice(name: $0) } ?? .automatic
    options.allowsOtherFiles = others.allowOtherFiles
    options.hasTargets = !noTargets
    options.hasLabels = labels
    options.skipsInvalid = skipInvalid
    options.precision = precision
    options.threads =
      switch threads {
      case .automatic: CPUBudget.current.cpus
      case .count(let count): count
      }
    return options
  }

  private func tell(_ report: Conversion.Report, seconds: Double) throws {
    if !console.quiet {
      for note in report.notes { Console.message(note) }
      if report.skipped > 0 {
        Console.message("dropped \(Format.count(report.skipped, "row")) that could not be taken")
      }
    }
    if console.json {
      try JSON.object(summary(report, seconds: seconds)).printResult()
    } else if !console.quiet {
      try Console.result(
        """
        wrote \(output): \(Format.count(report.rows, "sample")) of \(Format.count(report.description.features, "feature")), \
        \(targetText(report))\(report.description.weights == nil ? "" : ", weighted"), \(report.description.precision.rawValue), in \(Format.duration(seconds))
        """)
    }
  }

  private func summary(_ report: Conversion.Report, seconds: Double) -> [String: JSON] {
    [
      "output": .string(output), "samples": .integer(report.rows), "skipped": .integer(report.skipped),
      "features": .integer(report.description.features),
      "targets": .integer(report.description.targets.columns),
      "labels": .boolean(report.description.targets.areLabels),
      "weights": .boolean(report.description.weights != nil),
      "classes": report.classes.map { .array($0.map(JSON.string)) } ?? .null,
      "precision": .string(report.description.precision.rawValue), "seconds": .number(seconds),
      "samples_per_second": .number(Double(report.rows) / max(seconds, 1e-9)),
      "notes": .array(report.notes.map(JSON.string)),
    ]
  }

  private func targetText(_ report: Conversion.Report) -> String {
    guard report.description.targets.areLabels else {
      return Format.count(report.description.targets.columns, "target")
    }
    guard let classes = report.classes else { return "labelled" }
    let names = classes.prefix(10).joined(separator: ", ") + (classes.count > 10 ? ", ..." : "")
    return "\(classes.count) classes (\(names))"
  }

  /// The command that makes the same file, without what does not show in it.
  private var command: String {
    var words = ["lockstep convert"] + inputs.map(Self.quoted)
    if let delimiter { words.append("--delimiter \(Delimiter.name(delimiter))") }
    if header != .auto { words.append("--header \(header.rawValue)") }
    if let targets { words.append("--targets \(Self.quoted(targets.joined(separator: ",")))") }
    if let features { words.append("--features \(Self.quoted(features.joined(separator: ",")))") }
    if let x { words.append("--x \(Self.quoted(x))") }
    if let y { words.append("--y \(Self.quoted(y))") }
    if let weights { words.append("--weights \(Self.quoted(weights))") }
    if others.allowOtherFiles { words.append("--allow-other-files") }
    if labels { words.append("--labels") }
    if noTargets { words.append("--no-targets") }
    if skipInvalid { words.append("--skip-invalid") }
    if let precision { words.append("--precision \(precision.rawValue)") }
    if let chunkRows { words.append("--chunk-rows \(chunkRows)") }
    if compression != .none { words.append("--compression \(compression.defaultValueDescription)") }
    return words.joined(separator: " ")
  }

  /// A word as a shell takes it.
  static func quoted(_ word: String) -> String {
    let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "_-./,:+=@%".contains($0) }
    return isPlain
      ? word : "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }
}

extension CSVHeader: ExpressibleByArgument {}

extension DatasetDescription.Targets {
  fileprivate var areLabels: Bool {
    if case .labels = self { return true }
    return false
  }
}

/// The byte between fields, as options name it.
enum Delimiter {
  private static let names: [(name: String, byte: UInt8)] = [
    ("comma", UInt8(ascii: ",")), ("tab", UInt8(ascii: "\t")), ("semicolon", UInt8(ascii: ";")),
    ("space", UInt8(ascii: " ")),
  ]

  static func parse(_ text: String) throws -> UInt8 {
    if let named = names.first(where: { $0.name == text }) { return named.byte }
    if text == "\\t" { return UInt8(ascii: "\t") }
    guard text.utf8.count == 1, let byte = text.utf8.first, byte == 9 || byte >= 32 && byte < 127,
      !text.allSatisfy({ $0.isLetter || $0.isNumber || "\"+-.".contains($0) })
    else {
      throw ValidationError(
        "it must be comma, tab, semicolon, space or a single character that is no letter, digit, sign, point or quote."
      )
    }
    return byte
  }

  static func name(_ byte: UInt8) -> String {
    names.first { $0.byte == byte }?.name ?? "'\(Character(Unicode.Scalar(byte)))'"
  }
}

/// The progress of a conversion, one bar for each pass over the input.
private final class ConversionDisplay {
  private let isQuiet: Bool
  private var phase: ConversionProgress.Phase?
  private var bar: ProgressBar?

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func update(_ progress: ConversionProgress) {
    if progress.phase != phase {
      finish()
      phase = progress.phase
      bar = ProgressBar(unit: "B", total: progress.total, isQuiet: isQuiet)
    }
    bar?.update(done: progress.done, note: progress.phase.rawValue)
  }

  func finish() { bar?.finish() }
}
