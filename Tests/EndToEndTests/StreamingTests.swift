import Foundation
import Testing

/// Data that are more than they may take in memory are read as they are needed, and nothing else changes.
@Suite struct StreamingTests {
  /// Training on `linear.h5`, in windows of 2,048 rows.
  private func command(_ output: String) -> [String] {
    [
      "train", "linear.h5", "--hidden", "9", "--batch-size", "96", "--epochs", "3", "--learning-rate", "0.01",
      "--block-rows", "64", "--window-rows", "2048", "--output", "\(output).weights.h5",
    ]
  }

  @Test(arguments: [[], ["--compression", "gzip", "--chunk-rows", "100"], ["--precision", "float64"]])
  func `streamed or not, the checkpoint is the same`(_ storage: [String]) throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 20_001, ["--noise", "0.1"] + storage, in: folder)
    let whole = try Lockstep.json(command("whole") + ["--shuffle", "blocks"], in: folder)
    #expect(whole.string("shuffle") == "blocks" && whole.boolean("streamed") == false)
    let contents = try CheckpointContents(folder.file("whole.weights.h5"))
    for (threads, budget) in [("1", "60KB"), ("2", "100KiB"), ("3", "0.2M")] {
      let streamed = try Lockstep.json(
        command(threads) + ["--threads", threads, "--memory-budget", budget], in: folder)
      #expect(streamed.string("shuffle") == "blocks" && streamed.boolean("streamed") == true)
      let other = try CheckpointContents(folder.file("\(threads).weights.h5"))
      #expect(contents.differences(from: other) == [], "\(threads) threads, \(budget)")
    }
  }

  @Test func `a killed run goes on in the same bits`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 20_001, in: folder)
    try Lockstep.json(command("whole") + ["--shuffle", "blocks"], in: folder)
    let whole = try CheckpointContents(folder.file("whole.weights.h5"))
    let part = command("part") + ["--memory-budget", "60KB"]
    for steps in ["1", "100", "209", "210", "500"] {
      try Lockstep.json(part + ["--steps", steps, "--resume"], in: folder)
    }
    try Lockstep.json(part + ["--resume"], in: folder)
    #expect(whole.differences(from: try CheckpointContents(folder.file("part.weights.h5"))) == [])
  }

  @Test func `a validation loss is the same whether its rows fit into memory or not`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 20_001, ["--noise", "0.1"], in: folder)
    let aside = ["--shuffle", "blocks", "--validation-fraction", "0.9", "--early-stopping", "2"]
    let whole = try Lockstep.json(command("whole") + aside, in: folder)
    let streamed = try Lockstep.json(command("part") + aside + ["--memory-budget", "200KB"], in: folder)
    #expect(streamed.boolean("streamed") == true && streamed.integer("validation_samples") == 18_001)
    #expect(streamed.number("validation_loss") == whole.number("validation_loss"))
    #expect(
      try CheckpointContents(folder.file("whole.weights.h5"))
        .differences(from: CheckpointContents(folder.file("part.weights.h5"))) == [])
  }

  @Test func `a larger budget does where a smaller one did`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 200_001, in: folder)
    // Validation rows take 0.48 MB, which is half of a budget from 0.96 MB on.
    let digests = try ["850KB", "1000KB", "1100KB", "1300KB"].map { budget in
      try Lockstep.json(
        [
          "train", "linear.h5", "--hidden", "3", "--batch-size", "96", "--window-rows", "32768", "--epochs",
          "1", "--validation-fraction", "0.2", "--memory-budget", budget, "--threads", "2",
        ], in: folder
      ).string("parameters_digest")
    }
    #expect(digests[0] != nil && Set(digests).count == 1)
  }

  @Test func `what does not fit or go together is said`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 20_001, in: folder)
    let train = ["train", "linear.h5", "--batch-size", "96", "--quiet"]
    for (options, code, mentions) in [
      (["--memory-budget", "1KB"], 71, ["--memory-budget", "1000 bytes"]),
      (["--memory-budget", "100KB", "--shuffle", "full"], 78, ["--shuffle", "blocks"]),
      (["--memory-budget", "much"], 64, ["--memory-budget", "256MiB"]),
      (["--memory-budget", "0"], 64, ["--memory-budget"]),
      (["--shuffle", "some"], 64, ["--shuffle", "blocks"]),
      (["--shuffle", "blocks", "--block-rows", "100"], 64, ["--block-rows", "power of two"]),
      (["--shuffle", "full", "--block-rows", "64"], 64, ["--block-rows", "--shuffle blocks"]),
      (["--shuffle", "full", "--no-shuffle"], 64, ["--no-shuffle"]),
    ] as [([String], Int32, [String])] {
      expectFailure(try Lockstep.run(train + options, in: folder), code, mentions: mentions)
    }
  }

  @Test func `how data are read is said, also that their chunks make it slow`() throws {
    let folder = try Folder()
    let train = [
      "train", "linear.h5", "--block-rows", "64", "--window-rows", "2048", "--memory-budget", "700KB",
    ]
    try Lockstep.generate(rows: 60_003, in: folder)
    for access in ["cached", "auto", "direct"] {
      let outcome = try Lockstep.run(train + ["--file-access", access], in: folder)
      // Not every file system of those on which tests run has direct reads.
      #expect(
        outcome.exitCode == 0 && outcome.errors.contains("as they are needed; shuffle: blocks of 64 rows"))
      #expect(access == "direct" || !outcome.errors.contains("past the system's cache"))
      #expect(!outcome.errors.contains("chunks"))
    }
    for (chunk, mentions) in [(255, nil), (256, "--block-rows 256"), (300, "--block-rows 512")]
      as [(Int, String?)]
    {
      let folder = try Folder()
      try Lockstep.generate(rows: 60_003, ["--chunk-rows", "\(chunk)"], in: folder)
      let outcome = try Lockstep.run(train + ["--validation-fraction", "0.1"], in: folder)
      #expect(outcome.exitCode == 0 && outcome.errors.contains("decoded anew") == (mentions != nil))
      #expect(mentions.map { outcome.errors.contains($0) } ?? true)
    }
    // There is no room for the chunks of blocks as large as these, or with numbers twice as wide as in memory.
    for options in [["--chunk-rows", "2000"], ["--chunk-rows", "300", "--precision", "float64"]] {
      let folder = try Folder()
      try Lockstep.generate(rows: 60_003, options, in: folder)
      let outcome = try Lockstep.run(train + ["--precision", "float32"], in: folder)
      #expect(outcome.errors.contains("decoded anew") && !outcome.errors.contains("--block-rows"))
    }
    expectFailure(
      try Lockstep.run(train + ["--file-access", "some"], in: folder), 64,
      mentions: ["--file-access", "direct"])
  }

  @Test func `a file that is cut off while it is read ends training with an error`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 200_000, in: folder)
    let program = try Lockstep.start(
      [
        "train", "linear.h5", "--epochs", "1000000", "--memory-budget", "1MB", "--window-rows", "8192",
        "--output", "a.weights.h5", "--quiet",
      ], in: folder)
    // Until it has begun to save.
    let limit = Date().addingTimeInterval(30)
    while !folder.names.contains("a.weights.h5"), Date() < limit { usleep(10_000) }
    truncate(folder.file("linear.h5"), 1_000_000)
    let outcome = program.finish(limit: 30)
    #expect(!outcome.timedOut)
    expectFailure(outcome, 74, mentions: ["linear.h5", "became shorter"])
    let inspection = try Lockstep.json(["inspect", "a.weights.h5"], in: folder)
    #expect(inspection.string("kind") == "checkpoint")
  }
}
