import ArgumentParser
import Lockstep

/// The program `lockstep`.
@main
struct LockstepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lockstep",
    abstract: "Trains neural networks on big generated datasets, on all cores, to the same bits every time.",
    discussion: """
      A first round:
        lockstep generate linear --output linear.h5
        lockstep train linear.h5 --hidden 10 --output linear.weights.h5
        lockstep evaluate linear.weights.h5 linear.h5

      Results go to standard output, progress and messages to standard error. Exit codes: 0 done, 64 usage, \
      65 bad data, 66 no such input, 70 diverged or its own fault, 71 not enough memory, 73 cannot create the output, \
      74 input or output error, 75 stopped after saving or output in use (go on with --resume), 77 no permission, \
      78 bad configuration.
      """,
    version: lockstepVersion,
    subcommands: [
      GenerateCommand.self, ConvertCommand.self, TrainCommand.self, EvaluateCommand.self, PredictCommand.self,
      InspectCommand.self, ValidateCommand.self, ScalingCommand.self, PlotCommand.self, ExampleCommand.self,
    ])

  static func main() {
    Signals.ignoreFailedWrites()
    Signals.raiseFileLimit()
    Console.reserveStreams()
    do {
      var command = try parseAsRoot()
      try KernelVariant.checkChoice()
      try command.run()
    } catch let error as LockstepError {
      Console.exit(error)
    } catch let error as EncodingError {
      Console.exit(LockstepError(.internalError, "--json", "the result cannot be written as JSON: \(error)"))
    } catch {
      // What the parser throws: a request for help, or bad usage.
      let code = exitCode(for: error)
      if code.isSuccess || code == ExitCode(ExitStatus.tryAgain) { exit(withError: error) }
      let lines = message(for: error).split(separator: "\n").prefix(1)
      Console.message("error: \(lines.joined())  (See '\(usageHint)'.)")
      Self.exit(withError: ExitCode(ExitStatus.usage))
    }
  }

  private static var usageHint: String {
    let name = CommandLine.arguments.dropFirst().first { argument in
      configuration.subcommands.contains { $0._commandName == argument }
    }
    return (["lockstep", name, "--help"] as [String?]).compactMap { $0 }.joined(separator: " ")
  }
}
