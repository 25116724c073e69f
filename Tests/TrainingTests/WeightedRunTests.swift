import HDF5
import Lockstep
import TestSupport
import Testing

@Suite("Training on files with weights")
struct WeightedRunTests {
  let folder: TemporaryFolder
  var options: TrainingOptions

  static let rows = 3001

  /// The same rows four times over: contiguous, in compressed chunks, without weights, and with a row that has none that can be
  /// used.
  init() throws {
    folder = try TemporaryFolder()
    options = TrainingOptions(data: DatasetLocation(file: folder.file("plain.h5")))
    options.hidden = [7]
    options.batchSize = 90
    options.shards = .count(5)
    options.epochs = 3
    options.shuffle = ShuffleChoice(.blocks, blockRows: 64, windowRows: 512)
    options.output = folder.file("m.weights.h5")
    options.replacesOutput = true
    let samples: Samples<Float> = LinearProblem(noise: 0.1, seed: 4).samples(Self.rows)
    guard case .values(let y, _) = samples.targets else { return }
    let weights = (0..<Self.rows).map { $0 % 5 == 0 ? 0 : Float($0 % 9) / 3 }
    for name in ["none", "plain", "chunks", "wrong", "zeros"] {
      try writeFile(folder.file("\(name).h5")) { file in
        _ = try file.createDataset("x", samples.x.array, shape: [Self.rows, 2])
        _ = try file.createDataset("y", y.array, shape: [Self.rows, 1])
        var weights = weights
        if name == "none" { return }
        if name == "wrong" { weights[17] = -1 }
        if name == "zeros" { weights = weights.map { _ in 0 } }
        let options =
          name == "chunks"
          ? DatasetOptions(layout: .chunked([100]), deflate: 1, shuffle: true, fletcher32: true)
          : DatasetOptions()
        let dataset = try file.createDataset(
          "weight", shape: [Self.rows], type: Float.elementType, options: options)
        try dataset.write(from: weights)
      }
    }
  }

  struct Outcome: Equatable {
    var digest: Digest
    var losses: [[UInt64]]
  }

  func train(_ name: String = "plain", _ change: (inout TrainingOptions) -> Void = { _ in }) throws -> Outcome
  {
    var options = options
    options.data.file = folder.file("\(name).h5")
    change(&options)
    let report = try TrainingRun(options).run()
    let history = try #require(FileInspection(options.output ?? "").checkpoint?.history)
    return Outcome(
      digest: report.parametersDigest,
      losses: history.map { [$0.loss.bitPattern, $0.validationLoss.bitPattern] })
  }

  func failure(_ name: String = "plain", _ change: (inout TrainingOptions) -> Void = { _ in })
    -> LockstepError?
  {
    do {
      _ = try train(name, change)
      return nil
    } catch {
      return error as? LockstepError
    }
  }

  @Test(
    "ends in the same bits streamed or not, however stored, for any number of threads", arguments: [0, 0.1])
  func sameBits(validation: Double) throws {
    let whole = try train { $0.validationFraction = validation }
    #expect(try train("none") { $0.validationFraction = validation } != whole)
    for name in ["plain", "chunks"] {
      for threads in [1, 3] {
        for budget in [nil, 30_000, 45_000] {
          let found = try train(name) {
            $0.validationFraction = validation
            $0.threads = .count(threads)
            $0.memoryBudget = budget
          }
          #expect(found == whole, "\(name), \(threads) threads, \(budget ?? 0) bytes")
        }
      }
    }
  }

  @Test("goes on as if it had never stopped, but only with weights")
  func resuming() throws {
    let whole = try train()
    for (before, after) in [(nil, 25_000), (25_000, nil)] as [(Int?, Int?)] {
      _ = try train {
        $0.steps = 50; $0.memoryBudget = before
      }
      let resumed = try train("chunks") {
        $0.resume = true; $0.memoryBudget = after
      }
      #expect(resumed == whole)
    }
    let without = failure {
      $0.resume = true; $0.data.weights = .none
    }
    #expect(without?.kind == .configuration && without?.description.contains("--weights") == true)
  }

  @Test("knows data of other weights")
  func digest() throws {
    _ = try train { $0.steps = 50 }
    #expect(failure("wrong") { $0.resume = true }?.subject.hasSuffix("weight") == true)
    let other = failure("wrong") {
      $0.resume = true; $0.skipsInvalid = true
    }
    #expect(other?.kind == .badData)
  }

  @Test("leaves weights out when told to, and takes those that are named")
  func choices() throws {
    let none = try train("none")
    #expect(try train { $0.data.weights = .none } == none)
    #expect(try train { $0.data.weights = .dataset("weight") } == train())
    #expect(
      failure("none") { $0.data.weights = .dataset("weight") }?.subject.hasSuffix("none.h5:/weight") == true)
    let generated = failure {
      $0.data.file = "generate:linear?rows=100"; $0.data.weights = .dataset("weight")
    }
    #expect(generated?.kind == .usage && generated?.subject == "--weights")
  }

  @Test("refuses weights that make no sense, and leaves such rows out when told to")
  func refusals() throws {
    let wrong = failure("wrong")
    #expect(wrong?.kind == .badData && wrong?.subject.hasSuffix("wrong.h5:/weight") == true)
    #expect(wrong?.description.contains("row 17") == true && wrong?.found == "-1.0")
    #expect(failure("zeros")?.problem == "all weights are zero")
    var options = options
    options.data.file = folder.file("wrong.h5")
    options.skipsInvalid = true
    #expect(try TrainingRun(options).run().start.skipped == 1)
  }

  @Test("measures a validation file by its own weights")
  func validation() throws {
    let weighted = try train { $0.validation = DatasetLocation(file: folder.file("plain.h5")) }
    let plain = try train { $0.validation = DatasetLocation(file: folder.file("none.h5")) }
    #expect(weighted.digest == plain.digest && weighted.losses != plain.losses)
  }
}
