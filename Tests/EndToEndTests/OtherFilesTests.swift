import Foundation
import Testing

/// Samples whose numbers are in other files than the one that is named: only where that is allowed, and then all of them.
@Suite struct OtherFilesTests {
  private let folder: Folder

  /// Files that h5py writes, and a network for their samples.
  init() throws {
    folder = try Folder()
    try Python.run("write_other_files", [], in: folder)
    try Lockstep.json(Self.train + ["whole.h5", "--output", "whole.weights.h5"], in: folder)
  }

  private static let train = ["train", "--hidden", "3", "--epochs", "1", "--batch-size", "100"]

  private func digests(_ data: String, _ options: [String]) throws -> String? {
    try Lockstep.json(Self.train + [data] + options, in: folder).string("parameters_digest")
  }

  @Test(arguments: [
    ["virtual.h5"], ["two-levels.h5"], ["external.h5"], ["linked.h5"],
    ["linked.h5", "--x", "all/er/x", "--y", "all/y"],
  ])
  func `train to the bits of one file, in memory and streamed`(_ data: [String]) throws {
    let options = Array(data.dropFirst()) + ["--allow-other-files"]
    let streaming = ["--block-rows", "64", "--window-rows", "512", "--memory-budget", "55KB"]
    #expect(try digests(data[0], options) == digests("whole.h5", []))
    #expect(
      try digests(data[0], options + streaming + ["--threads", "2"]) == digests("whole.h5", streaming))
  }

  @Test func `every command reads them`() throws {
    let (whole, virtual) = ("whole.h5", ["virtual.h5", "--allow-other-files"])
    func same(_ arguments: [String], _ key: String) throws {
      let (a, b) = (
        try Lockstep.json(arguments + [whole], in: folder),
        try Lockstep.json(arguments + virtual, in: folder)
      )
      #expect(a.number(key) != nil && a.number(key) == b.number(key), "\(arguments)")
    }
    try same(["evaluate", "whole.weights.h5"], "loss")
    try same(["validate"], "rows")
    try Lockstep.json(["predict", "whole.weights.h5", whole, "--output", "a.h5"], in: folder)
    try Lockstep.json(["predict", "whole.weights.h5"] + virtual + ["--output", "b.h5"], in: folder)
    try Lockstep.json(["convert"] + virtual + ["--output", "c.h5"], in: folder)
    #expect(try digests("c.h5", []) == digests(whole, []))
    let predicted = try ["a.h5", "b.h5"].map {
      try Lockstep.json(Self.train + [whole, "--validation", $0, "--x", "y", "--y", "y"], in: folder)
        .number("validation_loss")
    }
    #expect(predicted[0] == predicted[1])
    let stack = try Lockstep.json(
      ["evaluate", "whole.weights.h5", "stack.h5", "--allow-other-files"], in: folder)
    #expect(stack.integer("samples") == 4)
  }

  @Test(arguments: [
    ("virtual.h5", "virtual dataset", "parts/0.h5"), ("external.h5", "external storage", "x.raw"),
    ("linked.h5", "external link", "virtual.h5"),
  ])
  func `are refused by name unless they are allowed`(_ data: String, _ kind: String, _ other: String) throws {
    for command in [
      Self.train + [data], ["evaluate", "whole.weights.h5", data], ["validate", data],
      ["predict", "whole.weights.h5", data, "--output", "o.h5"], ["convert", data, "--output", "o.h5"],
    ] {
      expectFailure(
        try Lockstep.run(command, in: folder), 65,
        mentions: ["\(data):/x", kind, other, "--allow-other-files"])
    }
  }

  @Test(
    arguments: [
      ("gap.h5", 65, ["gap.h5:/x", "row 1000", "fill values"]),
      ("missing.h5", 66, ["nowhere.h5", "missing.h5:/x"]),
      ("no-dataset.h5", 65, ["whole.h5:/xx", "no-dataset.h5:/x"]),
      ("short.h5", 65, ["parts/0.h5:/g/x", "short.h5:/x", "3000", "15000"]),
      ("circle.h5", 65, ["from file to file"]), ("columns.h5", 65, ["whole rows"]),
      ("unlimited.h5", 65, ["without an end", "whole.h5"]), ("cut.h5", 65, ["y0.raw", "60000", "too short"]),
    ] as [(String, Int32, [String])])
  func `are refused if anything is missing`(_ data: String, _ code: Int32, _ mentions: [String]) throws {
    for command in [["evaluate", "whole.weights.h5"], ["inspect"]] {
      expectFailure(
        try Lockstep.run(command + [data, "--allow-other-files"], in: folder, limit: 20), code,
        mentions: mentions)
    }
  }

  @Test func `links that lead nowhere are named`() throws {
    for (dataset, code, mentions) in [
      ("nowhere", 66, ["nowhere.h5", "linked.h5:/nowhere"]), ("circle", 65, ["from file to file"]),
    ] as [(String, Int32, [String])] {
      let outcome = try Lockstep.run(
        ["evaluate", "whole.weights.h5", "linked.h5", "--x", dataset, "--allow-other-files"], in: folder)
      expectFailure(outcome, code, mentions: mentions)
    }
  }

  @Test func `are found beside the file that names them`() throws {
    let elsewhere = try Folder()
    for data in ["virtual.h5", "external.h5", "linked.h5"] {
      let outcome = try Lockstep.json(
        ["evaluate", folder.file("whole.weights.h5"), folder.file(data), "--allow-other-files"],
        in: elsewhere)
      #expect(outcome.integer("samples") == 5000)
    }
  }

  @Test func `are not overwritten`() throws {
    try FileManager.default.copyItem(atPath: folder.file("x.raw"), toPath: folder.file("raw"))
    for (command, output) in [
      (Self.train + ["virtual.h5"], "parts/2.h5"), (["convert", "external.h5"], "x.raw"),
      (["predict", "whole.weights.h5", "virtual.h5"], "parts/0.h5"),
    ] {
      let outcome = try Lockstep.run(
        command + ["--allow-other-files", "--force", "--quiet", "--output", output], in: folder)
      expectFailure(outcome, 73, mentions: [output, "samples", "--output"])
    }
    let own = try Lockstep.run(
      ["predict", "whole.weights.h5", "whole.h5", "--force", "--output", "whole.weights.h5"], in: folder)
    expectFailure(own, 73, mentions: ["whole.weights.h5", "checkpoint"])
    let log = try Lockstep.run(
      Self.train + ["virtual.h5", "--allow-other-files", "--force", "--log", "parts/log.csv"], in: folder)
    #expect(log.exitCode == 0)
    #expect(try folder.bytes("x.raw") == folder.bytes("raw"))
  }

  @Test func `a part that changes during a run ends it`() throws {
    let program = try Lockstep.start(
      [
        "train", "virtual.h5", "--allow-other-files", "--epochs", "100000", "--batch-size", "100",
        "--block-rows", "64", "--window-rows", "512", "--memory-budget", "55KB", "--hidden", "3",
      ], in: folder)
    #expect(program.wait { program.errorsSoFar.contains("epoch") })
    let handle = try #require(FileHandle(forWritingAtPath: folder.file("parts/2.h5")))
    try handle.seekToEnd()
    try handle.write(contentsOf: [0])
    try handle.close()
    let outcome = program.finish(limit: 20)
    #expect(outcome.exitCode == 74)
    #expect(outcome.errorLines.last?.contains("parts/2.h5: the file was changed") == true, "\(outcome)")
  }

  @Test func `inspect names the other files, and opens them only if allowed`() throws {
    let plain = try Lockstep.json(["inspect", "missing.h5"], in: folder)
    #expect(plain.objects("datasets")?.first?.list("other_files") == ["nowhere.h5"])
    let links = try Lockstep.json(["inspect", "linked.h5"], in: folder)
    #expect(links.strings("links")?["/x"] == "virtual.h5:/x")
    let text = try Lockstep.run(["inspect", "linked.h5"], in: folder).output
    #expect(text.contains("virtual.h5:/x"))
  }

  @Test func `statistics are not written into other files`() throws {
    let outcome = try Lockstep.run(
      ["validate", "virtual.h5", "--write-statistics", "--allow-other-files"], in: folder)
    expectFailure(outcome, 64, mentions: ["--write-statistics", "virtual.h5:/x"])
  }

  @Test func `datasets at different places of one file need no permission`() throws {
    #expect(try digests("whole.h5", ["--x", "deep/er/x", "--y", "/y"]) == digests("whole.h5", []))
  }
}
