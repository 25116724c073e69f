import Testing

/// Options that make no sense, and those that contradict a checkpoint.
@Suite struct BadOptionTests {
  @Test(arguments: [
    ["--batch-size", "0"], ["--batch-size", "-1"], ["--batch-size", "1.5"], ["--threads", "0"],
    ["--threads", "abc"], ["--threads", "-2"], ["--shards", "0"], ["--shards", "some"], ["--hidden", "0"],
    ["--hidden", "10,,5"], ["--hidden", "ten"], ["--hidden", "-3"], ["--hidden", "99999999999999999999"],
    ["--learning-rate", "nan"], ["--learning-rate", "-1"], ["--learning-rate", "0"],
    ["--learning-rate", "inf"],
    ["--epochs", "0"], ["--epochs", "many"], ["--steps", "0"], ["--validation-fraction", "1.5"],
    ["--validation-fraction", "1"], ["--validation-fraction", "-0.1"], ["--optimizer", "magic"],
    ["--activation", "magic"], ["--activation", "step"], ["--activation", "softmax"],
    ["--output-activation", "step"], ["--output-activation", "magic"], ["--huber-delta", "1"],
    ["--huber-delta", "0", "--loss", "huber"], ["--huber-delta", "2", "--loss", "mae"], ["--loss", "magic"],
    ["--initializer", "magic"], ["--precision", "float8"],
    ["--momentum", "1"], ["--beta1", "1"], ["--epsilon", "0"], ["--seed", "-1"], ["--checkpoint-every", "0"],
    ["--checkpoint-steps", "0"], ["--momentum", "0.5", "--optimizer", "adam"], ["--no-such-option"],
    ["--rho", "0.5"], ["--rho", "1", "--optimizer", "rmsprop"], ["--weight-decay", "-1"],
    ["--beta1", "0.5", "--optimizer", "nesterov"], ["--epsilon", "1", "--optimizer", "momentum"],
    ["--early-stopping", "3"], ["--early-stopping", "0", "--validation-fraction", "0.1"],
    ["--reduction", "median"], ["--clip-norm", "0"], ["--clip-norm", "-1"], ["--schedule", "linear"],
    ["--schedule", "step"], ["--decay-steps", "5"],
    ["--decay-steps", "0", "--schedule", "step"], ["--decay-rate", "0.5", "--schedule", "cosine"],
    ["--decay-rate", "2", "--schedule", "step", "--decay-steps", "4"], ["--warmup-steps", "few"],
    ["--final-learning-rate", "-1", "--schedule", "cosine"], ["--final-learning-rate", "0.1"],
    ["--bias-correction", "fixed", "--optimizer", "sgd"], ["--bias-correction", "none"],
    ["--resume"],
    ["--validation", "linear.h5", "--validation-fraction", "0.5"],
    ["--resume", "--output", "a.weights.h5", "--force"],
  ])
  func `a bad value is refused before anything is done`(_ option: [String]) throws {
    let folder = try Folder()
    let outcome = try Lockstep.run(["train", "linear.h5"] + option, in: folder)
    expectFailure(outcome, 64, mentions: [option[0], "(See 'lockstep train --help'.)"])
    #expect(folder.names == [])
  }

  @Test(arguments: [
    "1000000,1000000", "9223372036854775807", "4611686018427387904,4", "3000000000,3000000000",
  ])
  func `absurd widths need more memory than there is`(_ hidden: String) throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 10, in: folder)
    let outcome = try Lockstep.run(
      ["train", "linear.h5", "--hidden", hidden, "--output", "a.weights.h5"], in: folder, limit: 20)
    expectFailure(outcome, 71, mentions: ["memory", "smaller widths"])
    #expect(folder.names == ["linear.h5"])
  }

  @Test func `an activation that does not go with the loss`() throws {
    let folder = try Folder()
    try SampleFile.writeLabelled(folder.file("data.h5"), rows: 20)
    let outcome = try Lockstep.run(["train", "data.h5", "--output-activation", "relu"], in: folder)
    expectFailure(outcome, 78, mentions: ["--output-activation", "relu", "softmax"])
    let hidden = try Lockstep.run(
      ["train", "data.h5", "--hidden", "4", "--activation", "softmax"], in: folder)
    expectFailure(hidden, 64, mentions: ["--activation", "softmax", "output layers"])
    let step = try Lockstep.run(["train", "data.h5", "--hidden", "4", "--activation", "step"], in: folder)
    expectFailure(step, 64, mentions: ["--activation", "step", "derivative", "gelu"])
    let numbers = try Lockstep.run(
      ["train", "data.h5", "--loss", "huber", "--output-activation", "softmax"], in: folder)
    expectFailure(numbers, 78, mentions: ["--output-activation", "huber", "--loss cross-entropy"])
  }

  /// What a run of one epoch is made with.
  private static let command =
    ["train", "linear.h5", "--hidden", "6", "--batch-size", "32", "--output", "a.weights.h5", "--epochs"]

  @Test(arguments: [
    (["--hidden", "7"], ["--hidden is 7", "6"]),
    (["--learning-rate", "0.5"], ["--learning-rate is 0.5", "0.001"]),
    (["--optimizer", "sgd"], ["--optimizer is sgd", "adam"]),
    (["--batch-size", "64"], ["--batch-size is 64", "32"]),
    (["--loss", "huber"], ["--loss is huber", "mse"]),
    (["--seed", "3"], ["--seed is 3", "in the checkpoint 0"]),
    (["--no-shuffle"], ["--shuffle is none", "full"]),
    (["--shards", "2"], ["--shards is 2", "in the checkpoint 1"]),
    (["--activation", "tanh"], ["--activation is tanh", "relu"]),
    (["--validation-fraction", "0.5"], ["--validation-fraction is 0.5", "0.0"]),
    (["--precision", "float64"], ["--precision", "float64", "float32"]),
    (["--beta2", "0.9"], ["--beta2 is 0.9", "0.999"]),
    (["--weight-decay", "0.1"], ["--weight-decay is 0.1", "in the checkpoint 0.0"]),
    (["--schedule", "cosine"], ["--schedule is cosine", "constant"]),
    (["--clip-norm", "1"], ["--clip-norm is 1.0", "in the checkpoint not given"]),
    (["--reduction", "sum"], ["--reduction is sum", "in the checkpoint mean"]),
    (["--warmup-steps", "3"], ["--warmup-steps is 3", "in the checkpoint 0"]),
    (["--bias-correction", "fixed"], ["--bias-correction is fixed", "stepwise"]),
    (["--initializer", "zeros"], ["--initializer is zeros", "auto"]),
    (["--hidden", "6,6", "--seed", "1"], ["--hidden is 6,6", "--seed is 1"]),
  ])
  func `resuming needs the same configuration`(_ options: [String], _ mentions: [String]) throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    try Lockstep.json(Self.command + ["1"], in: folder)
    let bytes = try folder.bytes("a.weights.h5")
    let outcome = try Lockstep.run(Self.command + ["2", "--resume"] + options, in: folder)
    expectFailure(outcome, 78, mentions: ["a.weights.h5", "--output"] + mentions)
    #expect(try folder.bytes("a.weights.h5") == bytes)
    #expect(folder.names == ["a.weights.h5", "linear.h5"])
  }

  @Test func `resuming needs the same data`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    try Lockstep.json(Self.command + ["1"], in: folder)
    let bytes = try folder.bytes("a.weights.h5")
    let resume = Self.command + ["2", "--resume"]
    try Lockstep.generate(rows: 100, ["--seed", "1", "--force"], in: folder)
    expectFailure(
      try Lockstep.run(resume, in: folder), 65,
      mentions: ["linear.h5", "a.weights.h5", "digest", "same data"])
    // The same numbers stored in another way are the same data.
    try Lockstep.generate(rows: 100, ["--compression", "gzip", "--force"], in: folder)
    try Lockstep.json(Self.command + ["1", "--resume"], in: folder)
    try folder.write(bytes, to: "a.weights.h5")
    try Lockstep.generate(rows: 100, ["--coefficients", "1,2,3", "--force"], in: folder)
    expectFailure(
      try Lockstep.run(resume, in: folder), 65,
      mentions: ["a.weights.h5", "linear.h5", "3 features", "2 and 1"])
    #expect(try folder.bytes("a.weights.h5") == bytes)
  }

  @Test func `data that do not fit the checkpoint`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    try Lockstep.generate("wide.h5", rows: 100, ["--coefficients", "1,2,3"], in: folder)
    try SampleFile.write(
      folder.file("two.h5"), x: SampleFile.numbers(200), [100, 2], y: SampleFile.numbers(200), [100, 2])
    try SampleFile.writeLabelled(folder.file("labelled.h5"), rows: 50)
    try SampleFile.write(
      folder.file("classes.h5"), x: SampleFile.numbers(16), [4, 4], labels: [0, 1, 2, 5])
    try Lockstep.json(Self.command + ["1"], in: folder)
    try Lockstep.json(["train", "labelled.h5", "--output", "c.weights.h5"], in: folder)
    let before = folder.names
    func expect(_ command: [String], _ mentions: [String]) throws {
      expectFailure(try Lockstep.run(command, in: folder), 65, mentions: mentions)
    }
    try expect(["evaluate", "a.weights.h5", "wide.h5"], ["wide.h5:/x", "a.weights.h5", "3", "2"])
    try expect(["predict", "a.weights.h5", "wide.h5", "--output", "p.h5"], ["wide.h5:/x", "a.weights.h5"])
    try expect(["evaluate", "a.weights.h5", "two.h5"], ["two.h5:/y", "a.weights.h5"])
    try expect(["evaluate", "c.weights.h5", "classes.h5"], ["classes.h5:/y", "class 5", "0 to 2"])
    try expect(["evaluate", "a.weights.h5", "linear.h5", "--best"], ["a.weights.h5", "best"])
    // What is no checkpoint.
    try expect(["evaluate", "linear.h5", "linear.h5"], ["linear.h5", "not a Lockstep checkpoint"])
    try expect(["predict", "linear.h5", "linear.h5", "--output", "p.h5"], ["not a Lockstep checkpoint"])
    try expect(
      ["train", "linear.h5", "--quiet", "--output", "wide.h5", "--resume"],
      ["wide.h5", "not a Lockstep checkpoint"])
    #expect(folder.names == before)
  }

  @Test func `more threads than the system starts`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 400, in: folder)
    // The stacks of 191 threads do not fit into that much address space.
    let command =
      "ulimit -s 8192; ulimit -v 1400000; exec '\(Lockstep.executable)' train linear.h5 --quiet --shards 192"
      + " --batch-size 192 --threads 192 --epochs 1"
    let outcome = try RunningProgram(["/bin/sh", "-c", command], in: folder).finish(limit: 60)
    expectFailure(outcome, 71, mentions: ["--threads", "192", "ulimit"])
  }

  @Test func `loops that the CPU does not run`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    expectFailure(
      try Lockstep.run(["inspect", "linear.h5"], in: folder, environment: ["LOCKSTEP_KERNELS": "magic"]), 78,
      mentions: ["LOCKSTEP_KERNELS", "magic", "reference"])
    for kernels in ["baseline", "reference"] {
      let outcome = try Lockstep.run(
        ["inspect", "linear.h5"], in: folder, environment: ["LOCKSTEP_KERNELS": kernels])
      #expect(outcome.exitCode == 0)
    }
  }
}
