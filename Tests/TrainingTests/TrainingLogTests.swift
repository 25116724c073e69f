import Lockstep
import TestSupport
import Testing

@testable import Training

@Suite("A log of training")
struct TrainingLogTests {
  let folder: TemporaryFolder
  var options: TrainingOptions

  init() throws {
    folder = try TemporaryFolder()
    let data = DatasetLocation(file: folder.file("d.h5"))
    try DatasetWriter<Float>(LinearProblem(seed: 4), rows: 100, format: DatasetFormat(), source: "")
      .write(to: data.file, threads: 1)
    options = TrainingOptions(data: data)
    options.batchSize = 32
    options.epochs = 5
    options.validationFraction = 0.2
    options.output = folder.file("m.weights.h5")
    options.log = folder.file("m.csv")
  }

  /// What the run's checkpoint has.
  private var history: [EpochRecord] {
    get throws { try #require(FileInspection(folder.file("m.weights.h5")).checkpoint?.history) }
  }

  private func failure(_ body: () throws -> Void) -> LockstepError? {
    do {
      try body()
      return nil
    } catch {
      return error as? LockstepError
    }
  }

  @Test(
    "says of each epoch what the checkpoint says, in every format", arguments: TrainingLog.Format.allCases)
  mutating func contents(_ format: TrainingLog.Format) throws {
    let path = folder.file("m.\(format)")
    options.log = path
    _ = try TrainingRun(options).run()
    #expect(try TrainingLog.read(path) == history)
    #expect(try history.count == 5)
  }

  @Test("has nothing where there is no validation")
  mutating func withoutValidation() throws {
    options.validationFraction = 0
    _ = try TrainingRun(options).run()
    let lines = try folder.text("m.csv").split(separator: "\n")
    #expect(lines[0] == "epoch,step,loss,validation_loss,learning_rate,seconds")
    #expect(lines[1].hasPrefix("1,4,") && lines[5].hasPrefix("5,20,"))
    #expect(lines[1].split(separator: ",", omittingEmptySubsequences: false)[3].isEmpty)
    let records = try TrainingLog.read(folder.file("m.csv"))
    #expect(try records.map(\.loss) == history.map(\.loss) && records.allSatisfy { $0.validationLoss.isNaN })
  }

  @Test("is written anew by a run that goes on, whatever was in it")
  mutating func resuming() throws {
    options.epochs = 2
    _ = try TrainingRun(options).run()
    // As if the run had been killed after an epoch that no checkpoint has.
    try folder.write("rubbish", to: "m.csv")
    options.epochs = 5
    options.resume = true
    _ = try TrainingRun(options).run()
    #expect(try TrainingLog.read(folder.file("m.csv")) == history)
  }

  @Test("does not replace a file that nobody said may go, nor one of the run's own")
  mutating func replacing() throws {
    try folder.write("precious", to: "m.csv")
    #expect(failure { _ = try TrainingRun(options).run() }?.kind == .cannotCreate)
    #expect(try folder.text("m.csv") == "precious")
    options.replacesOutput = true
    options.output = options.log
    #expect(failure { _ = try TrainingRun(options).run() }?.kind == .cannotCreate)
    #expect(try folder.text("m.csv") == "precious")
    options.output = nil
    _ = try TrainingRun(options).run()
    #expect(try TrainingLog.read(folder.file("m.csv")).count == 5)
  }

  @Test("with anything else in it is refused, with the number of the line")
  func damage() throws {
    let header = "epoch,step,loss,validation_loss,learning_rate,seconds\n"
    let json = #"{"epoch":1,"step":2,"loss":0.5,"validation_loss":null,"learning_rate":1,"seconds":0}"#
    let cases = [
      ("a.csv", "", 1), ("a.csv", "epoch,loss\n", 1), ("a.csv", header + "1,2,3\n", 2),
      ("a.csv", header + "1,2,0.5,,1,0\n2,4,x,,1,0\n", 3), ("a.csv", header + "2,2,0.5,,1,0\n", 2),
      ("a.jsonl", "[]\n", 1), ("a.jsonl", "{\"epoch\":1}\n", 1), ("a.jsonl", json + "\n" + json + "\n", 2),
    ]
    for (name, text, line) in cases {
      try folder.write(text, to: name)
      let error = failure { _ = try TrainingLog.read(folder.file(name)) }
      #expect(error?.kind == .badData && error?.subject == "\(folder.file(name)):\(line)", "\(text)")
    }
    // A line that is being written.
    try folder.write(json + "\n" + json.prefix(9), to: "a.jsonl")
    #expect(try TrainingLog.read(folder.file("a.jsonl")).map(\.loss) == [0.5])
  }
}
