import Testing

/// Weights of rows, from a file that h5py wrote to the exit code.
@Suite struct WeightsTests {
  private static let train = [
    "train", "data.h5", "--hidden", "", "--initializer", "zeros", "--optimizer", "sgd", "--learning-rate",
    "0.05", "--batch-size", "16", "--epochs", "3", "--shuffle", "none", "--precision", "float64",
    "--output", "a.weights.h5", "--force",
  ]

  @Test func `steps and metrics are those of NumPy`() throws {
    let folder = try Folder()
    try Python.run("check_weights", ["write"], in: folder)
    let trained = try Lockstep.json(Self.train, in: folder)
    #expect(trained.boolean("weighted") == true)
    let evaluated = try Lockstep.run(["evaluate", "a.weights.h5", "data.h5", "--json"], in: folder)
    #expect(evaluated.errors.contains("data.h5:/weight"))
    try Python.run("check_weights", ["check", evaluated.output], in: folder)
    let without = try Lockstep.json(Self.train + ["--weights", "none"], in: folder)
    #expect(without.boolean("weighted") == false)
    #expect(without.string("parameters_digest") != trained.string("parameters_digest"))
    let plain = try Lockstep.json(["evaluate", "a.weights.h5", "data.h5", "--weights", "none"], in: folder)
    #expect(plain.isNull("weight"))
  }

  @Test func `a line says that there are weights`() throws {
    let folder = try Folder()
    try Python.run("check_weights", ["write"], in: folder)
    let outcome = try Lockstep.run(Self.train, in: folder)
    #expect(outcome.exitCode == 0 && outcome.errors.contains("its weight in data.h5:/weight"))
    let text = try Lockstep.run(["inspect", "a.weights.h5"], in: folder).output
    #expect(text.contains("--weights"))
    #expect(try Lockstep.run(["inspect", "data.h5"], in: folder).output.contains("/weight"))
    #expect(try Lockstep.run(["validate", "data.h5"], in: folder).output.contains("/weight"))
    // What is repacked trains to the same bits.
    let digest = try Lockstep.json(Self.train, in: folder).string("parameters_digest")
    try Lockstep.json(["convert", "data.h5", "--compression", "gzip", "--output", "packed.h5"], in: folder)
    var train = Self.train
    train[1] = "packed.h5"
    #expect(try Lockstep.json(train, in: folder).string("parameters_digest") == digest)
  }

  @Test(arguments: [
    ("negative", ["row 17", "-1"]), ("nan", ["row 17", "nan"]), ("short", ["[100]", "[101]"]),
    ("matrix", ["[101, 1]", "[101]"]), ("text", ["not numbers"]),
  ])
  func `weights that cannot be used are refused`(_ name: String, _ mentions: [String]) throws {
    let folder = try Folder()
    try Python.run("check_weights", ["write"], in: folder)
    for command in [["train", "\(name).h5"], ["validate", "\(name).h5", "--quiet"]] {
      expectFailure(try Lockstep.run(command, in: folder), 65, mentions: ["\(name).h5:/weight"] + mentions)
    }
    let ignored = try Lockstep.run(["train", "\(name).h5", "--weights", "none", "--epochs", "1"], in: folder)
    #expect(ignored.exitCode == 0)
  }
}
