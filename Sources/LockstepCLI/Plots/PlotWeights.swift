import ArgumentParser
import Lockstep

struct PlotWeights: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights", abstract: "Draws how the parameters changed over the epochs.",
    discussion: """
      The checkpoint has to have been trained with --record-parameters.

      Examples:
        lockstep train and.h5 --activation sigmoid --record-parameters --output and.weights.h5
        lockstep plot weights and.weights.h5 --output weights.svg
      """)

  @Argument(help: "The checkpoint.", completion: .file())
  var checkpoint: String
  @OptionGroup var plot: PlotOptions

  /// More curves than that have no legend.
  private static let mostNamed = 9

  func run() throws {
    let gnuplot = try plot.prepare(inputs: [checkpoint])
    let read = try AnyCheckpoint(reading: checkpoint)
    let trajectory: (epochs: [Int], parameters: [Double])? =
      switch read {
      case .float32(let checkpoint): checkpoint.trajectory.map { ($0.epochs, $0.parameters.map(Double.init)) }
      case .float64(let checkpoint): checkpoint.trajectory.map { ($0.epochs, $0.parameters) }
      }
    guard let trajectory, trajectory.epochs.count > 1 else {
      throw LockstepError(
        .badData, checkpoint, "the parameters were not recorded as they changed",
        remedy: "Train with --record-parameters.")
    }
    try plot.draw(chart(read.recipe, trajectory.epochs, trajectory.parameters), with: gnuplot)
  }

  private func chart(_ recipe: Recipe, _ epochs: [Int], _ parameters: [Double]) -> ChartScript {
    let names = Self.names(recipe.network)
    let isNamed = names.count <= Self.mostNamed
    var chart = ChartScript(
      kind: plot.kind, title: "Parameters of \(recipe.network.summary) over the epochs",
      subtitle: "\(checkpoint): \(recipe.optimizer.name.rawValue), \(recipe.loss.name)")
    chart.settings = [
      "set xlabel 'epoch'", "set label 3 'parameter' at screen 0.025, screen 0.45 center rotate",
      "set xrange [\(epochs[0]):\(epochs[epochs.count - 1])]",
    ]
    chart.blocks = [
      (
        "way",
        epochs.indices.map { moment in
          let row = parameters[moment * names.count..<(moment + 1) * names.count]
          return ([String(epochs[moment])] + row.map { "\($0)" }).joined(separator: " ")
        }
      )
    ]
    if isNamed {
      // Three columns of names.
      chart.legendLines = (names.count + 2) / 3
      chart.settings.append(
        "set key at screen 0.11, screen 0.87 left top horizontal maxcols 3 reverse Left samplen 3 spacing 1.2 noautotitle"
      )
      chart.plots = names.enumerated().map { index, name in
        // Kernels and biases of a layer are told apart by dashes, so that fewer colours are needed.
        "$way using 1:\(index + 2) with lines linewidth 2 \(name.hasPrefix("b") ? "dashtype 2 " : "")linecolor rgb '\(ChartScript.color(index))' title \(ChartScript.quoted(name))"
      }
    } else {
      let layers = ParameterLayout(recipe.network).layers
      chart.legendLines = layers.count
      chart.plots = layers.enumerated().flatMap { index, layer in
        let color = ChartScript.color(index)
        return (layer.kernel.lowerBound..<layer.bias.upperBound).map { parameter in
          let title = parameter == layer.kernel.lowerBound ? " title 'layer \(index + 1)'" : ""
          return "$way using 1:\(parameter + 2) with lines linecolor rgb '\(color)'\(title)"
        }
      }
    }
    return chart
  }

  /// The parameters' names in order: kernels as W1[input, unit], biases as b1[unit], counting from 0 but for layers.
  static func names(_ network: MLP) -> [String] {
    ParameterLayout(network).layers.enumerated().flatMap { index, layer in
      (0..<layer.inputs).flatMap { input in (0..<layer.outputs).map { "W\(index + 1)[\(input), \($0)]" } }
        + (0..<layer.outputs).map { "b\(index + 1)[\($0)]" }
    }
  }
}
