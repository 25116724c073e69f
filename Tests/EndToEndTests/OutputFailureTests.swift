import Foundation
import Testing

/// Outputs that cannot be written, and runs that must not write them.
@Suite struct OutputFailureTests {
  private static let train = ["train", "linear.h5", "--force", "--hidden", "4", "--output", "a.weights.h5"]

  @Test func `a run that diverges in its last step says in which epoch`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 1, in: folder)
    let outcome = try Lockstep.run(
      ["train", "linear.h5", "--quiet", "--epochs", "1", "--optimizer", "sgd", "--learning-rate", "1e38"],
      in: folder)
    expectFailure(outcome, 70, mentions: ["diverged at step 1 (epoch 1)"])
  }

  @Test func `a run that diverges leaves the earlier checkpoint alone`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 1000, in: folder)
    try Lockstep.json(Self.train, in: folder)
    let bytes = try folder.bytes("a.weights.h5")
    let outcome = try Lockstep.run(
      Self.train + ["--optimizer", "sgd", "--learning-rate", "1e6", "--batch-size", "8", "--quiet"],
      in: folder)
    expectFailure(outcome, 70, mentions: ["diverged at step ", "epoch 1", "--learning-rate"])
    #expect(try folder.bytes("a.weights.h5") == bytes)
    #expect(folder.names == ["a.weights.h5", "linear.h5"])
  }

  @Test func `an output that is there is replaced only by force`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 10, in: folder)
    try Lockstep.json(Self.train + ["--epochs", "1"], in: folder)
    try folder.write("precious".utf8, to: "p.h5")
    let command = ["predict", "a.weights.h5", "linear.h5", "--output", "p.h5"]
    expectFailure(try Lockstep.run(command, in: folder), 73, mentions: ["p.h5", "--force"])
    #expect(try folder.bytes("p.h5") == Array("precious".utf8))
    let again = ["train", "linear.h5", "--hidden", "4", "--output", "a.weights.h5"]
    expectFailure(try Lockstep.run(again, in: folder), 73, mentions: ["a.weights.h5", "--force", "--resume"])
    let onto = ["train", "linear.h5", "--quiet", "--force", "--output", "./linear.h5"]
    expectFailure(try Lockstep.run(onto, in: folder), 73, mentions: ["linear.h5", "samples"])
    expectFailure(
      try Lockstep.run(["train", "linear.h5", "--quiet", "--output", ""], in: folder), 64,
      mentions: ["--output"])
    try Lockstep.json(command + ["--force"], in: folder)
    #expect(folder.names == ["a.weights.h5", "linear.h5", "p.h5"])
  }

  @Test func `a directory that is missing is noticed before any work`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 10, in: folder)
    let outcome = try Lockstep.run(["train", "linear.h5", "--output", "none/a.weights.h5"], in: folder)
    expectFailure(outcome, 73, mentions: ["none/a.weights.h5", "mkdir -p none"])
    try Lockstep.json(Self.train + ["--epochs", "1"], in: folder)
    let predict = try Lockstep.run(
      ["predict", "a.weights.h5", "linear.h5", "--output", "none/p.h5"], in: folder)
    expectFailure(predict, 73, mentions: ["none/p.h5"])
    let directory = try Lockstep.run(["train", "linear.h5", "--quiet", "--output", folder.path], in: folder)
    expectFailure(directory, 73, mentions: [folder.path, "regular file"])
    #expect(folder.names == ["a.weights.h5", "linear.h5"])
  }

  /// Words before a command that make it run without privileges, which permissions do not bind otherwise.
  private static let unprivileged =
    geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []

  /// Whether the program can be run that way here: it may lie where only root may look.
  private static let runsUnprivileged: Bool = {
    guard let folder = try? Folder() else { return false }
    let words = unprivileged + [Lockstep.executable, "--version"]
    return (try? RunningProgram(words, in: folder).finish().exitCode) == 0
  }()

  @Test(.enabled(if: runsUnprivileged, "the program cannot be run without privileges here"))
  func `a directory or file without permission`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 10, in: folder)
    try Lockstep.generate("secret.h5", rows: 10, in: folder)
    chmod(folder.file("secret.h5"), 0)
    chmod(folder.path, 0o555)
    defer { chmod(folder.path, 0o755) }
    func run(_ arguments: [String]) throws -> RunningProgram.Outcome {
      try RunningProgram(Self.unprivileged + [Lockstep.executable] + arguments, in: folder).finish()
    }
    expectFailure(try run(Self.train), 77, mentions: ["a.weights.h5", "cannot be written", "permissions"])
    let generate = ["generate", "linear", "--rows", "10", "--output", "b.h5"]
    expectFailure(try run(generate), 77, mentions: ["b.h5", "cannot be written"])
    expectFailure(try run(["train", "secret.h5"]), 77, mentions: ["secret.h5"])
    expectFailure(try run(["inspect", "secret.h5"]), 77, mentions: ["secret.h5"])
    #expect(folder.names == ["linear.h5", "secret.h5"])
  }

  @Test func `a file that may not grow leaves the earlier one alone`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 1000, in: folder)
    try Lockstep.json(Self.train, in: folder)
    try Lockstep.json(["predict", "a.weights.h5", "linear.h5", "--output", "p.h5"], in: folder)
    let names = folder.names
    let before = try names.map { try folder.bytes($0) }
    // Some limits are reached while the file is written, others when it is closed.
    for limit in [1, 3, 6, 9] {
      // In blocks of 512 bytes or 1 KiB, as the shell likes: less than any of the files.
      let limited = ["sh", "-c", "ulimit -f \(limit) && exec \"$0\" \"$@\"", Lockstep.executable]
      for command in [
        Self.train, ["generate", "linear", "--force", "--rows", "1000", "--output", "linear.h5"],
        ["generate", "linear", "--force", "--rows", "9999", "--chunk-rows", "99", "--output", "linear.h5"],
        ["predict", "a.weights.h5", "linear.h5", "--force", "--include-x", "--output", "p.h5"],
      ] {
        let outcome = try RunningProgram(limited + command + ["--quiet"], in: folder).finish()
        expectFailure(outcome, 74, mentions: [command.last ?? ""])
        #expect(folder.names == names)
        #expect(try names.map { try folder.bytes($0) } == before)
      }
    }
  }

  /// Words before a shell's commands that let it mount a small file system, seen by itself alone.
  private static let mounting = [
    "unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=100k lockstep small && { eval \"$1\"; }", "sh",
  ]

  private static let canMount: Bool = {
    guard let folder = try? Folder(), mkdir(folder.file("small"), 0o755) == 0 else { return false }
    return (try? RunningProgram(mounting + ["true"], in: folder).finish().exitCode) == 0
  }()

  @Test(.enabled(if: canMount, "mounting a small file system is not permitted here"))
  func `a full disk leaves the earlier file alone`() throws {
    let folder = try Folder()
    mkdir(folder.file("small"), 0o755)
    try Lockstep.generate(rows: 20_000, in: folder)
    func run(_ script: String) throws -> RunningProgram.Outcome {
      try RunningProgram(
        Self.mounting + [script.replacing("LOCKSTEP", with: "'\(Lockstep.executable)'")], in: folder
      )
      .finish()
    }
    let generate = "LOCKSTEP generate linear --quiet --output small/a.h5"
    let generated = try run(
      "\(generate) --rows 1000 && cp small/a.h5 . && \(generate) --force; echo $? >code; ls -A small >names; cmp a.h5 small/a.h5"
    )
    expectFailure(generated, 0, mentions: ["small/a.h5", "space"])
    #expect(String(decoding: try folder.bytes("code"), as: UTF8.self) == "74\n")
    #expect(String(decoding: try folder.bytes("names"), as: UTF8.self) == "a.h5\n")

    // How much compressed rows take is found out while they are written.
    let compressed = try run(
      "cp a.h5 small && \(generate) --force --compression gzip:1; echo $? >code; ls -A small >names; cmp a.h5 small/a.h5"
    )
    expectFailure(compressed, 0, mentions: ["small/a.h5", "space"])
    #expect(String(decoding: try folder.bytes("code"), as: UTF8.self) == "74\n")
    #expect(String(decoding: try folder.bytes("names"), as: UTF8.self) == "a.h5\n")

    let train = "LOCKSTEP train linear.h5 --quiet --force --epochs 1 --output small/a.weights.h5 --hidden"
    let trained = try run(
      "\(train) 4 && cp small/a.weights.h5 . && \(train) 300,100; echo $? >code; ls -A small >names; cmp a.weights.h5 small/a.weights.h5"
    )
    expectFailure(trained, 0, mentions: ["small/a.weights.h5", "space"])
    #expect(String(decoding: try folder.bytes("code"), as: UTF8.self) == "74\n")
    #expect(String(decoding: try folder.bytes("names"), as: UTF8.self) == "a.weights.h5\n")
  }

  @Test func `a result that nobody gets is not a success`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    let generate = ["generate", "linear", "--rows", "10", "--force", "--output", "b.h5"]
    for command in [
      Self.train, generate, ["inspect", "linear.h5"], ["evaluate", "a.weights.h5", "linear.h5"],
    ] {
      for output in [RunningProgram.Stream.closed, .path("/dev/full")] {
        let outcome = try Lockstep.run(command + ["--json"], in: folder, output: output)
        #expect(outcome.exitCode == 74, "\(outcome)")
        #expect(
          outcome.errorLines.last?.hasPrefix("lockstep: error: standard output: ") == true, "\(outcome)")
      }
    }
    // Messages do not go into files either: with all streams closed, these get their numbers.
    try Lockstep.json(["inspect", "a.weights.h5"], in: folder)
    let outcome = try Lockstep.run(Self.train, in: folder, output: .closed, errors: .closed)
    #expect(outcome.exitCode == 74)
    try Lockstep.json(["evaluate", "a.weights.h5", "linear.h5"], in: folder)
    #expect(folder.names == ["a.weights.h5", "b.h5", "linear.h5"])
  }
}
