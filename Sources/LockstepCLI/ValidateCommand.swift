import ArgumentParser
import Lockstep

extension DuplicateKind: ExpressibleByArgument {}

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Looks at every row of a dataset: would train take it, and is it worth training on?",
    discussion: """
      Reads all rows once, in bounded memory, and tells:
        - which rows train would refuse: numbers that are NaN or infinite (in --precision), labels that are not 0, 1, 2 ..., \
      weights that are negative;
        - mean, standard deviation, minimum and maximum of each column, and columns that are one number in all rows;
        - how often each class occurs, and which never does;
        - how the numbers are stored, whether that is slow to read, and the lockstep convert that stores them well;
        - with --duplicates, rows that are the same as an earlier one.

      Integers are classes and other numbers are numbers, as for train, unless --labels or --numbers says otherwise. Statistics \
      and classes are of the rows that train would take. The result is the same for any number of threads.

      Exit code 0: train takes the file. 65: it does not; the report is printed all the same.

      --write-statistics CHANGES THE FILE IN PLACE: /x, and /y if it has numbers, get the attributes mean, standard_deviation, \
      minimum and maximum, with a number for each column. The samples stay as they are. Do not read or write the file \
      meanwhile, and keep a copy of what cannot be made again: should the machine lose power just then, the file may be damaged.

      Examples:
        lockstep validate houses.h5
        lockstep validate digits.h5 --x images --y labels --duplicates x
        lockstep validate houses.h5 --write-statistics --json
      """)

  @OptionGroup(title: "Data") var data: DataOptions

  @Flag(help: "Read the target as a class, as with --loss cross-entropy, whatever its type.")
  var labels = false
  @Flag(help: "Read targets as numbers, as with --loss mse, whatever their type.")
  var numbers = false
  @Option(help: "The precision that numbers must be finite in: what train will be given.")
  var precision = Precision.float32
  @Option(
    help: """
      Search for rows that are the same: by their features (x), or by features and targets (xy). Numbers are compared as \
      float64. Rows are read several times if the memory does not hold 30 bytes for each.
      """)
  var duplicates = DuplicateKind.none
  @Option(
    help: "The memory that the search for duplicates may take, as in 64MiB or 2GB. (default: 64MiB)",
    transform: Parse.bytes)
  var memoryBudget = 64 << 20
  @Flag(
    help: "Write the statistics into the file, as attributes of /x and /y. This changes the file in place.")
  var writeStatistics = false
  @Option(help: "Threads, or auto: all CPUs. (default: auto)", transform: AutomaticOrCount.threads)
  var threads = ThreadChoice.automatic
  @OptionGroup var console: OutputOptions

  func validate() throws {
    if labels, numbers { throw ValidationError("Give --labels or --numbers, not both.") }
  }

  func run() throws {
    let report = try validation()
    let display = ValidationDisplay(report, repacking: repacking(report))
    if console.json {
      try display.json.printResult()
    } else if !console.quiet {
      try Console.result(display.text)
    }
    if let refusal = report.refusal { throw refusal }
  }

  private func validation() throws -> ValidationReport {
    var options = DatasetValidation.Options()
    options.role = labels ? .labels : numbers ? .values : nil
    options.precision = precision
    options.duplicates = duplicates
    options.duplicateBytes = memoryBudget
    options.writesStatistics = writeStatistics
    options.threads =
      switch threads {
      case .automatic: CPUBudget.current.cpus
      case .count(let count): count
      }
    let isQuiet = console.quiet
    var bar: ProgressBar?
    defer { bar?.finish() }
    return try DatasetValidation(data.location, options).run { done, total in
      let shown = bar ?? ProgressBar(unit: "rows", total: total, isQuiet: isQuiet)
      bar = shown
      shown.update(done: done)
    }
  }

  /// The command that stores the samples well, if they are not.
  private func repacking(_ report: ValidationReport) -> String? {
    guard let format = report.advice.format else { return nil }
    let input = data.data
    let stem = input.hasSuffix(".h5") ? String(input.dropLast(3)) : input
    var words = ["lockstep convert \(ConvertCommand.quoted(input))"]
    if data.x != "/x" { words.append("--x \(ConvertCommand.quoted(data.x))") }
    if let weights = data.weights { words.append("--weights \(ConvertCommand.quoted(weights))") }
    if data.y != "/y" { words.append("--y \(ConvertCommand.quoted(data.y))") }
    if data.others.allowOtherFiles { words.append("--allow-other-files") }
    if report.role == .labels { words.append("--labels") }
    if report.invalid.count > 0 { words.append("--skip-invalid") }
    if let rows = format.chunkRows { words.append("--chunk-rows \(rows)") }
    if let level = format.compression { words.append("--compression gzip:\(level)") }
    words.append("--output \(ConvertCommand.quoted("\(stem)-repacked.h5"))")
    return words.joined(separator: " ")
  }
}
