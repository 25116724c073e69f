import Synchronization

/// Progress on standard error: a line drawn over and over on a terminal, now and then a line elsewhere.
final class ProgressBar: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant
    var isDrawn = false
  }

  private let unit: String
  private let total: Int
  private let first: Int
  private let isQuiet: Bool
  private let isTerminal = Console.hasTerminal
  private let start = ContinuousClock.now
  private let state = Mutex(State(lastShown: .now))

  /// A bar for `total` units of work, of which `first` were done earlier.
  init(unit: String, total: Int, first: Int = 0, isQuiet: Bool) {
    self.unit = unit
    self.total = total
    self.first = first
    self.isQuiet = isQuiet
  }

  /// Shows that `done` units are done, if it is time to show anything.
  func update(done: Int, note: String = "") {
    if isQuiet { return }
    let now = ContinuousClock.now
    let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
    let isDue = state.withLock { state in
      if now - state.lastShown < interval { return false }
      state.lastShown = now
      state.isDrawn = isTerminal
      return true
    }
    if !isDue { return }
    let text = line(done: done, elapsed: (now - start) / .seconds(1), note: note)
    if isTerminal { Console.draw(text) } else { Console.message(text) }
  }

  /// Clears the line.
  func finish() {
    let wasDrawn = state.withLock { state in
      defer { state.isDrawn = false }
      return state.isDrawn
    }
    if wasDrawn { Console.draw("") }
  }

  private func line(done: Int, elapsed: Double, note: String) -> String {
    let part = total > 0 ? min(1, Double(done) / Double(total)) : 0
    let rate = Double(done - first) / max(elapsed, 1e-9)
    var words = [
      "\(Format.decimal(100 * part, places: 0))%", "\(Format.short(rate))\(rate < 999.5 ? " " : "")\(unit)/s",
    ]
    if !note.isEmpty { words.append(note) }
    if rate > 0, total > done { words.append("\(Format.duration(Double(total - done) / rate)) left") }
    let cells = Int(24 * part)
    let bar =
      isTerminal
      ? "[\(String(repeating: "=", count: cells))\(String(repeating: " ", count: 24 - cells))] " : ""
    return bar + words.joined(separator: "  ")
  }
}
