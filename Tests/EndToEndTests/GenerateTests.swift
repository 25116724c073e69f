import Foundation
import Testing

/// `lockstep generate`.
@Suite struct GenerateTests {
  @Test func `h5py finds what was asked for`() throws {
    let folder = try Folder()
    var cases: [[String: Any]] = []
    func add(
      _ options: [String], rows: Int = 20_000, coefficients: [Double] = [3, 2], intercept: Double = 0,
      range: [Double] = [0, 1], noise: Double = 0, seed: Int = 0, precision: String = "float32",
      chunkRows: Int = 0, gzip: Int? = nil, formula: String = "y = 3*x0 + 2*x1"
    ) throws {
      let file = "\(cases.count).h5"
      try Lockstep.generate(file, rows: rows, options, in: folder)
      cases.append([
        "file": file, "rows": rows, "coefficients": coefficients, "intercept": intercept, "range": range,
        "noise": noise, "seed": seed, "precision": precision, "chunk_rows": chunkRows,
        "gzip": gzip.map { $0 as Any } ?? NSNull(), "formula": formula,
      ])
    }
    try add([])
    try add(["--precision", "float64", "--seed", "5"], seed: 5, precision: "float64")
    try add(["--noise", "0.1"], noise: 0.1, formula: "y = 3*x0 + 2*x1 + 0.1*normal")
    try add(
      ["--coefficients", "-1,0.5,4", "--intercept", "-7", "--range", "-2,10"], coefficients: [-1, 0.5, 4],
      intercept: -7, range: [-2, 10], formula: "y = -1*x0 + 0.5*x1 + 4*x2 - 7")
    try add(["--coefficients", "2"], rows: 999, coefficients: [2], formula: "y = 2*x0")
    try add(["--chunk-rows", "1000"], chunkRows: 1000)
    try add(["--chunk-rows", "300", "--compression", "gzip:6"], rows: 1111, chunkRows: 300, gzip: 6)
    try Lockstep.generate("single.h5", rows: 5000, in: folder)
    try Lockstep.generate("double.h5", rows: 5000, ["--precision", "float64"], in: folder)
    cases.append(["single": "single.h5", "double": "double.h5"])
    try Python.run("check_generated", [Python.json(cases)], in: folder)
  }

  @Test(arguments: [[], ["--chunk-rows", "777", "--compression", "gzip"], ["--noise", "1", "--seed", "3"]])
  func `the bytes are the same for any number of threads`(_ options: [String]) throws {
    let folder = try Folder()
    for threads in ["1", "2", "5"] {
      try Lockstep.generate("\(threads).h5", rows: 30_001, options + ["--threads", threads], in: folder)
    }
    let bytes = try folder.bytes("1.h5")
    #expect(try folder.bytes("2.h5") == bytes)
    #expect(try folder.bytes("5.h5") == bytes)
    try Lockstep.generate("other.h5", rows: 30_001, options + ["--seed", "4"], in: folder)
    #expect(try folder.bytes("other.h5") != bytes)
    #expect(folder.names == ["1.h5", "2.h5", "5.h5", "other.h5"])
  }

  @Test func `the result is described`() throws {
    let folder = try Folder()
    let result = try Lockstep.json(
      ["generate", "linear", "--rows", "12", "--seed", "18446744073709551615", "--output", "a.h5"], in: folder
    )
    #expect(result.integer("samples") == 12)
    #expect(result.string("output") == "a.h5")
    #expect(result.string("formula") == "y = 3*x0 + 2*x1")
    let inspection = try Lockstep.json(["inspect", "a.h5"], in: folder)
    #expect(inspection.string("kind") == "dataset")
    #expect(inspection.strings("attributes")?["seed"] == "18446744073709551615")
  }

  @Test func `an existing file is replaced only by force`() throws {
    let folder = try Folder()
    try folder.write("precious".utf8, to: "a.h5")
    let command = ["generate", "linear", "--rows", "10", "--output", "a.h5"]
    expectFailure(try Lockstep.run(command, in: folder), 73, mentions: ["a.h5", "there already", "--force"])
    #expect(try folder.bytes("a.h5") == Array("precious".utf8))
    try Lockstep.json(command + ["--force"], in: folder)
    #expect(try Lockstep.json(["inspect", "a.h5"], in: folder).string("kind") == "dataset")
    #expect(folder.names == ["a.h5"])
  }

  @Test func `a directory must be there, and a file is not put in the place of one`() throws {
    let folder = try Folder()
    let command = ["generate", "linear", "--rows", "10", "--output"]
    let missing = try Lockstep.run(command + ["none/a.h5"], in: folder)
    expectFailure(missing, 73, mentions: ["none/a.h5", "does not exist", "mkdir -p none"])
    let directory = try Lockstep.run(command + [folder.path, "--force"], in: folder)
    expectFailure(directory, 73, mentions: [folder.path, "not a regular file"])
    #expect(folder.names == [])
  }

  @Test(arguments: [
    ["--rows", "0"], ["--rows", "-5"], ["--rows", "many"], ["--coefficients", ""],
    ["--coefficients", "1,,2"],
    ["--coefficients", "1,nan"], ["--range", "1,0"], ["--range", "1"], ["--range", "0,inf"],
    ["--range", "1,1"], ["--noise", "-1"], ["--noise", "nan"], ["--intercept", "inf"], ["--seed", "-1"],
    ["--precision", "float16"], ["--chunk-rows", "0"], ["--compression", "zip"],
    ["--compression", "gzip:10"], ["--threads", "0"], ["--threads", "1025"],
  ])
  func `an option's value must make sense`(_ option: [String]) throws {
    let folder = try Folder()
    let outcome = try Lockstep.run(["generate", "linear", "--output", "a.h5"] + option, in: folder)
    expectFailure(outcome, 64, mentions: [option[0], "lockstep generate --help"])
    #expect(folder.names == [])
  }

  @Test func `nothing is half-written when the program is killed or told to end`() throws {
    let folder = try Folder()
    for signal in [SIGTERM, SIGKILL] {
      let run = try Lockstep.start(
        ["generate", "linear", "--rows", "200000000", "--output", "a.h5"], in: folder)
      #expect(run.wait(until: { !folder.names.isEmpty }))
      run.send(signal)
      #expect(run.finish().exitCode != 0)
      #expect(!folder.names.contains("a.h5"))
    }
    // The next one tidies up.
    try Lockstep.generate("a.h5", rows: 10, in: folder)
    #expect(folder.names == ["a.h5"])
  }
}
