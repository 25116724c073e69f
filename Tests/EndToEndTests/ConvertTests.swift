import Testing

/// Data of other programs, made datasets.
@Suite struct ConvertTests {
  @Test func `what Python writes becomes the same numbers`() throws {
    let folder = try Folder()
    let cases = try JSONCase.list(try Python.run("write_convertible", [], in: folder))
    #expect(cases.count > 90)
    for example in cases {
      try Lockstep.json(["convert"] + example.words + ["--output", "\(example.name).h5"], in: folder)
    }
    try Python.run("check_converted", [JSONCase.names(cases)], in: folder)
  }

  @Test func `from a text file to predictions`() throws {
    let folder = try Folder()
    let numbers = SampleFile.numbers(900)
    var lines = ["length,width,species"]
    for row in 0..<300 {
      let (a, b) = (numbers[3 * row], numbers[3 * row + 1])
      lines.append("\(a),\(b),\(a > b ? "long" : "wide")")
    }
    lines.insert("0.5,NA,long", at: 10)
    try folder.write(Array(lines.joined(separator: "\n").utf8), to: "iris.csv")
    let refused = try Lockstep.run(["convert", "iris.csv", "--labels", "--output", "iris.h5"], in: folder)
    expectFailure(refused, 65, mentions: ["iris.csv:11: column 1 (width)", "\"NA\"", "--skip-invalid"])
    #expect(folder.names == ["iris.csv"])
    let converted = try Lockstep.json(
      ["convert", "iris.csv", "--labels", "--skip-invalid", "--output", "iris.h5"], in: folder)
    #expect(converted.integer("samples") == 300 && converted.integer("skipped") == 1)
    #expect(converted.integer("features") == 2 && converted.isTrue("labels"))
    try Lockstep.json(
      [
        "train", "iris.h5", "--hidden", "8", "--epochs", "200", "--learning-rate", "0.01", "--output",
        "a.weights.h5",
      ],
      in: folder)
    let evaluated = try Lockstep.json(["evaluate", "a.weights.h5", "iris.h5"], in: folder)
    #expect(evaluated.number("accuracy") ?? 0 > 0.95)
    let bare = lines.map { $0.split(separator: ",").prefix(2).joined(separator: ",") }.filter {
      !$0.contains("NA")
    }
    try folder.write(Array(bare.joined(separator: "\n").utf8), to: "new.csv")
    try Lockstep.json(["convert", "new.csv", "--no-targets", "--output", "new.h5"], in: folder)
    let predicted = try Lockstep.json(
      ["predict", "a.weights.h5", "new.h5", "--output", "predicted.h5"], in: folder)
    #expect(predicted.integer("samples") == 300)
  }

  @Test func `what it says`() throws {
    let folder = try Folder()
    try folder.write(Array("a;kind\n1;x\n;y\n2;x\n3;z".utf8), to: "a.csv")
    let command = ["convert", "a.csv", "--labels", "--skip-invalid", "--output", "a.h5"]
    let outcome = try Lockstep.run(command, in: folder)
    #expect(outcome.exitCode == 0)
    #expect(outcome.output.hasPrefix("wrote a.h5: 3 samples of 1 feature, 2 classes (x, z), float32, in "))
    #expect(outcome.errorLines == ["lockstep: dropped 1 row that could not be taken"])
    let again = try Lockstep.run(command, in: folder)
    expectFailure(again, 73, mentions: ["a.h5", "--force"])
    let quiet = try Lockstep.run(command + ["--force", "--quiet"], in: folder)
    #expect(quiet.exitCode == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
    #expect(folder.names == ["a.csv", "a.h5"])
    #expect(try Lockstep.json(["inspect", "a.h5"], in: folder).string("kind") == "dataset")
  }

  @Test func `the same bytes for any number of threads`() throws {
    let folder = try Folder()
    let numbers = SampleFile.numbers(60_000)
    let lines = (0..<20_000).map { "\(numbers[3 * $0]),\"\(numbers[3 * $0 + 1])\",\(numbers[3 * $0 + 2])" }
    try folder.write(Array(lines.joined(separator: "\r\n").utf8), to: "a.csv")
    for threads in ["1", "2", "7"] {
      try Lockstep.json(["convert", "a.csv", "--output", "\(threads).h5", "--threads", threads], in: folder)
    }
    #expect(try folder.bytes("1.h5") == folder.bytes("2.h5") && folder.bytes("1.h5") == folder.bytes("7.h5"))
  }

  @Test(arguments: [
    ["--delimiter", "ab"], ["--delimiter", "1"], ["--header", "maybe"], ["--targets", "a,,b"],
    ["--targets", "nothing"],
    ["--targets", "7"], ["--features", "b", "--targets", "b"], ["--x", "/x"], ["--y", "y"],
    ["--chunk-rows", "0"],
    ["--compression", "zip"], ["--precision", "float16"], ["--threads", "0"], ["--no-targets", "--labels"],
    ["--labels", "--targets", "a,b"],
  ])
  func `a bad option is refused and nothing is written`(_ words: [String]) throws {
    let folder = try Folder()
    try folder.write(Array("a,b,c\n1,2,3\n".utf8), to: "a.csv")
    let outcome = try Lockstep.run(["convert", "a.csv", "--output", "a.h5"] + words, in: folder)
    expectFailure(outcome, 64, mentions: [words[0]])
    #expect(folder.names == ["a.csv"])
  }

  @Test func `an input that cannot be read`() throws {
    let folder = try Folder()
    try folder.write([0, 1, 2, 3], to: "junk")
    try folder.write(Array("1,2\n".utf8), to: "a.csv")
    func run(_ inputs: [String], output: String = "b.h5") throws -> RunningProgram.Outcome {
      try Lockstep.run(["convert"] + inputs + ["--output", output, "--force"], in: folder)
    }
    expectFailure(try run(["none.csv"]), 66, mentions: ["none.csv", "no such file"])
    expectFailure(try run(["."]), 66, mentions: ["regular file"])
    expectFailure(try run(["junk"]), 65, mentions: ["junk", ".npy"])
    expectFailure(try run(["a.csv"], output: "a.csv"), 73, mentions: ["a.csv", "--output"])
    expectFailure(try run(["a.csv"], output: "none/b.h5"), 73, mentions: ["mkdir -p"])
    expectFailure(try run([]), 64, mentions: ["lockstep convert --help"])
    #expect(folder.names == ["a.csv", "junk"])
  }
}
