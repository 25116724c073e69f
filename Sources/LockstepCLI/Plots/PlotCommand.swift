import ArgumentParser
import Lockstep

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot", abstract: "Draws what was learnt, with gnuplot.",
    discussion: """
      The ending of --output chooses what is written: .svg, .png or .pdf.

      Examples:
        lockstep plot loss digits.weights.h5 --log-scale --output loss.svg
        lockstep plot boundary xor.weights.h5 xor.h5 --range=-0.5,1.5 --output xor.png
        lockstep plot predictions linear.weights.h5 linear.h5 --output predictions.svg
        lockstep plot weights linear.weights.h5 --output weights.svg
        lockstep plot scaling scaling.json --output scaling.pdf
      """,
    subcommands: [
      PlotLoss.self, PlotWeights.self, PlotBoundary.self, PlotPredictions.self, PlotScaling.self,
    ])
}

/// Options of every kind of plot, and what they have in common.
struct PlotOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: "The file to write: .svg, .png or .pdf.",
    completion: .file(extensions: ChartKind.allCases.map(\.rawValue)))
  var output: String
  @Option(help: "The title. (default: what is shown)")
  var title: String?
  @Flag(help: "Replace the output if it is there.")
  var force = false
  @OptionGroup var console: OutputOptions

  func validate() throws {
    guard ChartKind(path: output) != nil else {
      throw ValidationError("--output \(output) must end in .svg, .png or .pdf.")
    }
  }

  /// What the output's ending says.
  var kind: ChartKind { ChartKind(path: output) ?? .svg }

  /// Checks, before any work is done, that the chart can be drawn and written.
  ///
  /// - Parameter inputs: the files read, none of which it may replace.
  func prepare(inputs: [String]) throws(LockstepError) -> Gnuplot {
    try OutputFile.requireNew(output, force: force)
    for input in inputs { try OutputFile.requireOther(than: input, output, option: "--output") }
    return try Gnuplot(for: output)
  }

  /// Draws `chart` and tells so.
  func draw(_ chart: ChartScript, with gnuplot: Gnuplot) throws {
    var chart = chart
    chart.title = title ?? chart.title
    try gnuplot.draw(chart.text, to: output)
    if console.json {
      try JSON.object(["output": .string(output)]).printResult()
    } else if !console.quiet {
      try Console.result("wrote \(output)")
    }
  }
}
