import Foundation
import Testing

/// What is left of a run that a signal ends.
@Suite struct InterruptionTests {
  /// A run that goes on until it is stopped.
  private static let endless =
    ["train", "linear.h5", "--hidden", "8", "--batch-size", "64", "--shards", "4", "--learning-rate", "0.01"]
    + ["--epochs", "100000000", "--checkpoint-every", "100000000"]

  @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
  func `a run that is told to stop saves and can be resumed`(_ signal: Int32) throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 1000, in: folder)
    let command = Self.endless + ["--output", "a.weights.h5"]
    let run = try Lockstep.start(command + ["--threads", "2", "--json"], in: folder)
    #expect(run.wait(until: { run.errorsSoFar.contains("samples, network") }))
    usleep(150_000)
    run.send(signal)
    let outcome = run.finish()
    #expect(outcome.exitCode == 75, "\(outcome)")
    #expect(outcome.errors.contains("--resume"))
    let result = try #require(JSONObject(outcome.output))
    #expect(result.isTrue("stopped"))
    let steps = try #require(result.integer("steps"))
    #expect(steps > 0)
    #expect(folder.names == ["a.weights.h5", "linear.h5"])

    let reference = Self.endless + ["--force", "--output", "b.weights.h5", "--threads", "1", "--steps"]
    try Lockstep.json(reference + ["\(steps)"], in: folder)
    try expectSame(folder)
    // 16 steps an epoch: 20 more always reach the end of one.
    try Lockstep.json(command + ["--threads", "3", "--resume", "--steps", "\(steps + 20)"], in: folder)
    try Lockstep.json(reference + ["\(steps + 20)"], in: folder)
    try expectSame(folder)
  }

  @Test func `a run without an output says that nothing was saved`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    let run = try Lockstep.start(Self.endless, in: folder)
    #expect(run.wait(until: { run.errorsSoFar.contains("samples, network") }))
    run.send(SIGINT)
    let outcome = run.finish()
    #expect(outcome.exitCode == 75)
    #expect(outcome.errors.contains("nothing was saved"))
  }

  @Test func `a run killed again and again ends in the same bits`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 500, in: folder)
    let command =
      ["train", "linear.h5", "--hidden", "8", "--batch-size", "64", "--shards", "4"]
      + ["--validation-fraction", "0.1", "--epochs", "300", "--checkpoint-steps", "5"]
    try Lockstep.json(command + ["--output", "b.weights.h5"], in: folder)
    let killed = command + ["--output", "a.weights.h5", "--resume", "--quiet", "--threads"]
    var kills = 0
    for round in 0..<20 {
      let run = try Lockstep.start(killed + ["\(round % 3 + 1)"], in: folder)
      usleep(UInt32.random(in: 5_000...60_000))
      run.send(SIGKILL)
      if run.finish().signal == SIGKILL { kills += 1 }
      // What is there is whole.
      if folder.names.contains("a.weights.h5") {
        try Lockstep.json(["inspect", "a.weights.h5"], in: folder)
      }
    }
    #expect(kills >= 5, "the runs are too short to be killed")
    try Lockstep.json(killed + ["2"], in: folder)
    try expectSame(folder)
    #expect(folder.names == ["a.weights.h5", "b.weights.h5", "linear.h5"])
  }

  @Test func `an output in use is left alone`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    let command = Self.endless + ["--output", "a.weights.h5"]
    let run = try Lockstep.start(command, in: folder)
    #expect(run.wait(until: { run.errorsSoFar.contains("samples, network") }))
    for more in [[], ["--resume"]] {
      let outcome = try Lockstep.run(command + more, in: folder)
      expectFailure(outcome, 75, mentions: ["a.weights.h5", "another run", "--resume"])
    }
    run.send(SIGTERM)
    #expect(run.finish().exitCode == 75)
    try Lockstep.json(command + ["--resume", "--steps", "1"], in: folder)
    #expect(folder.names == ["a.weights.h5", "linear.h5"])
  }

  private func expectSame(_ folder: Folder, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let a = try CheckpointContents(folder.file("a.weights.h5"))
    let b = try CheckpointContents(folder.file("b.weights.h5"))
    #expect(a.differences(from: b) == [], sourceLocation: sourceLocation)
  }
}
