import Lockstep

/// What came of a training run, for people and for programs.
struct TrainingSummary {
  private let report: TrainingReport

  init(_ report: TrainingReport) { self.report = report }

  var json: JSON {
    let recipe = report.start.recipe
    return .object([
      "samples": .integer(report.start.samples),
      "validation_samples": .integer(report.start.validationSamples),
      "skipped": .integer(report.start.skipped),
      "validation_skipped": .integer(report.start.validationSkipped),
      "features": .integer(recipe.network.inputs), "targets": .integer(recipe.network.outputs),
      "network": .string(recipe.network.summary),
      "parameters": .integer(recipe.network.parameterCount ?? 0),
      "epochs": .integer(report.progress.epoch), "steps": .integer(report.progress.globalStep),
      "batch_size": .integer(recipe.batchSize), "threads": .integer(report.threads),
      "shards": .integer(recipe.shards), "precision": .string(recipe.precision.rawValue),
      "normalize": .string(recipe.normalization.rawValue),
      "weighted": .boolean(recipe.isWeighted), "shuffle": .string(recipe.shuffle.name),
      "streamed": .boolean(report.start.isStreamed),
      "learning_rate": .number(report.learningRate), "loss": .number(report.loss),
      "validation_loss": .optional(report.validationLoss),
      "seconds": .number(report.seconds), "training_seconds": .number(report.trainingSeconds),
      "samples_per_second": .number(report.samplesPerSecond),
      "parameters_digest": .string(report.parametersDigest.description),
      "output": report.output.map(JSON.string) ?? .null, "stopped": .boolean(report.wasStopped),
      "best_validation_loss": .optional(report.progress.best?.value),
      "best_epoch": report.progress.best.map { .integer($0.epoch) } ?? .null,
      "stopped_early": .boolean(report.stoppedEarly),
    ])
  }

  var text: String {
    var rows = [
      ("epochs", Format.count(report.progress.epoch)),
      ("steps", Format.count(report.progress.globalStep)),
      ("loss", Format.number(report.loss)),
    ]
    if let loss = report.validationLoss { rows.append(("validation loss", Format.number(loss))) }
    if let best = report.progress.best, best.epoch != report.progress.epoch {
      rows.append(("best", "\(Format.number(best.value)) after epoch \(best.epoch)"))
    }
    if !report.start.recipe.schedule.isConstant {
      rows.append(("learning rate", "\(Format.number(report.learningRate)) at the last step"))
    }
    rows += [
      ("time", "\(Format.duration(report.seconds)) (\(Format.duration(report.trainingSeconds)) training)"),
      (
        "rate",
        "\(Format.short(report.samplesPerSecond)) samples/s on \(report.threads) thread\(report.threads == 1 ? "" : "s")"
      ),
      ("parameters", "digest \(report.parametersDigest)"),
      ("checkpoint", report.output ?? "not saved (give --output FILE.weights.h5)"),
    ]
    return Format.table(rows)
  }
}
