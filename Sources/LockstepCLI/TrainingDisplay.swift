import Lockstep
import Synchronization

/// Tells a person how the training gets on.
final class TrainingDisplay: Sendable {
  private let epochs: Int
  private let steps: Int?
  private let isQuiet: Bool
  private let state = Mutex<(start: TrainingStart, bar: ProgressBar)?>(nil)

  init(epochs: Int, steps: Int?, isQuiet: Bool) {
    self.epochs = epochs
    self.steps = steps
    self.isQuiet = isQuiet
  }

  /// Shows an event.
  func show(_ event: TrainingEvent) {
    switch event {
    case .started(let start): begin(start)
    case .threadsChosen(let count, let reason):
      note("\(count) thread\(count == 1 ? "" : "s"): \(reason)")
    case .advanced(let progress, let loss): advance(progress, loss: loss)
    case .stoppedEarly(let progress):
      let best =
        progress.best.map {
          "better than \(Format.number($0.value)) of epoch \($0.epoch), whose parameters are kept"
        } ?? "a number"
      note(
        "the run is complete: for \(Format.count(progress.epochsSinceBest, "epoch")) the validation loss was not \(best)"
      )
    case .epoch, .saved: break
    }
  }

  /// Clears the bar.
  func finish() { state.withLock { $0?.bar.finish() } }

  private func begin(_ start: TrainingStart) {
    let batch = start.recipe.batchSize
    // Saturating: somebody who asks for endless epochs gets a bar that hardly moves.
    let (all, overflow) = epochs.multipliedReportingOverflow(by: start.stepsPerEpoch)
    let wanted = min(overflow ? .max : all, steps ?? .max)
    let (rows, overflow2) = wanted.multipliedReportingOverflow(by: batch)
    let bar = ProgressBar(
      unit: "rows", total: overflow2 ? .max : rows, first: (start.resumedAt?.globalStep ?? 0) * batch,
      isQuiet: isQuiet)
    state.withLock { $0 = (start, bar) }
    let recipe = start.recipe
    note(
      "\(Format.count(start.samples)) samples, network \(recipe.network.summary) (\(Format.count(recipe.network.parameterCount ?? 0)) parameters, \(recipe.precision.rawValue)), \(recipe.loss.name), \(recipe.optimizer.name.rawValue)\(schedule(recipe)), batches of \(batch) in \(recipe.shards) shard\(recipe.shards == 1 ? "" : "s")"
    )
    if let name = start.weightName {
      note("each row's loss is multiplied by its weight in \(name) (--weights none leaves them out)")
    }
    let isSplit = start.recipe.validationFraction > 0
    noteSkipped(start.skipped, beside: start.samples + (isSplit ? start.validationSamples : 0))
    noteSkipped(start.validationSkipped, beside: start.validationSamples, of: " of the validation file")
    if !start.constantFeatures.isEmpty {
      let columns = start.constantFeatures.prefix(10).map(String.init).joined(separator: ", ")
      let more = start.constantFeatures.count > 10 ? " and others" : ""
      note(
        "warning: features that are one number in all rows tell nothing; normalised, they are 0: columns \(columns)\(more)"
      )
    }
    if start.isStreamed || recipe.shuffle != .full {
      let way = start.isPastCache ? " past the system's cache" : ""
      let reading = start.isStreamed ? "the samples are read\(way) as they are needed; " : ""
      note("\(reading)shuffle: \(recipe.shuffle.text)")
    }
    if let chunk = start.oversizedChunk, case .blocks(let shape) = recipe.shuffle {
      let larger = chunk.blockRows.map { ", and --block-rows \($0) takes larger blocks" } ?? ""
      note(
        "chunks of \(chunk.rows) rows that memory has no room for are decoded anew for each block of \(shape.blockRows): lockstep convert writes smaller ones"
          + larger)
    }
    if let at = start.resumedAt {
      note("going on after epoch \(at.epoch), step \(at.step) (step \(at.globalStep) in all)")
    }
  }

  private func noteSkipped(_ skipped: Int, beside rows: Int, of name: String = "") {
    guard skipped > 0 else { return }
    note(
      "left out \(Format.count(skipped)) of \(Format.count(skipped + rows, "row"))\(name) that cannot be trained on"
    )
  }

  private func schedule(_ recipe: Recipe) -> String {
    var text = ""
    if recipe.schedule.warmupSteps > 0 {
      text += ", warm-up of \(Format.count(recipe.schedule.warmupSteps)) steps"
    }
    if let steps = recipe.schedule.decaySteps {
      text += ", \(recipe.schedule.name.rawValue) schedule of \(Format.count(steps)) steps"
    }
    return text
  }

  private func advance(_ progress: Progress, loss: Double) {
    if isQuiet { return }
    guard let (start, bar) = state.withLock({ $0 }) else { return }
    let epoch = min(progress.epoch + (progress.step > 0 ? 1 : 0), epochs)
    bar.update(
      done: progress.globalStep * start.recipe.batchSize,
      note: "epoch \(epoch)/\(epochs)  loss \(Format.number(loss))")
  }

  private func note(_ text: String) {
    if isQuiet { return }
    state.withLock { $0?.bar.finish() }
    Console.message(text)
  }
}
