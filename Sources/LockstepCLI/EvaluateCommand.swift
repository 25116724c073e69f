import ArgumentParser
import Lockstep

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measures how well a trained network does on the samples of a file.",
    discussion: """
      Tells the loss and, for numbers, rmse, mae and r2; for classes, the accuracy and the confusion matrix.
      Where training normalised the samples, the loss is of normalised targets, as in training; rmse and mae are of the \
      targets as they are.

      Where rows have weights (a dataset called weight beside the features, or that of --weights), the loss is the sum of the \
      rows' losses times their weights over the number of rows, as in training; the others are weighted means, over the sum of \
      the weights, as in scikit-learn. The confusion matrix counts rows, but for those of weight 0.

      Example:
        lockstep evaluate linear.weights.h5 linear.h5
      """)

  @Argument(help: "The checkpoint.", completion: .file())
  var checkpoint: String
  @OptionGroup(title: "Data") var data: DataOptions
  @Flag(help: "Take the parameters of the best validation loss.")
  var best = false
  @Option(help: "Threads, or auto: all CPUs. (default: auto)", transform: AutomaticOrCount.threads)
  var threads = ThreadChoice.automatic
  @OptionGroup var console: OutputOptions

  func run() throws {
    let predictor = try Predictor(checkpoint: checkpoint, best: best, threads: threads)
    let evaluation = try predictor.evaluate(data.location)
    if evaluation.weight != nil, !console.quiet, let path = data.location.weightPath {
      Console.message("rows have the weights in \(data.data):\(path) (--weights none leaves them out)")
    }
    let metrics: [(String, Double?)] =
      predictor.recipe.loss.task == .numbers
      ? [
        ("rmse", evaluation.rootMeanSquaredError), ("mae", evaluation.meanAbsoluteError),
        ("r2", evaluation.r2),
      ] : [("accuracy", evaluation.accuracy)]
    if console.json {
      var object: [String: JSON] = [
        "samples": .integer(evaluation.samples), "loss": .number(evaluation.loss),
        "checkpoint": .string(checkpoint), "data": .string(data.data),
        "weight": .optional(evaluation.weight),
      ]
      for (name, value) in metrics { object[name] = .optional(value) }
      if let confusion = evaluation.confusion { object["confusion_matrix"] = Self.json(confusion) }
      try JSON.object(object).printResult()
    } else {
      var rows = [
        ("checkpoint", checkpoint), ("samples", Format.count(evaluation.samples)),
        ("loss", "\(Format.number(evaluation.loss)) (\(predictor.recipe.loss.name))"),
      ]
      if let weight = evaluation.weight { rows.append(("weights", "sum \(Format.number(weight))")) }
      let undefined = evaluation.weight == 0 ? "all weights are zero" : "a target is constant"
      for (name, value) in metrics {
        rows.append(
          (
            name,
            value.map { name == "rmse" || name == "mae" ? Format.number($0) : Format.decimal($0, places: 8) }
              ?? "undefined: \(undefined)"
          ))
      }
      var text = Format.table(rows)
      if let confusion = evaluation.confusion { text += "\n\n" + Self.text(confusion) }
      try Console.result(text)
    }
  }

  /// The counts, a list for each true class.
  private static func json(_ matrix: ConfusionMatrix) -> JSON {
    .array(
      (0..<matrix.classes).map { truth in
        .array((0..<matrix.classes).map { .integer(matrix[truth: truth, predicted: $0]) })
      })
  }

  /// The counts as a table, unless it would be wider than a screen.
  private static func text(_ matrix: ConfusionMatrix) -> String {
    let classes = 0..<matrix.classes
    guard classes.count <= 20 else {
      return "confusion matrix of \(Format.count(classes.count)) classes: see --json"
    }
    var table = TextTable([""] + classes.map { "\($0)" })
    for truth in classes {
      table.add(["\(truth)"] + classes.map { "\(matrix[truth: truth, predicted: $0])" })
    }
    return "confusion matrix: a row for each true class, a column for each predicted one\n" + table.text
  }
}
