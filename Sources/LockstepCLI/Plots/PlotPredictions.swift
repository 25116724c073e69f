import ArgumentParser
import Lockstep

struct PlotPredictions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predictions", abstract: "Draws predicted against true values.",
    discussion: """
      Of numbers, a point for each sample and output; of probabilities, how they are distributed where the target is \
      0 and where it is 1; of classes, the confusion matrix.

      Example:
        lockstep plot predictions linear.weights.h5 linear.h5 --output predictions.svg
      """)

  @Argument(help: "The checkpoint.", completion: .file())
  var checkpoint: String
  @OptionGroup(title: "Data") var data: DataOptions
  @Option(
    help: "The most samples to draw as points, evenly spread. (default: 5000)", transform: Parse.positive)
  var rows = 5000
  @Flag(help: "Take the parameters of the best validation loss.")
  var best = false
  @OptionGroup var plot: PlotOptions

  func run() throws {
    let gnuplot = try plot.prepare(inputs: [checkpoint, data.data])
    let predictor = try Predictor(checkpoint: checkpoint, best: best)
    let evaluation = try predictor.evaluate(data.location)
    var chart = ChartScript(
      kind: plot.kind, title: "Predictions of \(predictor.recipe.network.summary)",
      subtitle: "\(checkpoint), \(Format.count(evaluation.samples, "sample"))")
    switch predictor.recipe.loss.task {
    case .numbers:
      if let r2 = evaluation.r2, let error = evaluation.rootMeanSquaredError {
        chart.subtitle += ", r2 \(Format.number(r2)), rmse \(Format.number(error))"
      }
      drawNumbers(&chart, try predictor.compare(data.location, limit: rows), predictor.recipe)
    case .probabilities:
      if let accuracy = evaluation.accuracy { chart.subtitle += ", accuracy \(Format.number(accuracy))" }
      drawProbabilities(&chart, try predictor.compare(data.location, limit: .max))
    case .classes:
      if let accuracy = evaluation.accuracy { chart.subtitle += ", accuracy \(Format.number(accuracy))" }
      guard let confusion = evaluation.confusion else {
        throw LockstepError(
          .badData, data.data, "there are no classes to count", remedy: "Name data with classes.")
      }
      drawConfusion(&chart, confusion)
    }
    try plot.draw(chart, with: gnuplot)
  }

  private func drawNumbers(_ chart: inout ChartScript, _ samples: PredictionComparison, _ recipe: Recipe) {
    let width = recipe.network.outputs
    let all = samples.targets + samples.outputs
    let (least, most) = (all.min() ?? 0, all.max() ?? 1)
    let margin = most > least ? (most - least) / 30 : max(abs(least) / 30, 0.5)
    let range = "[\(least - margin):\(most + margin)]"
    chart.settings = [
      "set xlabel 'true value'",
      "set label 3 'predicted value' at screen 0.025, screen 0.45 center rotate", "set xrange \(range)",
      "set yrange \(range)",
    ]
    // Fewer points can be larger.
    let size = samples.rows.count > 500 ? 0.35 : 0.8
    for output in 0..<width {
      chart.blocks.append(
        (
          "output\(output)",
          samples.rows.indices.map {
            "\(samples.targets[$0 * width + output]) \(samples.outputs[$0 * width + output])"
          }
        ))
      chart.plots.append(
        "$output\(output) using 1:2 with points pointtype 7 pointsize \(size) linecolor rgb '\(ChartScript.color(output))'"
      )
      // The legend's point can be seen whatever the size of the others.
      let title = width == 1 ? "\(Format.count(samples.rows.count, "sample"))" : "output \(output)"
      chart.plots.append(
        "NaN with points pointtype 7 pointsize 1 linecolor rgb '\(ChartScript.color(output))' title '\(title)'"
      )
    }
    chart.blocks.append(
      ("ideal", ["\(least - margin) \(least - margin)", "\(most + margin) \(most + margin)"]))
    chart.plots.append(
      "$ideal using 1:2 with lines dashtype 2 linewidth 1.5 linecolor rgb '#777777' title 'ideal'")
    chart.settings.append(
      "set key at screen 0.11, screen 0.87 left top horizontal maxcols 4 reverse Left samplen 2 spacing 1.2 noautotitle"
    )
    chart.legendLines = (width + 1 + 3) / 4
  }

  private func drawProbabilities(_ chart: inout ChartScript, _ samples: PredictionComparison) {
    let bins = 20
    var counts = [[Int](repeating: 0, count: bins), [Int](repeating: 0, count: bins)]
    for (target, output) in zip(samples.targets, samples.outputs) {
      counts[target < 0.5 ? 0 : 1][min(Int(output * Double(bins)), bins - 1)] += 1
    }
    chart.settings = [
      "set xlabel 'predicted probability'",
      "set label 3 'targets' at screen 0.025, screen 0.45 center rotate", "set xrange [0:1]",
      "set yrange [0:*]", "set style fill transparent solid 0.55 border",
      "set boxwidth \(1 / Double(bins)) absolute",
    ]
    for (index, count) in counts.enumerated() {
      chart.blocks.append(
        ("target\(index)", count.enumerated().map { "\((Double($0) + 0.5) / Double(bins)) \($1)" }))
      chart.plots.append(
        "$target\(index) using 1:2 with boxes linecolor rgb '\(ChartScript.color(index))' title 'target \(index)'"
      )
    }
    chart.legendLines = 2
  }

  private func drawConfusion(_ chart: inout ChartScript, _ confusion: ConfusionMatrix) {
    let classes = 0..<confusion.classes
    chart.hasColorBox = true
    chart.legendLines = 0
    chart.settings = [
      "set xlabel 'predicted class'",
      "set label 3 'true class' at screen 0.025, screen 0.45 center rotate", "unset grid", "set tics out",
      "set xrange [-0.5:\(Double(confusion.classes) - 0.5)]",
      "set yrange [\(Double(confusion.classes) - 0.5):-0.5]",
      "set palette defined (0 '#ffffff', 1 '#cfe3f2', 2 '#56B4E9', 3 '#0072B2', 4 '#003a5d')",
      "set cblabel 'part of the true class'", "set cbrange [0:1]",
    ]
    if confusion.classes <= 20 { chart.settings += ["set xtics 1", "set ytics 1"] }
    var lines: [String] = []
    for truth in classes {
      let total = classes.reduce(0) { $0 + confusion[truth: truth, predicted: $1] }
      for predicted in classes {
        let count = confusion[truth: truth, predicted: predicted]
        let part = total == 0 ? 0 : Double(count) / Double(total)
        lines.append("\(predicted) \(truth) \(part) \(count) \(part > 0.6 ? 0xffffff : 0)")
      }
      lines.append("")
    }
    chart.blocks = [("confusion", lines)]
    chart.plots = ["$confusion using 1:2:3 with image"]
    if confusion.classes <= 20 {
      chart.plots.append("$confusion using 1:2:4:5 with labels textcolor rgb variable")
    }
  }
}
