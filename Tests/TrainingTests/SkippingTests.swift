import Lockstep
import TestSupport
import Testing

@Suite("Training without invalid rows")
struct SkippingTests {
  let folder: TemporaryFolder
  var options: TrainingOptions

  static let rows = 6001
  /// Rows that cannot be trained on, and what is wrong: a feature, a target, or both.
  static let wrong: [Int: (x: Bool, y: Bool)] = [
    0: (true, false), 63: (false, true), 64: (true, true), 1500: (true, false), 1501: (false, true),
    6000: (true, false),
  ]

  init() throws {
    folder = try TemporaryFolder()
    options = TrainingOptions(data: DatasetLocation(file: folder.file("all.h5")))
    options.hidden = [7]
    options.batchSize = 90
    options.shards = .count(5)
    options.epochs = 2
    options.shuffle = ShuffleChoice(.blocks, blockRows: 64, windowRows: 512)
    options.output = folder.file("m.weights.h5")
    options.replacesOutput = true
    for name in ["all", "left"] { try write(name, labels: false) }
    for name in ["all-labels", "left-labels"] { try write(name, labels: true) }
  }

  /// Writes all rows, or under a name that begins with "left" only those that can be trained on.
  private func write(_ name: String, labels: Bool) throws {
    let isLeft = name.hasPrefix("left")
    let random = CounterRandom(seed: 8, purpose: .testing)
    var (x, y): ([Double], [Double]) = ([], [])
    for row in 0..<Self.rows {
      let (a, b) = random.uniforms(UInt64(row))
      let wrong = Self.wrong[row]
      if isLeft, wrong != nil { continue }
      x += [a, wrong?.x == true ? .nan : b]
      y.append(wrong?.y == true ? (labels ? -1 : .infinity) : labels ? Double(row % 3) : a - b)
    }
    try writeFile(folder.file("\(name).h5")) { file in
      _ = try file.createDataset("x", x, shape: [y.count, 2])
      if labels {
        _ = try file.createDataset("y", y.map { Int64($0) })
      } else {
        _ = try file.createDataset("y", y)
      }
    }
  }

  private func report(_ name: String, _ change: (inout TrainingOptions) -> Void) throws -> TrainingReport {
    var options = options
    options.data = DatasetLocation(file: folder.file("\(name).h5"))
    change(&options)
    return try TrainingRun(options).run()
  }

  static let changes: [@Sendable (inout TrainingOptions) -> Void] = [
    { _ in }, { $0.normalization = .standard }, { $0.validationFraction = 0.1 }, { $0.precision = .float64 },
    { $0.hidden = [70, 40] },
  ]

  @Test("ends in the bits of training on a file without them", arguments: [false, true], changes.indices)
  func sameBits(labels: Bool, change: Int) throws {
    let suffix = labels ? "-labels" : ""
    let expected = try report("left\(suffix)", Self.changes[change])
    #expect(expected.start.skipped == 0)
    for (threads, budget) in [(1, nil), (3, nil), (1, 50_000), (2, 50_000), (3, 60_000)] as [(Int, Int?)] {
      let found = try report("all\(suffix)") {
        Self.changes[change](&$0)
        $0.threads = .count(threads)
        $0.memoryBudget = budget
        $0.skipsInvalid = true
      }
      #expect(found.parametersDigest == expected.parametersDigest, "\(threads) threads, \(budget ?? 0) bytes")
      #expect(found.loss.bitPattern == expected.loss.bitPattern)
      #expect(found.validationLoss?.bitPattern == expected.validationLoss?.bitPattern)
      #expect(found.start.samples == expected.start.samples && found.start.skipped == Self.wrong.count)
      #expect(found.start.isStreamed == (budget != nil))
    }
  }

  @Test("goes on, also on a file without them, as if it had never stopped")
  func resuming() throws {
    let whole = try report("left") { _ in }
    for next in ["all", "left"] {
      _ = try report("all") {
        ($0.skipsInvalid, $0.steps) = (true, 40)
      }
      let resumed = try report(next) {
        ($0.skipsInvalid, $0.resume, $0.replacesOutput) = (next == "all", true, false)
      }
      #expect(resumed.parametersDigest == whole.parametersDigest)
    }
  }

  @Test("leaves them out of the validation file, too")
  func validation() throws {
    let left = try report("left") { $0.validation = DatasetLocation(file: folder.file("left.h5")) }
    let all = try report("left") {
      $0.validation = DatasetLocation(file: folder.file("all.h5"))
      $0.skipsInvalid = true
    }
    #expect(all.validationLoss?.bitPattern == left.validationLoss?.bitPattern)
    #expect(all.start.skipped == 0 && all.start.validationSkipped == Self.wrong.count)
    #expect(all.start.validationSamples == Self.rows - Self.wrong.count)
  }

  @Test("refuses them if it is not told to, naming the first")
  func refusing() throws {
    let error = #expect(throws: LockstepError.self) { try report("all") { _ in } }
    #expect(error?.kind == .badData && error?.problem.hasPrefix("row 0, column 1 is not a finite") == true)
    #expect(error?.remedy?.contains("--skip-invalid") == true)
  }
}
