import ArgumentParser
import Lockstep

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Writes a generated dataset to an HDF5 file.",
    subcommands: [Linear.self, TruthTableFile.self])

  struct Linear: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "linear",
      abstract: "A weighted sum of uniform features, plus noise if asked for.",
      discussion: """
        Writes /x (rows by features) and /y (rows by 1). Row i depends on the seed and i alone, so the file is the \
        same, byte for byte, however many threads make it.

        Examples:
          lockstep generate linear --output data/linear.h5
          lockstep generate linear --rows 1000000 --coefficients 1,-2,0.5 --noise 0.1 --output noisy.h5
        """)

    @Option(help: "The number of samples. (default: 100000)", transform: Parse.positive)
    var rows = 100_000

    // Unconditional: what begins with a minus is a number here, not an option.
    @Option(
      parsing: .unconditional, help: "One factor a feature, joined by commas. (default: 3,2)",
      transform: Parse.numbers)
    var coefficients: [Double] = [3, 2]

    @Option(
      parsing: .unconditional, help: "What is added to every target. (default: 0)",
      transform: Parse.number)
    var intercept = 0.0

    @Option(
      parsing: .unconditional,
      help: "Features are uniform from the first number up to, but not including, the second. (default: 0,1)",
      transform: Parse.range)
    var range = 0.0..<1.0

    @Option(
      help: "The standard deviation of normal noise on the targets. (default: 0)",
      transform: Parse.notNegative)
    var noise = 0.0

    @Option(help: "The seed.")
    var seed: UInt64 = 0

    @Option(help: "The number format of both datasets.")
    var precision = Precision.float32

    @Option(
      help: "Store in chunks of so many rows, with checksums, instead of in one piece.",
      transform: Parse.positive)
    var chunkRows: Int?

    @Option(help: "none, gzip or gzip:LEVEL, the level from 0 to 9.")
    var compression = Compression.none

    @Option(
      help: "The number of threads that make rows, or auto. (default: auto)",
      transform: AutomaticOrCount.threads)
    var threads = ThreadChoice.automatic

    @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
    var output: String

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @OptionGroup var console: OutputOptions

    func run() throws {
      try OutputFile.requireNew(output, force: force)
      let problem = LinearProblem(
        coefficients: coefficients, intercept: intercept, range: range, noise: noise, seed: seed)
      let clock = ContinuousClock()
      let start = clock.now
      switch precision {
      case .float32: try write(problem, as: Float.self)
      case .float64: try write(problem, as: Double.self)
      }
      try report(problem, seconds: (clock.now - start) / .seconds(1))
    }

    private func write<Element: Scalar & HDF5Element>(_ problem: LinearProblem, as type: Element.Type)
      throws(LockstepError)
    {
      let count =
        switch threads {
        case .automatic: CPUBudget.current.cpus
        case .count(let count): count
        }
      let bar = ProgressBar(unit: "rows", total: rows, isQuiet: console.quiet)
      try DatasetWriter<Element>(
        problem, rows: rows, format: DatasetFormat(chunkRows: chunkRows, compression: compression.level),
        source: source
      ).write(to: output, threads: count) { bar.update(done: $0) }
      bar.finish()
    }

    private func report(_ problem: LinearProblem, seconds: Double) throws {
      let rate = Double(rows) / max(seconds, 1e-9)
      if console.json {
        try JSON.object([
          "output": .string(output), "samples": .integer(rows), "features": .integer(problem.features),
          "targets": .integer(1), "formula": .string(problem.formula), "seed": .unsigned(seed),
          "precision": .string(precision.rawValue), "seconds": .number(seconds),
          "samples_per_second": .number(rate),
        ]).printResult()
      } else if !console.quiet {
        try Console.result(
          "wrote \(output): \(Format.count(rows)) samples of \(problem.formula), \(precision.rawValue), in \(Format.duration(seconds))"
        )
      }
    }

    /// The command that makes the same file, without what does not show in it.
    private var source: String {
      var words = [
        "lockstep generate linear", "--rows \(rows)",
        "--coefficients "
          + (coefficients.count > 1000
            ? "(those of /coefficients)" : coefficients.map { "\($0)" }.joined(separator: ",")),
        "--intercept \(intercept)", "--range \(range.lowerBound),\(range.upperBound)", "--noise \(noise)",
        "--seed \(seed)", "--precision \(precision.rawValue)",
      ]
      if let chunkRows { words.append("--chunk-rows \(chunkRows)") }
      if compression != .none { words.append("--compression \(compression.defaultValueDescription)") }
      return words.joined(separator: " ")
    }
  }
}
