import ArgumentParser
import Lockstep

struct PlotBoundary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "boundary", abstract: "Draws what a network with two features makes of the plane.",
    discussion: """
      Of classes, the region of each; of numbers and probabilities, a map of one output's values, with the line of \
      one half where outputs lie between 0 and 1. Samples can be drawn over it.

      Examples:
        lockstep plot boundary xor.weights.h5 xor.h5 --range=-0.5,1.5 --output xor.svg
        lockstep plot boundary linear.weights.h5 --range 0,1 --points 51 --output linear.png
      """)

  @Argument(help: "The checkpoint.", completion: .file())
  var checkpoint: String
  @Argument(help: "An HDF5 file with samples to draw over it.", completion: .file())
  var data: String?
  @Option(name: .customLong("x"), help: "The dataset of features, rows by features.")
  var x = "/x"
  @Option(name: .customLong("y"), help: "The dataset of targets, rows or rows by targets.")
  var y = "/y"
  @OptionGroup var others: OtherFilesOption
  @Option(
    help: "The range of both features, as in -1,1. (default: that of the samples, or -1,1)",
    transform: Parse.range)
  var range: Range<Double>?
  @Option(help: "Points of the map along each axis, 2 to 1000. (default: 201)", transform: Parse.mapPoints)
  var points = 201
  @Option(help: "Which output's values, counting from 0. (default: 0)", transform: Parse.count)
  var outputIndex = 0
  @Option(help: "The most samples to draw, evenly spread. (default: 2000)", transform: Parse.positive)
  var rows = 2000
  @Flag(help: "Take the parameters of the best validation loss.")
  var best = false
  @OptionGroup var plot: PlotOptions

  func run() throws {
    let gnuplot = try plot.prepare(inputs: [checkpoint] + (data.map { [$0] } ?? []))
    let predictor = try Predictor(checkpoint: checkpoint, best: best)
    let recipe = predictor.recipe
    guard recipe.network.inputs == 2 else {
      throw LockstepError(
        .badData, checkpoint, "a plane has two features", found: "\(recipe.network.inputs)", expected: "2",
        remedy: "See predictions against targets with plot predictions.")
    }
    guard recipe.loss.task == .classes || outputIndex < recipe.network.outputs else {
      throw LockstepError(
        .usage, "--output-index", "there is no such output", found: "\(outputIndex)",
        expected: "0 to \(recipe.network.outputs - 1)", remedy: "Outputs count from 0.")
    }
    guard recipe.loss.task != .classes || recipe.network.outputs <= ChartScript.colors.count else {
      throw LockstepError(
        .badData, checkpoint, "the regions of so many classes could not be told apart",
        found: "\(recipe.network.outputs)", expected: "at most \(ChartScript.colors.count)",
        remedy: "See the confusion matrix with plot predictions.")
    }
    let samples = try data.map {
      try predictor.compare(
        DatasetLocation(file: $0, x: x, y: y, weights: .none, allowsOtherFiles: others.allowOtherFiles),
        limit: rows)
    }
    let map = PlaneMap(
      first: range ?? Self.range(samples, feature: 0), second: range ?? Self.range(samples, feature: 1),
      points: points)
    let outputs = predictor.outputs(map.features)
    var chart = ChartScript(
      kind: plot.kind, title: "What \(recipe.network.summary) makes of the plane",
      subtitle: checkpoint + (samples.map { ", with \(Format.count($0.rows.count, "sample"))" } ?? ""))
    chart.settings = map.settings
    if recipe.loss.task == .classes {
      drawRegions(&chart, map, outputs, classes: recipe.network.outputs, samples)
    } else {
      let width = recipe.network.outputs
      func values(_ rows: [Double]) -> [Double] {
        stride(from: outputIndex, to: rows.count, by: width).map { rows[$0] }
      }
      map.draw(
        values(outputs), in: &chart, label: width == 1 ? "output" : "output \(outputIndex)",
        isProbability: recipe.network.outputActivation == .sigmoid || recipe.loss.task == .probabilities,
        samples: samples.map { samples in
          zip(samples.rows.indices, values(samples.targets)).map { index, target in
            (samples.features[2 * index], samples.features[2 * index + 1], target)
          }
        } ?? [])
    }
    try plot.draw(chart, with: gnuplot)
  }

  /// What the samples span, and a twentieth more at each side.
  private static func range(_ samples: PredictionComparison?, feature: Int) -> Range<Double> {
    guard let samples, !samples.rows.isEmpty else { return -1..<1 }
    let values = stride(from: feature, to: samples.features.count, by: 2).map { samples.features[$0] }
    let (least, most) = (values.min() ?? -1, values.max() ?? 1)
    let margin = most > least ? (most - least) / 20 : max(abs(least) / 20, 0.5)
    return least - margin..<most + margin
  }

  private func drawRegions(
    _ chart: inout ChartScript, _ map: PlaneMap, _ outputs: [Double], classes: Int,
    _ samples: PredictionComparison?
  ) {
    chart.blocks.append(
      (
        "map",
        map.lines { point in
          let scores = outputs[point * classes..<(point + 1) * classes]
          let winner = scores.indices.max { scores[$0] < scores[$1] } ?? scores.startIndex
          let color = Self.lightened(ChartScript.color(winner - scores.startIndex))
          return "\(color.red) \(color.green) \(color.blue)"
        }
      ))
    chart.plots = ["$map using 1:2:3:4:5 with rgbimage"]
    for label in 0..<classes {
      let color = ChartScript.color(label)
      if let samples {
        chart.blocks.append(
          (
            "class\(label)",
            samples.rows.indices.filter { samples.targets[$0] == Double(label) }.map {
              "\(samples.features[2 * $0]) \(samples.features[2 * $0 + 1])"
            }
          ))
        chart.plots += PlaneMap.outlined(
          "$class\(label) using 1:2", color: "rgb '\(color)'", count: samples.rows.count)
      }
      chart.plots.append(
        "NaN with points pointtype 7 pointsize 1.5 linecolor rgb '\(color)' title 'class \(label)'")
    }
    chart.settings.append(
      "set key at screen 0.11, screen 0.87 left top horizontal maxcols 4 reverse Left samplen 1 spacing 1.2 noautotitle"
    )
    chart.legendLines = (classes + 3) / 4
  }

  /// A colour like `#0072B2`, mixed with white.
  private static func lightened(_ color: String) -> (red: Int, green: Int, blue: Int) {
    let number = Int(color.dropFirst(), radix: 16) ?? 0
    func part(_ shift: Int) -> Int { 255 - (255 - (number >> shift & 255)) * 2 / 5 }
    return (part(16), part(8), part(0))
  }
}

extension Parse {
  /// The points of a map along an axis.
  static func mapPoints(_ text: String) throws -> Int {
    guard let value = Int(text), (2...1000).contains(value) else {
      throw ValidationError("it must be a whole number from 2 to 1000.")
    }
    return value
  }
}
