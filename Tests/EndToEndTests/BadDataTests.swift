import Foundation
import HDF5
import Testing

/// Datasets that cannot be used: each with its exit code, one clear line, and nothing left behind.
@Suite struct BadDataTests {
  private static let train = [
    "train", "data.h5", "--hidden", "3", "--epochs", "1", "--output", "a.weights.h5",
  ]

  /// Trains on `data.h5`, which must fail so.
  private func expectTraining(
    _ folder: Folder, fails exitCode: Int32 = 65, _ mentions: [String], options: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = folder.names
    let outcome = try Lockstep.run(
      Self.train + options, in: folder, limit: 20, sourceLocation: sourceLocation)
    expectFailure(outcome, exitCode, mentions: ["data.h5"] + mentions, sourceLocation: sourceLocation)
    #expect(folder.names == before, sourceLocation: sourceLocation)
  }

  @Test func `no such file`() throws {
    let folder = try Folder()
    try expectTraining(folder, fails: 66, [])
    for command in [
      ["inspect", "a.h5"], ["evaluate", "a.h5", "b.h5"], ["predict", "a.h5", "b.h5", "--output", "c"],
    ] {
      expectFailure(try Lockstep.run(command, in: folder), 66, mentions: ["a.h5"])
    }
  }

  @Test func `a directory and a FIFO are no files`() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(atPath: folder.file("data.h5"), withIntermediateDirectories: true)
    try expectTraining(folder, fails: 66, ["regular file"])
    expectFailure(try Lockstep.run(["inspect", "data.h5"], in: folder), 66, mentions: ["data.h5"])
    #expect(mkfifo(folder.file("fifo"), 0o644) == 0)
    for command in [
      ["train", "fifo"], ["inspect", "fifo"], ["evaluate", "fifo", "fifo"],
      ["predict", "fifo", "fifo", "--output", "p.h5"],
    ] {
      expectFailure(try Lockstep.run(command, in: folder, limit: 10), 66, mentions: ["fifo", "regular file"])
    }
    #expect(folder.names == ["data.h5", "fifo"])
  }

  @Test(arguments: [
    ("text", Array("x,y\n1,2\n".utf8)), ("gzip", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
    ("npy", Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }) + [1, 0, 0x76, 0]),
    ("PNG", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]), ("nothing", []),
  ])
  func `another format`(_ name: String, _ start: [UInt8]) throws {
    let folder = try Folder()
    let padding = [UInt8](repeating: 0x20, count: name == "nothing" ? 0 : 3000)
    try folder.write(start + padding, to: "data.h5")
    try expectTraining(folder, [])
    for command in [["inspect", "data.h5"], ["evaluate", "data.h5", "data.h5"]] {
      expectFailure(try Lockstep.run(command, in: folder), 65, mentions: ["data.h5"])
    }
  }

  @Test(arguments: [[], ["--compression", "gzip", "--chunk-rows", "100"]])
  func `a file that ends too early`(_ options: [String]) throws {
    let folder = try Folder()
    try Lockstep.generate("whole.h5", rows: 1000, options, in: folder)
    let bytes = try folder.bytes("whole.h5")
    for length in [1, 7, 8, 9, 40, 95, 96, 500, 1000, bytes.count / 3, bytes.count / 2, bytes.count - 1] {
      try folder.write(bytes[..<length], to: "data.h5")
      try expectTraining(folder, [])
    }
  }

  @Test func `datasets that are missing or of another kind`() throws {
    let folder = try Folder()
    let path = folder.file("data.h5")
    func make(_ body: (borrowing File) throws -> Void) throws {
      try? FileManager.default.removeItem(atPath: path)
      let file = try File(creating: path)
      try body(file)
      try file.close()
    }
    let numbers = [1.0, 2, 3, 4]
    try make {
      _ = try $0.createDataset("images", numbers, shape: [2, 2])
      _ = try $0.createDataset("y", [1.0, 2], shape: [2])
    }
    try expectTraining(folder, ["/x", "images", "--x"])
    try make {
      _ = try $0.createDataset("x", numbers, shape: [2, 2])
      _ = try $0.createDataset("labels", [1.0, 2], shape: [2])
    }
    try expectTraining(folder, ["/y", "labels", "--y"])
    try expectTraining(folder, ["/no", "--y"], options: ["--y", "no/where"])
    try make {
      _ = try $0.createGroup("x")
      _ = try $0.createDataset("y", [1.0, 2], shape: [2])
    }
    try expectTraining(folder, ["/x", "group"])
    try make {
      _ = try $0.createDataset("x", text: "words")
      _ = try $0.createDataset("y", [1.0, 2], shape: [2])
    }
    try expectTraining(folder, ["/x", "not numbers", "string", "--x"])
  }

  @Test func `shapes that do not agree`() throws {
    let folder = try Folder()
    func expect(
      _ xShape: [Int], _ yShape: [Int], _ mentions: [String],
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let path = folder.file("data.h5")
      try? FileManager.default.removeItem(atPath: path)
      let x = [Double](repeating: 0.5, count: xShape.reduce(1, *))
      let y = [Double](repeating: 0.5, count: yShape.reduce(1, *))
      try SampleFile.write(path, x: x, xShape, y: y, yShape)
      try expectTraining(folder, mentions, sourceLocation: sourceLocation)
    }
    try expect([4], [4], ["/x", "[4]", "[rows, features]", "--x"])
    try expect([4, 2, 2], [4], ["/x", "[4, 2, 2]"])
    try expect([4, 2], [4, 1, 1], ["/y", "[4, 1, 1]"])
    try expect([4, 2], [5], ["4 and 5", "rows"])
    try expect([0, 2], [0], ["no rows"])
    try expect([4, 0], [4], ["no columns"])
    try expect([4, 2], [4, 0], ["/y", "no columns"])
    try expect([], [4], ["/x"])
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300])
  func `numbers that are none`(_ value: Double) throws {
    let folder = try Folder()
    let path = folder.file("data.h5")
    var x = SampleFile.numbers(600)
    x[2 * 211 + 1] = value
    try SampleFile.write(path, x: x, [300, 2], y: SampleFile.numbers(300), [300, 1])
    try expectTraining(folder, ["data.h5:/x", "row 211", "column 1"])
    try FileManager.default.removeItem(atPath: path)
    var y = SampleFile.numbers(300)
    y[299] = value
    try SampleFile.write(path, x: SampleFile.numbers(600), [300, 2], y: y, [300, 1])
    try expectTraining(folder, ["data.h5:/y", "row 299"])
    if value == 1e300 {
      // A double has room for it; its square does not fit, which is another matter.
      let outcome = try Lockstep.run(Self.train + ["--precision", "float64"], in: folder)
      #expect(outcome.exitCode == 70, "\(outcome)")
    }
  }

  @Test func `labels that are none`() throws {
    let folder = try Folder()
    let path = folder.file("data.h5")
    try SampleFile.write(path, x: SampleFile.numbers(8), [4, 2], labels: [0, 1, -1, 2])
    try expectTraining(folder, ["data.h5:/y", "row 2", "-1"])
    try FileManager.default.removeItem(atPath: path)
    try SampleFile.write(path, x: SampleFile.numbers(8), [4, 2], labels: [0, 1, 1, 1 << 40])
    try expectTraining(folder, ["data.h5:/y", "row 3", "1099511627776"])
    try FileManager.default.removeItem(atPath: path)
    try SampleFile.write(path, x: SampleFile.numbers(8), [4, 2], labels: [0, 1, 1, 1_000_000_000])
    try expectTraining(folder, ["data.h5:/y", "classes", "--loss mse"])
    try expectTraining(folder, fails: 71, ["memory"], options: ["--loss", "cross-entropy"])
    try FileManager.default.removeItem(atPath: path)
    try SampleFile.write(path, x: SampleFile.numbers(8), [4, 2], y: [0, 1, 1.5, 2], [4])
    try expectTraining(folder, ["data.h5:/y", "row 2", "1.5"], options: ["--loss", "cross-entropy"])
    try expectTraining(folder, ["data.h5:/y", "1.5"], options: ["--loss", "binary-cross-entropy"])
  }

  @Test func `a fraction that leaves no rows on one side`() throws {
    let folder = try Folder()
    try Lockstep.generate("data.h5", rows: 3, in: folder)
    for fraction in ["0.01", "0.99"] {
      let outcome = try Lockstep.run(Self.train + ["--validation-fraction", fraction], in: folder)
      expectFailure(outcome, 64, mentions: ["--validation-fraction", fraction])
    }
    #expect(folder.names == ["data.h5"])
  }

  @Test func `what h5py writes and nobody can train on`() throws {
    let folder = try Folder()
    try Python.run("write_bad", [], in: folder)
    for (name, mentions) in [
      ("never", ["/x", "never written", "nothing", "36000000000"]),
      ("never-chunked", ["/x", "never written", "36000000000"]),
      ("partly", ["/x", "never written", "60000 bytes", "240000"]),
      ("lzf", ["lzf", "32000", "h5py has that filter"]), ("scale-offset", ["scale-offset", "h5repack"]),
      ("filter32001", ["blosc,", "hdf5plugin"]), ("filter32004", ["lz4", "hdf5plugin"]),
      ("filter32008", ["bitshuffle", "hdf5plugin"]), ("filter32013", ["zfp", "hdf5plugin"]),
      ("filter32015", ["zstd", "hdf5plugin"]), ("filter32026", ["blosc2", "hdf5plugin"]),
      ("filter32099", ["32099", "h5repack"]), ("compound", ["a compound"]), ("complex", ["/x"]),
      ("boolean-x", ["/x", "booleans"]), ("boolean-y", ["/y", "booleans"]),
      ("text", ["string of 3 bytes", "--x"]),
      ("texts", ["string of any length"]), ("scalars", ["/x", "[rows, features]"]),
      ("null", ["/x", "no value"]),
      ("overflowing", ["/x", "[0, 4611686018427387904"]), ("wide", ["/x", "never written"]),
      ("checksum", ["/x", "rows 5000 to 5999", "fletcher32"]),
      ("large-class", ["/y", "9223372036854775808"]),
    ] {
      for command in [["train", "--epochs", "1", "--quiet"], ["validate"]] {
        // What is wrong with labels, validation reports beside everything else.
        if name == "large-class", command == ["validate"] { continue }
        let outcome = try Lockstep.run(command + ["\(name).h5"], in: folder, limit: 20)
        expectFailure(outcome, 65, mentions: ["\(name).h5"] + mentions)
      }
    }
  }

  @Test func `halves and big-endian numbers are numbers like others`() throws {
    let folder = try Folder()
    try Python.run("write_bad", [], in: folder)
    func loss(_ name: String) throws -> Double? {
      try Lockstep.json(["train", name, "--epochs", "1", "--hidden", "4"], in: folder).number("loss")
    }
    #expect(try loss("big-endian.h5") == loss("good.h5"))
    #expect(try loss("half.h5") == loss("half-as-float.h5"))
  }

  @Test func `a class that the network does not know`() throws {
    let folder = try Folder()
    let x = SampleFile.numbers(600)
    try SampleFile.write(folder.file("data.h5"), x: x, [300, 2], labels: (0..<300).map { $0 % 3 })
    try SampleFile.write(folder.file("more.h5"), x: x, [300, 2], labels: (0..<300).map { $0 % 5 })
    try Lockstep.json(Self.train, in: folder)
    expectFailure(
      try Lockstep.run(["evaluate", "a.weights.h5", "more.h5"], in: folder), 65,
      mentions: ["more.h5:/y", "row 3", "class 3", "0 to 2"])
    for options in [["more.h5"], ["data.h5", "--validation", "more.h5"]] {
      let outcome = try Lockstep.run(
        ["train"] + options + Self.train.dropFirst(2) + ["--resume"], in: folder)
      expectFailure(outcome, 65, mentions: ["a.weights.h5", "more.h5", "5 outputs", "2 and 3"])
    }
  }

  @Test func `validation data of another shape`() throws {
    let folder = try Folder()
    try Lockstep.generate("data.h5", rows: 30, in: folder)
    try Lockstep.generate("other.h5", rows: 30, ["--coefficients", "1,2,3"], in: folder)
    let outcome = try Lockstep.run(Self.train + ["--validation", "other.h5"], in: folder)
    expectFailure(outcome, 65, mentions: ["other.h5"])
    #expect(folder.names == ["data.h5", "other.h5"])
  }
}
