import ArgumentParser
import Lockstep

extension TruthTable: ExpressibleByArgument {}

extension GenerateCommand {
  struct TruthTableFile: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "truth-table", abstract: "The four rows of a function of two bits.",
      discussion: """
        Writes /x (4 by 2) and /y (4 by 1).

        Example:
          lockstep generate truth-table xor --output xor.h5
        """)

    @Argument(help: "The function.")
    var function: TruthTable

    @Option(help: "The number format of both datasets.")
    var precision = Precision.float32

    @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
    var output: String

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @OptionGroup var console: OutputOptions

    func run() throws {
      try OutputFile.requireNew(output, force: force)
      let source = "lockstep generate truth-table \(function.rawValue) --precision \(precision.rawValue)"
      switch precision {
      case .float32: try function.write(to: output, source: source, as: Float.self)
      case .float64: try function.write(to: output, source: source, as: Double.self)
      }
      if console.json {
        try JSON.object([
          "output": .string(output), "samples": .integer(4), "features": .integer(2), "targets": .integer(1),
          "formula": .string(function.formula), "precision": .string(precision.rawValue),
        ]).printResult()
      } else if !console.quiet {
        try Console.result("wrote \(output): 4 samples of \(function.formula), \(precision.rawValue)")
      }
    }
  }
}
