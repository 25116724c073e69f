import ArgumentParser
import Lockstep

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Writes a generated dataset to an HDF5 file.",
    discussion: """
      Row i depends on the seed and i alone, so files of different lengths agree in their common rows, and a file is the \
      same, byte for byte, however many threads make it. The file records the command that makes it again.

      To be learnt by regression: linear, friedman1, sine, polynomial, teacher. To be classified: blobs, moons, spirals. \
      Each has a --help with examples: lockstep generate blobs --help
      """,
    subcommands: [
      Rows<LinearOptions>.self, Rows<Friedman1Options>.self, Rows<SineOptions>.self,
      Rows<PolynomialOptions>.self, Rows<TeacherOptions>.self, Rows<BlobsOptions>.self,
      Rows<MoonsOptions>.self, Rows<SpiralsOptions>.self, TruthTableFile.self,
    ])

  /// The command of one generator.
  struct Rows<Options: GeneratorOptions>: ParsableCommand {
    static var configuration: CommandConfiguration {
      CommandConfiguration(
        commandName: Options.Generator.name, abstract: Options.Generator.abstract,
        discussion: Options.discussion)
    }

    @OptionGroup var options: Options
    @OptionGroup var file: GenerationOptions
    @OptionGroup var console: OutputOptions

    func run() throws {
      try OutputFile.requireNew(file.output, force: file.force)
      let generator = options.generator(seed: file.seed)
      let clock = ContinuousClock()
      let start = clock.now
      switch file.precision {
      case .float32: try write(generator, as: Float.self)
      case .float64: try write(generator, as: Double.self)
      }
      try report(generator, seconds: (clock.now - start) / .seconds(1))
    }

    private func write<Element: Scalar & HDF5Element>(
      _ generator: some RowGenerator, as type: Element.Type
    ) throws(LockstepError) {
      let bar = ProgressBar(unit: "rows", total: file.rows, isQuiet: console.quiet)
      // Whatever happens, messages begin on a line of their own.
      defer { bar.finish() }
      try DatasetWriter<Element>(
        generator, rows: file.rows, format: file.format,
        source: generator.command(rows: file.rows, precision: file.precision, format: file.format)
      ).write(to: file.output, threads: file.threadCount) { bar.update(done: $0) }
    }

    private func report(_ generator: some RowGenerator, seconds: Double) throws {
      var classes: Int?
      if case .labels(let count) = generator.targets { classes = count }
      if console.json {
        var result: [String: JSON] = [
          "output": .string(file.output), "generator": .string(generator.name),
          "samples": .integer(file.rows), "features": .integer(generator.features),
          "targets": .integer(generator.targets.columns), "formula": .string(generator.formula),
          "seed": .unsigned(file.seed), "precision": .string(file.precision.rawValue),
          "seconds": .number(seconds), "samples_per_second": .number(Double(file.rows) / max(seconds, 1e-9)),
        ]
        result["classes"] = classes.map(JSON.integer)
        try JSON.object(result).printResult()
      } else if !console.quiet {
        let kind = classes.map { "\($0) \($0 == 1 ? "class" : "classes"), " } ?? ""
        try Console.result(
          "wrote \(file.output): \(Format.count(file.rows, "sample")) of \(kind)\(generator.formula), \(file.precision.rawValue), in \(Format.duration(seconds))"
        )
      }
    }
  }
}

/// Options of every command that writes generated rows.
struct GenerationOptions: ParsableArguments {
  @Option(Generators.rows) var rows: Int
  @Option(Generators.seed) var seed: UInt64

  @Option(help: "The number format of features, and of targets that are not classes.")
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

  var format: DatasetFormat { DatasetFormat(chunkRows: chunkRows, compression: compression.level) }

  var threadCount: Int {
    switch threads {
    case .automatic: CPUBudget.current.cpus
    case .count(let count): count
    }
  }
}
