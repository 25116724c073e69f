import Datasets
import Foundation
import HDF5
import Testing

/// `lockstep generate`: what all generators have in common.
@Suite struct GeneratorTests {
  /// Each generator with all its options, none of them at its default.
  private static let options: [String: [String]] = [
    "linear": ["--coefficients", "-1,0.5,4", "--intercept", "-7", "--range", "-2,10", "--noise", "0.5"],
    "friedman1": ["--features", "7", "--noise", "0.5"],
    "sine": ["--amplitude", "-2", "--frequency", "3", "--phase", "-1", "--range", "-4,4", "--noise", "0.2"],
    "polynomial": ["--coefficients", "-1,0,2,0.5", "--range", "-2,3", "--noise", "0.3"],
    "teacher": ["--features", "6", "--hidden", "9,4", "--targets", "3", "--noise", "0.25"],
    "blobs": ["--classes", "5", "--features", "3", "--spread", "0.5", "--center-range", "-4,9"],
    "moons": ["--noise", "0.05"], "spirals": ["--classes", "3", "--turns", "-1.25", "--noise", "0.01"],
  ]

  @Test func `h5py finds what the formulas say`() throws {
    let folder = try Folder()
    var files: [[String: Any]] = []
    for (name, options) in Self.options where name != "linear" {
      files.append(["name": name, "file": "\(name).h5", "rows": 20_001])
      let result = try Lockstep.json(
        ["generate", name, "--rows", "20001", "--seed", "7", "--output", "\(name).h5"] + options, in: folder)
      #expect(result.integer("samples") == 20_001 && result.string("generator") == name)
    }
    try Python.run("check_generators", [Python.json(files)], in: folder)
  }

  @Test(arguments: options.keys.sorted())
  func `the command line and addresses name the same rows`(_ name: String) throws {
    let folder = try Folder()
    let options = try #require(Self.options[name])
    for (words, file) in [([], "a.h5"), (options, "b.h5")] {
      try Lockstep.json(
        ["generate", name, "--rows", "100", "--seed", "3", "--output", file] + words, in: folder)
      let pairs = stride(from: 0, to: words.count, by: 2).map { "\(words[$0].dropFirst(2))=\(words[$0 + 1])" }
      let address = try GeneratorAddress(
        "generate:\(name)?" + (["rows=100", "seed=3"] + pairs).joined(separator: "&"))
      let samples: Samples<Float> = address.generator.samples(address.rows)
      let written = try File(opening: folder.file(file))
      #expect(try written.openDataset("/x").readAll(as: Float.self) == samples.x.array)
      let command = address.generator.command(rows: 100, precision: .float32)
      #expect(try written.attribute("source") == command)
      // What is recorded makes the same file again.
      let again =
        command.split(separator: " ").dropFirst().map(String.init) + ["--output", "again.h5", "--force"]
      try Lockstep.json(again, in: folder)
      #expect(try folder.bytes("again.h5") == folder.bytes(file))
    }
    let help = try Lockstep.run(["generate", name, "--help"], in: folder).output
    let type = try #require(Generators.all.first { $0.name == name })
    for parameter in type.parameters { #expect(help.contains("--\(parameter.name) ")) }
    let given = stride(from: 0, to: options.count, by: 2).map { String(options[$0].dropFirst(2)) }
    #expect(Set(type.parameters.map(\.name)) == Set(given))
    #expect(help.contains("Examples:\n  lockstep generate \(name) "))
  }

  @Test(arguments: options.keys.sorted())
  func `the bytes are the same for any number of threads`(_ name: String) throws {
    let folder = try Folder()
    for rows in ["1", "70001"] {
      for format in [[], ["--chunk-rows", "777"], ["--compression", "gzip:1", "--precision", "float64"]] {
        for threads in ["1", "2", "5"] {
          try Lockstep.json(
            ["generate", name, "--rows", rows, "--threads", threads, "--output", "\(threads).h5", "--force"]
              + format, in: folder)
        }
        let bytes = try folder.bytes("1.h5")
        #expect(try folder.bytes("2.h5") == bytes)
        #expect(try folder.bytes("5.h5") == bytes)
      }
    }
  }

  @Test func `classes and numbers can be learnt as they are`() throws {
    let folder = try Folder()
    for (name, option) in [("blobs", "--classes=4"), ("moons", "--noise=0.05")] {
      let result = try Lockstep.json(
        ["generate", name, "--rows", "2000", "--output", "\(name).h5", option], in: folder)
      #expect(result.integer("classes") == (name == "blobs" ? 4 : 2))
      try Lockstep.json(
        ["train", "\(name).h5", "--hidden", "16", "--learning-rate", "0.01", "--epochs", "60"]
          + ["--batch-size", "32", "--output", "\(name).weights.h5"], in: folder)
      let found = try Lockstep.json(["evaluate", "\(name).weights.h5", "\(name).h5"], in: folder)
      #expect((found.number("accuracy") ?? 0) > 0.9, "\(name)")
    }
  }

  @Test(arguments: [
    ["friedman1", "--features", "4"], ["friedman1", "--noise", "-1"], ["sine", "--range", "2,1"],
    ["sine", "--frequency", "nan"], ["polynomial", "--coefficients", ""], ["teacher", "--hidden", "4,0"],
    ["teacher", "--targets", "0"], ["teacher", "--hidden", "a"], ["blobs", "--classes", "0"],
    ["blobs", "--spread", "-0.5"], ["blobs", "--center-range", "5"], ["moons", "--noise", "inf"],
    ["spirals", "--turns", "nan"], ["spirals", "--classes", "-3"], ["spirals", "--rows", "0"],
    ["moons", "--classes", "3"], ["blobs", "--noise", "1"],
  ])
  func `an option's value must make sense`(_ words: [String]) throws {
    let folder = try Folder()
    let outcome = try Lockstep.run(
      ["generate", words[0], "--output", "a.h5"] + words.dropFirst(), in: folder)
    expectFailure(outcome, 64, mentions: [words[1]])
    #expect(folder.names == [])
  }

  @Test(arguments: [
    ["teacher", "--features", "100000", "--hidden", "100000"], ["moons", "--noise", "1e38"],
    ["blobs", "--classes", "1000000", "--features", "1000000"], ["linear", "--range", "0,1e39"],
  ])
  func `what is too large is refused`(_ words: [String]) throws {
    let folder = try Folder()
    let outcome = try Lockstep.run(["generate"] + words + ["--output", "a.h5"], in: folder)
    expectFailure(outcome, 64, mentions: ["Choose", "at most"])
    #expect(folder.names == [])
  }

  @Test(arguments: ["10000000000000", "9223372036854775807"])
  func `more rows than the disk has space for are refused before any is written`(_ rows: String) throws {
    let folder = try Folder()
    for name in ["linear", "blobs"] {
      let outcome = try Lockstep.run(["generate", name, "--rows", rows, "--output", "a.h5"], in: folder)
      expectFailure(outcome, 74, mentions: ["space", rows])
      #expect(folder.names == [])
    }
  }
}
