import ArgumentParser
import Lockstep

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Applies a trained network to the features of a file.",
    discussion: """
      Writes a dataset file: /y, numbers or classes; for classes also /probability; /x on request. Names and units are \
      those of the file, if it has any. The memory does not depend on the number of rows.

      Example:
        lockstep predict linear.weights.h5 new.h5 --output predictions.h5
      """)

  @Argument(help: "The checkpoint.", completion: .file())
  var checkpoint: String
  @Argument(help: "The HDF5 file with the features.", completion: .file())
  var data: String
  @Option(name: .customLong("x"), help: "The dataset of features, rows by features.")
  var x = "/x"
  @OptionGroup var others: OtherFilesOption
  @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
  var output: String
  @Flag(help: "Write the features, too.")
  var includeX = false
  @Flag(help: "Take the parameters of the best validation loss.")
  var best = false
  @Flag(help: "Replace the output if it is there.")
  var force = false
  @Option(help: "Threads, or auto: all CPUs. (default: auto)", transform: AutomaticOrCount.threads)
  var threads = ThreadChoice.automatic
  @OptionGroup var console: OutputOptions

  func run() throws {
    try OutputFile.requireNew(output, force: force)
    let predictor = try Predictor(checkpoint: checkpoint, best: best, threads: threads)
    let rows = try predictor.predict(
      DatasetLocation(file: data, x: x, allowsOtherFiles: others.allowOtherFiles), to: output,
      includingFeatures: includeX,
      source:
        "lockstep predict \(checkpoint) \(data)\(best ? " --best" : "")\(others.allowOtherFiles ? " --allow-other-files" : "")"
    )
    if console.json {
      try JSON.object([
        "samples": .integer(rows), "outputs": .integer(predictor.recipe.network.outputs),
        "output": .string(output), "checkpoint": .string(checkpoint),
      ]).printResult()
    } else if !console.quiet {
      try Console.result("wrote \(output): predictions for \(Format.count(rows)) samples")
    }
  }
}
