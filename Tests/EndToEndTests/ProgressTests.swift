import Foundation
import Testing

/// What a person sees while the program works.
@Suite struct ProgressTests {
  private static let train = ["train", "linear.h5", "--hidden", "4", "--batch-size", "16"]

  @Test func `results go to standard output, messages to standard error`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    for options in [[], ["--json"]] {
      let outcome = try Lockstep.run(Self.train + options, in: folder)
      #expect(outcome.exitCode == 0)
      #expect(!outcome.errors.isEmpty && outcome.errorLines.allSatisfy { $0.hasPrefix("lockstep: ") })
      #expect(!outcome.errors.contains("\u{1B}") && !outcome.errors.contains("\r"))
      #expect(outcome.output.contains("digest"))
      #expect((JSONObject(outcome.output) != nil) == !options.isEmpty)
    }
  }

  @Test func `quiet is silent`() throws {
    let folder = try Folder()
    for command in [
      ["generate", "linear", "--rows", "100", "--output", "linear.h5"],
      Self.train + ["--output", "model.h5"],
      ["predict", "model.h5", "linear.h5", "--output", "p.h5"],
    ] {
      let outcome = try Lockstep.run(command + ["--quiet"], in: folder)
      #expect(outcome.exitCode == 0)
      #expect(outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome)")
    }
    // With --json as well, the result is all there is.
    let outcome = try Lockstep.run(Self.train + ["--quiet", "--json"], in: folder)
    #expect(JSONObject(outcome.output) != nil && outcome.errors.isEmpty)
    // Errors are never silenced.
    expectFailure(try Lockstep.run(["train", "none.h5", "--quiet"], in: folder), 66, mentions: ["none.h5"])
  }

  @Test func `technical detail is there on request`() throws {
    let folder = try Folder()
    try folder.write(
      [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] + [UInt8](repeating: 9, count: 900), to: "a.h5")
    expectFailure(try Lockstep.run(["train", "a.h5"], in: folder), 65, mentions: ["a.h5"])
    let outcome = try Lockstep.run(["train", "a.h5", "--verbose"], in: folder)
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("H5Fopen"), "\(outcome)")
  }

  @Test func `a bar is drawn on a terminal, and cleared`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 1000, in: folder)
    var (master, slave): (Int32, Int32) = (-1, -1)
    try #require(openpty(&master, &slave, nil, nil, nil) == 0)
    defer {
      close(master)
      close(slave)
    }
    for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let name = try #require(ttyname(slave))
    let terminal = String(cString: name)
    _ = fcntl(master, F_SETFL, O_NONBLOCK)
    let run = try Lockstep.start(
      Self.train + ["--epochs", "100000000", "--json"], in: folder, errors: .path(terminal))
    var seen: [UInt8] = []
    func read() {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while case let count = Foundation.read(master, &buffer, buffer.count), count > 0 {
        seen += buffer[..<count]
      }
    }
    var text: String { String(decoding: seen, as: UTF8.self) }
    let drawn = run.wait(
      upTo: 20,
      until: {
        read()
        return text.components(separatedBy: "\r\u{1B}[K[").count > 3
      })
    #expect(drawn, "\(text)")
    run.send(SIGINT)
    _ = run.wait(until: {
      read()
      return false
    })
    read()
    #expect(run.finish().exitCode == 75)
    #expect(text.contains("rows/s") && text.contains("loss") && text.contains("left"))
    // The last thing drawn is nothing, and the message after it stands on a line of its own.
    let last = try #require(text.components(separatedBy: "\r\u{1B}[K").last)
    #expect(last.hasPrefix("lockstep: stopped on request"), "\(last)")
    // --quiet draws nothing.
    seen = []
    let quiet = try Lockstep.run(
      Self.train + ["--epochs", "500", "--quiet"], in: folder, errors: .path(terminal))
    read()
    #expect(quiet.exitCode == 0 && seen.isEmpty)
  }
}
