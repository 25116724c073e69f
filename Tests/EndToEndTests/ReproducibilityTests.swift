import Foundation
import Testing

/// The same bits for any number of threads, and for a run that was stopped and resumed.
@Suite struct ReproducibilityTests {
  /// A kind of training.
  struct Work: Sendable, CustomTestStringConvertible {
    var labels: Bool
    var precision: String
    var optimizer: [String]

    static let all = [false, true].flatMap { labels in
      ["float32", "float64"].flatMap { precision in
        [["sgd", "--momentum", "0.9"], ["adam"], ["rmsprop", "--clip-norm", "0.1", "--reduction", "sum"]].map
        {
          Work(labels: labels, precision: precision, optimizer: $0)
        }
      }
    }

    var testDescription: String {
      "\(labels ? "classification" : "regression") \(precision) \(optimizer[0])"
    }

    /// The command that trains on `data.h5`: several shards, the last minibatch and its last shard shorter.
    func command(output: String) -> [String] {
      [
        "train", "data.h5", "--hidden", "9,7", "--learning-rate", "0.01", "--batch-size", "96", "--shards",
        "7",
      ]
        + ["--precision", precision, "--optimizer"] + optimizer
        + ["--epochs", "3", "--validation-fraction", "0.1", "--output", "\(output).weights.h5"]
    }

    /// Writes `data.h5`.
    func prepare(_ folder: Folder, rows: Int) throws {
      if labels {
        try SampleFile.writeLabelled(folder.file("data.h5"), rows: rows)
      } else {
        try Lockstep.generate("data.h5", rows: rows, ["--noise", "0.1"], in: folder)
      }
    }
  }

  @Test(arguments: Work.all) func `threads change nothing`(_ work: Work) throws {
    let folder = try Folder()
    try work.prepare(folder, rows: 500)
    let reference = try Lockstep.json(work.command(output: "1") + ["--threads", "1"], in: folder)
    #expect(reference.integer("shards") == 7)
    #expect(reference.integer("steps") == 15)
    let contents = try CheckpointContents(folder.file("1.weights.h5"))
    #expect(contents.names.contains("/lockstep/history/validation_loss"))
    #expect(contents.names.contains("/lockstep/best/layers/dense_2/vars/1"))
    #expect(contents.names.contains("/optimizer/vars/\(work.optimizer[0] == "adam" ? 13 : 7)"))
    for threads in ["2", "3", "5", "8", "auto"] {
      let result = try Lockstep.json(work.command(output: threads) + ["--threads", threads], in: folder)
      #expect(result.string("parameters_digest") == reference.string("parameters_digest"))
      #expect(result.number("loss") == reference.number("loss"))
      #expect(result.number("validation_loss") == reference.number("validation_loss"))
      let other = try CheckpointContents(folder.file("\(threads).weights.h5"))
      #expect(contents.differences(from: other) == [], "\(threads) threads")
    }
  }

  @Test func `evaluation and prediction are the same for any number of threads`() throws {
    let folder = try Folder()
    let work = Work(labels: true, precision: "float32", optimizer: ["adam"])
    try work.prepare(folder, rows: 3000)
    try Lockstep.json(work.command(output: "a"), in: folder)
    var evaluations: Set<String> = []
    var predictions: Set<[UInt8]> = []
    for threads in ["1", "2", "5"] {
      let options = ["--threads", threads]
      let evaluation = try Lockstep.run(
        ["evaluate", "a.weights.h5", "data.h5", "--json"] + options, in: folder)
      evaluations.insert(evaluation.output)
      try Lockstep.json(
        ["predict", "a.weights.h5", "data.h5", "--force", "--output", "p.h5"] + options, in: folder)
      predictions.insert(try folder.bytes("p.h5"))
    }
    #expect(evaluations.count == 1)
    #expect(predictions.count == 1)
  }

  @Test func `shards and seed do change the bits, as part of the recipe`() throws {
    let folder = try Folder()
    let work = Work(labels: false, precision: "float32", optimizer: ["adam"])
    try work.prepare(folder, rows: 500)
    let digests = try [[], ["--shards", "3"], ["--seed", "1"], ["--no-shuffle"]].map {
      try Lockstep.json(work.command(output: "a") + ["--force"] + $0, in: folder).string("parameters_digest")
    }
    #expect(Set(digests).count == digests.count)
  }

  @Test(arguments: [Work.all[0], Work.all[11]])
  func `a run stopped after any step and resumed ends in the same bits`(_ work: Work) throws {
    let folder = try Folder()
    // Five steps an epoch.
    try work.prepare(folder, rows: 500)
    try Lockstep.json(work.command(output: "whole") + ["--threads", "2"], in: folder)
    let whole = try CheckpointContents(folder.file("whole.weights.h5"))
    for step in 1..<15 {
      let command = work.command(output: "part\(step)")
      let part = try Lockstep.json(command + ["--threads", "3", "--steps", "\(step)"], in: folder)
      #expect(part.integer("steps") == step)
      #expect(part.integer("epochs") == step / 5)
      let rest = try Lockstep.json(command + ["--threads", "\(step % 5 + 1)", "--resume"], in: folder)
      #expect(rest.integer("steps") == 15)
      let contents = try CheckpointContents(folder.file("part\(step).weights.h5"))
      #expect(whole.differences(from: contents) == [], "stopped after step \(step)")
    }
  }

  @Test(arguments: [Work.all[4], Work.all[6]])
  func `a run resumed after every step ends in the same bits`(_ work: Work) throws {
    let folder = try Folder()
    try work.prepare(folder, rows: 500)
    try Lockstep.json(work.command(output: "whole"), in: folder)
    let command = work.command(output: "chain") + ["--resume"]
    for step in 1...15 {
      let threads = ["--threads", "\(step % 4 + 1)"]
      let part = try Lockstep.json(command + threads + ["--steps", "\(step)"], in: folder)
      #expect(part.integer("steps") == step)
    }
    // Nothing is left to do, and nothing changes.
    try Lockstep.json(command, in: folder)
    let whole = try CheckpointContents(folder.file("whole.weights.h5"))
    let chain = try CheckpointContents(folder.file("chain.weights.h5"))
    #expect(whole.differences(from: chain) == [])
    #expect(folder.names == ["chain.weights.h5", "data.h5", "whole.weights.h5"])
  }

  @Test func `schedules go on where they were`() throws {
    let folder = try Folder()
    let work = Work(labels: false, precision: "float32", optimizer: ["momentum"])
    try work.prepare(folder, rows: 500)
    let schedule = ["--schedule", "cosine", "--warmup-steps", "3", "--final-learning-rate", "0.0001"]
    let whole = try Lockstep.json(work.command(output: "whole") + schedule, in: folder)
    let rate = try #require(whole.number("learning_rate"))
    #expect(rate < 0.0003)
    let command = work.command(output: "part") + schedule
    for step in [2, 8] {
      try Lockstep.json(command + ["--resume", "--steps", "\(step)", "--decay-steps", "12"], in: folder)
    }
    let part = try Lockstep.json(command + ["--resume"], in: folder)
    #expect(part.number("learning_rate") == rate)
    let (a, b) = (folder.file("whole.weights.h5"), folder.file("part.weights.h5"))
    #expect(try CheckpointContents(a).differences(from: CheckpointContents(b)) == [])
    let history = try Lockstep.json(["inspect", "part.weights.h5"], in: folder)
    #expect(history.numbers("history", "learning_rate")?.last == rate)
  }

  @Test func `more epochs continue a finished run`() throws {
    let folder = try Folder()
    let work = Work(labels: false, precision: "float32", optimizer: ["adam"])
    try work.prepare(folder, rows: 500)
    try Lockstep.json(work.command(output: "a"), in: folder)
    try Lockstep.json(work.command(output: "a") + ["--resume", "--epochs", "5"], in: folder)
    try Lockstep.json(work.command(output: "b") + ["--epochs", "5", "--checkpoint-every", "4"], in: folder)
    let (a, b) = (folder.file("a.weights.h5"), folder.file("b.weights.h5"))
    #expect(try CheckpointContents(a).differences(from: CheckpointContents(b)) == [])
  }

  @Test func `a validation file is measured the same way`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 300, in: folder)
    try Lockstep.generate("other.h5", rows: 700, ["--seed", "5"], in: folder)
    let command = ["train", "linear.h5", "--hidden", "4", "--epochs", "3", "--validation", "other.h5"]
    let result = try Lockstep.json(command + ["--threads", "3", "--output", "a.weights.h5"], in: folder)
    #expect(result.integer("validation_samples") == 700)
    let evaluation = try Lockstep.json(["evaluate", "a.weights.h5", "other.h5"], in: folder)
    #expect(evaluation.number("loss") == result.number("validation_loss"))
    let again = command + ["--threads", "1", "--output", "b.weights.h5"]
    try Lockstep.json(again + ["--steps", "3"], in: folder)
    try Lockstep.json(again + ["--resume"], in: folder)
    let (a, b) = (folder.file("a.weights.h5"), folder.file("b.weights.h5"))
    #expect(try CheckpointContents(a).differences(from: CheckpointContents(b)) == [])
  }
}
