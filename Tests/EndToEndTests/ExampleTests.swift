import Foundation
import Testing

/// `lockstep example`, and the truth tables that lessons train on.
@Suite struct ExampleTests {
  static let names = [
    "forward-unit", "forward-layer", "forward-3-layer", "forward-multiclass", "forward-regression",
    "forward-binary", "backprop-softmax", "gradient-descent", "and-gate", "two-layer-sigmoid", "xor-adam",
  ]

  @Test func `list and help name all lessons, a line each`() throws {
    let folder = try Folder()
    let list = try Lockstep.run(["example", "list"], in: folder)
    #expect(list.exitCode == 0)
    let lines = list.output.split(separator: "\n")
    #expect(lines.map { $0.split(separator: " ").first.map(String.init) } == Self.names)
    let help = try Lockstep.run(["example", "--help"], in: folder).output
    for line in lines { #expect(help.contains(line), "\(line)") }
    let json = try Lockstep.json(["example", "list"], in: folder)
    #expect(json.objects("examples")?.map { $0.string("name") } == Self.names)
  }

  @Test func `all lessons come out as published`() throws {
    let folder = try Folder()
    let text = try Lockstep.run(["example", "all"], in: folder)
    #expect(text.exitCode == 0 && text.errors.isEmpty)
    for name in Self.names { #expect(text.output.contains("\(name): ")) }
    let examples = try #require(try Lockstep.json(["example", "all"], in: folder).objects("examples"))
    #expect(examples.map { $0.string("name") } == Self.names)
    for example in examples { #expect(try #require(example.objects("checked")).isEmpty == false) }
  }

  @Test func `numbers are printed with the published digits`() throws {
    let folder = try Folder()
    let outcomes = [
      ("forward-layer", "[0.80218389 0.90024951 0.95257413]"), ("forward-multiclass", "[0.3234202933601941]"),
      ("forward-binary", "[0.13427195993720972]"), ("backprop-softmax", "[0.20130599 0.40130599 0.60130599]"),
      ("and-gate", "[2.66643661 2.66689667]"), ("two-layer-sigmoid", "[0.91175343 0.08878309]"),
    ]
    for (name, digits) in outcomes {
      #expect(try Lockstep.run(["example", name], in: folder).output.contains(digits), "\(name)")
    }
  }

  @Test func `XOR is learnt from at least 95 of 100 seeds`() async throws {
    let folder = try Folder()
    _ = try Lockstep.run(["generate", "truth-table", "xor", "-o", "xor.h5"], in: folder)
    let recipe = [
      "--hidden", "4", "--activation", "sigmoid", "--output-activation", "sigmoid", "--loss", "mse",
      "--initializer", "normal", "--batch-size", "4", "--shards", "4", "--shuffle", "none", "--reduction",
      "sum",
      "--precision", "float64", "--epochs", "20000", "--threads", "1",
    ]
    // The rate is a matter of chance: a hundred seeds would show it to within a few of them.
    let seeds = 0..<300
    let learnt = try await withThrowingTaskGroup(of: Int.self) { group in
      for part in 0..<2 {
        group.addTask {
          try seeds.filter { $0 % 2 == part }.count { seed in
            let report = try Lockstep.json(["train", "xor.h5", "--seed", "\(seed)"] + recipe, in: folder)
            // Then each output is nearer to its own target than to the other one.
            return try #require(report.number("loss")) < 0.04
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(learnt >= seeds.count * 95 / 100)
  }

  @Test func `long tables are printed in full on request`() throws {
    let folder = try Folder()
    let short = try Lockstep.run(["example", "and-gate"], in: folder).output
    let full = try Lockstep.run(["example", "and-gate", "--full"], in: folder).output
    #expect(full.split(separator: "\n").count == short.split(separator: "\n").count + 180)
  }

  @Test func `tables and maps are drawn on request`() throws {
    let folder = try Folder()
    let outcome = try Lockstep.run(["example", "xor-adam", "--charts", "."], in: folder)
    try #require(
      outcome.exitCode == 0, "scripts/install-dependencies --tests installs gnuplot\n\(outcome)")
    #expect(folder.names == (1...4).map { "xor-adam-\($0).svg" })
    let svg = String(decoding: try folder.bytes("xor-adam-4.svg"), as: UTF8.self)
    for text in ["decision boundary, stepwise correction", "one half", "</svg>"] {
      #expect(svg.contains(text), "\(text)")
    }
    let again = try Lockstep.run(["example", "xor-adam", "--charts", "."], in: folder)
    expectFailure(again, 73, mentions: ["xor-adam-1.svg", "--force"])
    // Before the first lesson, which would draw nothing.
    let nowhere = try Lockstep.run(["example", "all", "--charts", "pictures"], in: folder)
    expectFailure(nowhere, 73, mentions: ["pictures", "mkdir"])
  }

  @Test func `a lesson that is not there is bad usage`() throws {
    let folder = try Folder()
    let outcome = try Lockstep.run(["example", "forward"], in: folder)
    expectFailure(outcome, 64, mentions: ["'forward'", "lockstep example list"])
    expectFailure(try Lockstep.run(["example"], in: folder), 64, mentions: ["name"])
  }

  @Test(arguments: ["and", "or", "xor"])
  func `a truth table is a dataset to train on`(_ function: String) throws {
    let folder = try Folder()
    let generated = try Lockstep.json(["generate", "truth-table", function, "--output", "t.h5"], in: folder)
    #expect(generated.integer("samples") == 4 && generated.string("formula") == "y = x0 \(function) x1")
    #expect(try Lockstep.json(["inspect", "t.h5"], in: folder).string("kind") == "dataset")
    try Lockstep.json(
      [
        "train", "t.h5", "--hidden", "4", "--activation", "sigmoid", "--loss", "binary-cross-entropy",
        "--learning-rate", "0.05", "--epochs", "1000", "--precision", "float64", "--output", "t.weights.h5",
      ], in: folder)
    let evaluation = try Lockstep.json(["evaluate", "t.weights.h5", "t.h5"], in: folder)
    #expect(try #require(evaluation.number("accuracy")) == 1)
    let again = try Lockstep.run(["generate", "truth-table", function, "--output", "t.h5"], in: folder)
    expectFailure(again, 73, mentions: ["t.h5", "--force"])
  }

  @Test func `a truth table has a function and a file`() throws {
    let folder = try Folder()
    for arguments in [["nand", "--output", "t.h5"], ["xor"], ["--output", "t.h5"]] {
      let outcome = try Lockstep.run(["generate", "truth-table"] + arguments, in: folder)
      expectFailure(outcome, 64, mentions: ["lockstep generate --help"])
    }
    #expect(folder.names == [])
  }
}
