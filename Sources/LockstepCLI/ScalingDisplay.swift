import Lockstep
import Synchronization

/// Tells a person how a study gets on.
final class ScalingDisplay: Sendable {
  private let isQuiet: Bool
  private let bar = Mutex<ProgressBar?>(nil)

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// Warns of more threads than can run at a time.
  func warn(threads: [Int], cpus: Int) {
    guard let most = threads.max(), most > cpus else { return }
    note(
      "warning: \(most) threads on \(cpus) CPU\(cpus == 1 ? "" : "s") take turns; results of more threads than CPUs are marked"
    )
  }

  /// Shows an event.
  func show(_ event: ScalingEvent) {
    switch event {
    case .started(let start):
      note("\(Format.count(start.samples)) samples, network \(start.recipe.summary)")
    case .advanced(let done, let all, let threads, let batchSize):
      let bar = bar.withLock { bar in
        let shown = bar ?? ProgressBar(unit: "repeats", total: all, isQuiet: isQuiet)
        bar = shown
        return shown
      }
      bar.update(
        done: done, note: "\(threads) thread\(threads == 1 ? "" : "s"), minibatches of \(batchSize)")
    }
  }

  /// Clears the bar.
  func finish() { bar.withLock { $0?.finish() } }

  private func note(_ text: String) { if !isQuiet { Console.message(text) } }
}
