import Lockstep
import TestSupport
import Testing

@testable import Training

@Suite("Training on a stream")
struct StreamedTrainingTests {
  let folder: TemporaryFolder
  var options: TrainingOptions

  /// A file of 5,003 rows that takes 60,036 bytes, with blocks of 64 rows and windows of 512.
  init() throws {
    folder = try TemporaryFolder()
    let data = DatasetLocation(file: folder.file("d.h5"))
    try DatasetWriter<Float>(
      LinearProblem(noise: 0.1, seed: 4), rows: 5003, format: DatasetFormat(), source: ""
    )
    .write(to: data.file, threads: 1)
    options = TrainingOptions(data: data)
    options.hidden = [7]
    options.batchSize = 90
    options.shards = .count(5)
    options.epochs = 3
    options.shuffle = ShuffleChoice(.blocks, blockRows: 64, windowRows: 512)
    options.output = folder.file("m.weights.h5")
    options.replacesOutput = true
  }

  /// The digest of the parameters, the loss of each epoch, and whether the data were streamed.
  struct Outcome: Equatable {
    var digest: Digest
    var history: [[UInt64]]
    var isStreamed: Bool
  }

  func train(_ change: (inout TrainingOptions) -> Void = { _ in }, stop: StopRequest = StopRequest()) throws
    -> Outcome
  {
    var options = options
    change(&options)
    let report = try TrainingRun(options, stop: stop).run()
    let history = try #require(FileInspection(options.output ?? "").checkpoint?.history)
    return Outcome(
      digest: report.parametersDigest,
      history: history.map { [$0.loss.bitPattern, $0.validationLoss.bitPattern] },
      isStreamed: report.start.isStreamed)
  }

  func failure(_ change: (inout TrainingOptions) -> Void) -> LockstepError? {
    do {
      _ = try train(change)
      return nil
    } catch {
      return error as? LockstepError
    }
  }

  @Test(
    "ends in the bits of training in memory, for any budget and number of threads",
    arguments: [ShuffleChoice.Way.blocks, .unshuffled], [0, 0.1])
  func sameBits(way: ShuffleChoice.Way, validation: Double) throws {
    let first: (inout TrainingOptions) -> Void = {
      $0.shuffle.way = way
      $0.validationFraction = validation
    }
    let whole = try train(first)
    #expect(!whole.isStreamed)
    for threads in [1, 2, 3] {
      for budget in [25_000, 35_000, 55_000] {
        var streamed = try train {
          first(&$0)
          $0.threads = .count(threads)
          $0.memoryBudget = budget
        }
        #expect(streamed.isStreamed)
        streamed.isStreamed = false
        #expect(streamed == whole, "\(threads) threads, \(budget) bytes")
      }
    }
    let other = try train {
      first(&$0); $0.shuffle = ShuffleChoice(.full)
    }
    #expect(other.digest != whole.digest)
  }

  @Test("ends in the same bits whether it reads through the system's cache or past it")
  func fileAccess() throws {
    let data = DatasetLocation(file: folder.file("larger.h5"))
    try DatasetWriter<Float>(LinearProblem(seed: 4), rows: 40_000, format: DatasetFormat(), source: "")
      .write(to: data.file, threads: 1)
    for validation in [0, 0.2] {
      let outcomes = try [
        (FileAccess.cached, nil), (.cached, 300_000), (.direct, 300_000), (.automatic, 300_000),
      ].map {
        (access, budget) in
        try train {
          $0.data = data
          $0.epochs = 2
          $0.validationFraction = validation
          $0.memoryBudget = budget
          $0.fileAccess = access
        }
      }
      #expect(!outcomes[0].isStreamed && outcomes[1].isStreamed)
      #expect(Set(outcomes.map(\.digest)).count == 1 && Set(outcomes.map(\.history)).count == 1)
    }
    #expect(FileAccess.automatic.isDirect(bytes: 1e15) && !FileAccess.automatic.isDirect(bytes: 1e6))
    #expect(FileAccess.direct.isDirect(bytes: 1) && !FileAccess.cached.isDirect(bytes: 1e15))
  }

  @Test(
    "measures the validation loss to the same bits where its rows are read as they are needed",
    arguments: [0.03, 0.5, 0.97], [NormalizationKind.none, .standard])
  func streamedValidation(fraction: Double, normalization: NormalizationKind) throws {
    let first: (inout TrainingOptions) -> Void = {
      $0.validationFraction = fraction
      $0.normalization = normalization
    }
    let whole = try train(first)
    for threads in [1, 2, 3] {
      let streamed = try train {
        first(&$0)
        $0.threads = .count(threads)
        $0.memoryBudget = 45_000
      }
      #expect(streamed.isStreamed)
      #expect(streamed.digest == whole.digest && streamed.history == whole.history, "\(threads) threads")
    }
  }

  @Test("reads a validation file as it is needed if it does not fit beside the samples")
  func streamedValidationFile() throws {
    let validation = DatasetLocation(file: folder.file("v.h5"))
    let format = DatasetFormat(chunkRows: 100, compression: 1)
    try DatasetWriter<Float>(LinearProblem(seed: 5), rows: 7001, format: format, source: "")
      .write(to: validation.file, threads: 1)
    let first: (inout TrainingOptions) -> Void = {
      $0.validation = validation
      $0.normalization = .minmax
    }
    let whole = try train(first)
    for budget in [45_000, 61_000, 140_000] {
      let streamed = try train {
        first(&$0)
        $0.memoryBudget = budget
      }
      #expect(streamed.digest == whole.digest && streamed.history == whole.history, "\(budget) bytes")
    }
    try folder.change("v.h5") { $0[$0.count / 2] ^= 1 }
    let damaged = failure {
      first(&$0)
      $0.memoryBudget = 45_000
    }
    #expect(damaged?.kind == .badData)
  }

  @Test("ends in the same bits on wide networks, for classes, and in double precision")
  func otherPaths() throws {
    let changes: [(inout TrainingOptions) -> Void] = [
      { $0.hidden = [70, 40] }, { $0.precision = .float64 }, { $0.clipNorm = 0.1 },
      {
        $0.hidden = [70, 40]; $0.clipNorm = 0.1
      }, { $0.batchSize = 700 },
    ]
    for change in changes {
      let whole = try train(change)
      let streamed = try train {
        change(&$0); $0.memoryBudget = 50_000
      }
      #expect(streamed.digest == whole.digest && streamed.history == whole.history)
      #expect(streamed.isStreamed)
    }
  }

  @Test("goes on in the middle of an epoch, in memory or not, as if it had never stopped")
  func resuming() throws {
    let whole = try train()
    for (steps, before, after) in [(1, 30_000, nil), (60, nil, 30_000), (75, 30_000, 20_000)]
      as [(Int, Int?, Int?)]
    {
      let output = folder.file("\(steps).weights.h5")
      _ = try train {
        $0.output = output
        $0.steps = steps; $0.memoryBudget = before
      }
      let resumed = try train {
        $0.output = output
        $0.resume = true
        $0.memoryBudget = after
        // The order is the checkpoint's.
        if after == nil { $0.shuffle = ShuffleChoice() }
      }
      #expect(resumed.digest == whole.digest && resumed.history == whole.history)
    }
  }

  @Test("shuffles by blocks if nobody said otherwise, which a checkpoint remembers")
  func defaults() throws {
    func shuffle() throws -> Shuffle? { try FileInspection(options.output ?? "").checkpoint?.recipe.shuffle }
    _ = try train { $0.shuffle = ShuffleChoice() }
    #expect(try shuffle() == .full)
    // Windows as large as usual are larger than all rows.
    _ = try train {
      $0.shuffle = ShuffleChoice(blockRows: 64, windowRows: 512); $0.memoryBudget = 30_000
    }
    #expect(
      try shuffle() == .blocks(#require(BlockShape(blockRows: 64, windowBlocks: 64, blockParts: 8))))
  }

  @Test("says what does not go together")
  func refusals() throws {
    let full = failure {
      $0.shuffle = ShuffleChoice(.full); $0.memoryBudget = 30_000
    }
    #expect(full?.kind == .configuration && full?.subject == "--shuffle")
    let small = failure { $0.memoryBudget = 12_000 }
    #expect(small?.kind == .memory && small?.subject == "--memory-budget")
    let shape = failure { $0.shuffle.blockRows = 65 }
    #expect(shape?.kind == .usage && shape?.subject == "--block-rows")
    let window = failure { $0.shuffle = ShuffleChoice(.blocks, windowRows: 100) }
    #expect(window?.kind == .usage && window?.subject == "--window-rows")
  }

  @Test(
    "learns a file sorted by its target almost as well as with a full shuffle, and not in the file's order")
  func mixing() throws {
    // Without shuffling, each minibatch pulls everything to its own few targets.
    let rows = 1 << 16
    let data = DatasetLocation(file: folder.file("sorted.h5"))
    try writeFile(data.file) { file in
      let x = (0..<rows).map { Float($0) / Float(rows) * 6 - 3 }
      _ = try file.createDataset("x", x, shape: [rows, 1])
      _ = try file.createDataset("y", x.map { $0 * $0 * $0 / 9 - $0 }, shape: [rows, 1])
    }
    func losses(_ shuffle: ShuffleChoice) throws -> [Double] {
      try (0..<11).map { seed in
        let report = try TrainingRun(trainingOptions(data, shuffle, seed: UInt64(seed))).run()
        return try #require(report.validationLoss)
      }
    }
    let full = try losses(ShuffleChoice(.full))
    // The median over seeds: the loss of one run in ten is far from that of the others, whatever the order.
    func ratio(_ losses: [Double]) -> Double { zip(losses, full).map { $0 / $1 }.sorted()[full.count / 2] }
    // Windows of as many blocks as by default: each block in one, and in eight.
    for (blockRows, windowRows) in [(128, 8192), (256, 2048)] {
      let blocks = ratio(
        try losses(ShuffleChoice(.blocks, blockRows: blockRows, windowRows: windowRows)))
      #expect(abs(blocks - 1) <= 0.05, "\(blocks) times the loss, with blocks of \(blockRows)")
    }
    let none = ratio(try losses(ShuffleChoice(.unshuffled)))
    #expect(none > 2, "\(none) times the loss")
  }

  private func trainingOptions(_ data: DatasetLocation, _ shuffle: ShuffleChoice, seed: UInt64)
    -> TrainingOptions
  {
    var options = TrainingOptions(data: data)
    options.hidden = [16]
    options.activation = .tanh
    options.batchSize = 64
    options.epochs = 10
    options.schedule = Schedule(.cosine(over: 10 * 960, to: 0))
    options.validationFraction = 0.0625
    options.shuffle = shuffle
    options.seed = seed
    options.threads = .count(1)
    return options
  }
}
