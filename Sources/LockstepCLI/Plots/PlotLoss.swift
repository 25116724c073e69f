import ArgumentParser
import Lockstep

struct PlotLoss: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loss", abstract: "Draws training and validation loss over the epochs.",
    discussion: """
      Several checkpoints stand in one chart, to be compared. Of a checkpoint, the epochs completed are drawn.

      Examples:
        lockstep plot loss digits.weights.h5 --log-scale --output loss.svg
        lockstep plot loss sgd.weights.h5 adam.weights.h5 --output compared.png
      """)

  @Argument(help: "Checkpoints.", completion: .file())
  var checkpoints: [String]
  @Flag(help: "Draw the losses, which have to be above zero, on a logarithmic scale.")
  var logScale = false
  @OptionGroup var plot: PlotOptions

  func run() throws {
    let gnuplot = try plot.prepare(inputs: checkpoints)
    let runs = try checkpoints.map { path in (path, try summary(path)) }
    try plot.draw(chart(runs), with: gnuplot)
  }

  private func summary(_ path: String) throws(LockstepError) -> FileInspection.CheckpointSummary {
    guard let checkpoint = try FileInspection(path).checkpoint else {
      throw LockstepError(
        .badData, path, "is not a checkpoint, which would have a history of losses",
        remedy: "Name a file that lockstep train wrote.")
    }
    guard !checkpoint.history.isEmpty else {
      throw LockstepError(
        .badData, path, "no epoch is completed, so there is no loss to draw",
        remedy: "Go on training with --resume.")
    }
    if logScale {
      let losses = checkpoint.history.flatMap { [$0.loss, $0.validationLoss] }
      if let loss = losses.first(where: { $0 <= 0 }) {
        throw LockstepError(
          .badData, path, "a loss is not above zero, as a logarithmic scale needs it",
          found: Format.number(loss), remedy: "Leave --log-scale out.")
      }
    }
    return checkpoint
  }

  private func chart(_ runs: [(path: String, summary: FileInspection.CheckpointSummary)]) -> ChartScript {
    var chart = ChartScript(kind: plot.kind, title: "Loss over the epochs", subtitle: "")
    if runs.count == 1 {
      let recipe = runs[0].summary.recipe
      chart.title = "Loss of \(recipe.network.summary) over the epochs"
      chart.subtitle =
        "\(runs[0].path): \(recipe.optimizer.name.rawValue), minibatches of \(recipe.batchSize) rows"
    }
    let names = Set(runs.map(\.summary.recipe.loss.name)).sorted().joined(separator: " or ")
    chart.settings = [
      "set xlabel 'epoch'",
      // A label of the axis would be left out where the numbers beside it are wide.
      "set label 3 \(ChartScript.quoted("loss (\(names))")) at screen 0.025, screen 0.45 center rotate",
      "set format y '%.3g'",
    ]
    if logScale { chart.settings += ["set logscale y", "set format y '%.0e'"] }
    let most = runs.map(\.summary.history.count).max() ?? 1
    chart.settings.append("set xrange [\(most == 1 ? "0.5:1.5" : "1:\(most)")]")
    chart.legendLines = 0
    for (index, run) in runs.enumerated() {
      let history = run.summary.history
      let name = runs.count == 1 ? "" : "\(run.path), "
      let color = ChartScript.color(runs.count == 1 ? 0 : index)
      let other = runs.count == 1 ? ChartScript.color(1) : color
      let look = history.count == 1 ? "points pointtype 7" : "lines linewidth 2"
      chart.blocks.append(
        (
          "run\(index)",
          history.enumerated().map {
            "\($0 + 1) \($1.loss) \($1.validationLoss.isNaN ? "?" : "\($1.validationLoss)")"
          }
        ))
      chart.plots.append(
        "$run\(index) using 1:2 with \(look) linecolor rgb '\(color)' title \(ChartScript.quoted("\(name)training"))"
      )
      chart.legendLines += 1
      if history.contains(where: { !$0.validationLoss.isNaN }) {
        let dashes = history.count == 1 ? "" : "dashtype 2 "
        chart.plots.append(
          "$run\(index) using 1:3 with \(look) \(dashes)linecolor rgb '\(other)' title \(ChartScript.quoted("\(name)validation"))"
        )
        chart.legendLines += 1
      }
    }
    chart.settings.append("set datafile missing '?'")
    return chart
  }
}
