import ArgumentParser
import Lockstep

struct PlotLoss: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loss", abstract: "Draws training and validation loss over the epochs.",
    discussion: """
      Several runs stand in one chart, to be compared. A run is a checkpoint or what train --log wrote; the epochs \
      completed are drawn.

      Examples:
        lockstep plot loss digits.weights.h5 --log-scale --output loss.svg
        lockstep plot loss digits.csv --output loss.png
        lockstep plot loss sgd.weights.h5 adam.weights.h5 --output compared.png
      """)

  @Argument(help: "Checkpoints, or logs: .csv or .jsonl.", completion: .file())
  var runs: [String]
  @Flag(help: "Draw the losses, which have to be above zero, on a logarithmic scale.")
  var logScale = false
  @OptionGroup var plot: PlotOptions

  func run() throws {
    let gnuplot = try plot.prepare(inputs: runs)
    let runs = try runs.map { path throws(LockstepError) in try Run(path) }
    if logScale { for run in runs { try run.requirePositive() } }
    try plot.draw(chart(runs), with: gnuplot)
  }

  /// The losses of a run, and its recipe if that is known.
  private struct Run {
    let path: String
    let history: [EpochRecord]
    let recipe: Recipe?

    init(_ path: String) throws(LockstepError) {
      self.path = path
      if TrainingLog.Format(path: path) != nil {
        (history, recipe) = (try TrainingLog.read(path), nil)
      } else {
        guard let checkpoint = try FileInspection(path).checkpoint else {
          throw LockstepError(
            .badData, path, "is not a checkpoint, which would have a history of losses",
            remedy: "Name a file that lockstep train wrote.")
        }
        (history, recipe) = (checkpoint.history, checkpoint.recipe)
      }
      guard !history.isEmpty else {
        throw LockstepError(
          .badData, path, "no epoch is completed, so there is no loss to draw",
          remedy: "Go on training with --resume.")
      }
    }

    /// Throws if a loss has no place on a logarithmic scale.
    func requirePositive() throws(LockstepError) {
      guard let loss = history.flatMap({ [$0.loss, $0.validationLoss] }).first(where: { $0 <= 0 }) else {
        return
      }
      throw LockstepError(
        .badData, path, "a loss is not above zero, as a logarithmic scale needs it",
        found: Format.number(loss), remedy: "Leave --log-scale out.")
    }
  }

  private func chart(_ runs: [Run]) -> ChartScript {
    var chart = ChartScript(kind: plot.kind, title: "Loss over the epochs", subtitle: "")
    if runs.count == 1, runs[0].recipe == nil { chart.subtitle = runs[0].path }
    if runs.count == 1, let recipe = runs[0].recipe {
      chart.title = "Loss of \(recipe.network.summary) over the epochs"
      chart.subtitle =
        "\(runs[0].path): \(recipe.optimizer.name.rawValue), minibatches of \(recipe.batchSize) rows"
    }
    let names = Set(runs.compactMap(\.recipe?.loss.name)).sorted().joined(separator: " or ")
    let label = names.isEmpty ? "loss" : "loss (\(names))"
    chart.settings = [
      "set xlabel 'epoch'",
      // A label of the axis would be left out where the numbers beside it are wide.
      "set label 3 \(ChartScript.quoted(label)) at screen 0.014, screen 0.45 center rotate",
      "set format y '%.3g'",
    ]
    if logScale { chart.settings += ["set logscale y", "set format y '%.0e'"] }
    let most = runs.map(\.history.count).max() ?? 1
    chart.settings.append("set xrange [\(most == 1 ? "0.5:1.5" : "1:\(most)")]")
    chart.legendLines = 0
    for (index, run) in runs.enumerated() {
      let history = run.history
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
