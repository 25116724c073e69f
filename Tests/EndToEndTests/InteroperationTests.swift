import Foundation
import HDF5
import Testing

/// Files that go to and come from h5py and Keras.
@Suite struct InteroperationTests {
  @Test func `Keras loads checkpoints and predicts the same`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 300, in: folder)
    try SampleFile.writeLabelled(folder.file("labelled.h5"), rows: 300)
    var cases: [[String: Any]] = []
    func add(
      _ name: String, data: String, hidden: [Int], activation: String, optimizer: [String],
      precision: String = "float32", _ options: [String] = [], dataset: String = "y"
    ) throws {
      let trained = try Lockstep.json(
        ["train", data, "--hidden", hidden.map(String.init).joined(separator: ","), "--epochs", "4"]
          + ["--activation", activation, "--learning-rate", "0.02", "--batch-size", "32"]
          + ["--precision", precision, "--output", "\(name).weights.h5", "--optimizer"] + optimizer + options,
        in: folder)
      try Lockstep.json(["predict", "\(name).weights.h5", data, "--output", "\(name).h5"], in: folder)
      cases.append([
        "checkpoint": "\(name).weights.h5", "data": data, "predictions": "\(name).h5", "hidden": hidden,
        "optimizer": optimizer[0], "precision": precision, "dataset": dataset,
        "steps": trained.integer("steps") ?? -1, "learning_rate": 0.02,
      ])
    }
    let momentum = ["sgd", "--momentum", "0.9"]
    try add("a", data: "linear.h5", hidden: [10], activation: "relu", optimizer: ["adam"])
    try add("b", data: "linear.h5", hidden: [6, 5], activation: "tanh", optimizer: momentum)
    try add("c", data: "linear.h5", hidden: [], activation: "relu", optimizer: ["adam"])
    try add(
      "d", data: "labelled.h5", hidden: [9], activation: "sigmoid", optimizer: ["adam"],
      dataset: "probability")
    try add(
      "e", data: "linear.h5", hidden: [7], activation: "tanh", optimizer: ["adam"], precision: "float64")
    // Names of layers do not sort as their numbers do from the eleventh on.
    try add(
      "f", data: "linear.h5", hidden: Array(repeating: 4, count: 11), activation: "tanh",
      optimizer: ["adam"])
    for (name, output) in [
      ("leaky-relu", "tanh"), ("elu", "silu"), ("gelu", "leaky-relu"), ("silu", "gelu"),
      ("softplus", "softplus"), ("identity", "elu"),
    ] {
      try add(
        name, data: "linear.h5", hidden: [6, 5], activation: name, optimizer: ["adam"],
        ["--output-activation", output, "--loss", "huber"])
    }
    for name in ["momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adamw"] {
      try add(name, data: "linear.h5", hidden: [6, 5], activation: "tanh", optimizer: [name])
    }
    try Python.run("keras_reads", [Python.json(cases)], in: folder)
  }

  @Test func `h5py reads everything in a checkpoint`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 600, in: folder)
    try Lockstep.json(
      ["train", "linear.h5", "--hidden", "5", "--batch-size", "64", "--shards", "4", "--epochs", "3"]
        + ["--seed", "9", "--threads", "2", "--validation-fraction", "0.2", "--output", "a.weights.h5"],
      in: folder)
    try Python.run("read_checkpoint", ["a.weights.h5"], in: folder)
  }

  @Test func `training starts from the weights that Keras saved`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 300, in: folder)
    let output = try Python.run("keras_writes", ["linear.h5", "keras.weights.h5"], in: folder)
    let keras = try #require(JSONObject(output)?.number("loss"))
    #expect(try Lockstep.json(["inspect", "keras.weights.h5"], in: folder).string("kind") == "keras-weights")
    let command =
      ["train", "linear.h5", "--hidden", "6,5", "--activation", "tanh", "--initial", "keras.weights.h5"]
      + ["--output", "a.weights.h5"]
    // The loss of the first step is that of the parameters it starts from, and a tiny step leaves these as they are.
    let trained = try Lockstep.json(
      command + ["--batch-size", "300", "--epochs", "1", "--steps", "1"]
        + ["--optimizer", "sgd", "--learning-rate", "1e-30"], in: folder)
    let loss = try #require(trained.number("loss"))
    #expect(abs(loss - keras) < 1e-6 * keras)
    try Python.run("compare_parameters", ["keras.weights.h5", "a.weights.h5"], in: folder)

    // Such a run can be stopped and resumed like any other; the weights are not needed again.
    try Lockstep.json(command + ["--force", "--epochs", "4"], in: folder)
    let whole = try CheckpointContents(folder.file("a.weights.h5"))
    try Lockstep.json(command + ["--force", "--epochs", "4", "--steps", "3"], in: folder)
    try Lockstep.json(
      ["train", "linear.h5", "--hidden", "6,5", "--activation", "tanh", "--output", "a.weights.h5"]
        + ["--epochs", "4", "--resume"], in: folder)
    #expect(try whole.differences(from: CheckpointContents(folder.file("a.weights.h5"))) == [])

    // Weights of another shape say what they are.
    let other = try Lockstep.run(
      ["train", "linear.h5", "--hidden", "6,4", "--initial", "keras.weights.h5", "--output", "b.weights.h5"],
      in: folder)
    expectFailure(other, 65, mentions: ["keras.weights.h5:/layers/dense_1/vars/0", "[6, 5]", "[6, 4]"])
    let layers = try Lockstep.run(
      ["train", "linear.h5", "--hidden", "6", "--initial", "keras.weights.h5"], in: folder)
    expectFailure(layers, 65, mentions: ["keras.weights.h5", "3 dense layers", "2 for 2-6-1"])
    // A weights file is not a checkpoint, and the message tells what it is good for.
    let evaluated = try Lockstep.run(["evaluate", "keras.weights.h5", "linear.h5"], in: folder)
    expectFailure(evaluated, 65, mentions: ["keras.weights.h5", "--initial"])
    #expect(folder.names == ["a.weights.h5", "keras.weights.h5", "linear.h5"])
  }

  @Test func `training starts from a checkpoint, damaged ones excepted`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    try Lockstep.json(["train", "linear.h5", "--hidden", "4", "--output", "a.weights.h5"], in: folder)
    let command = ["train", "linear.h5", "--hidden", "4", "--steps", "1", "--initial", "a.weights.h5"]
    let before = try Lockstep.json(["evaluate", "a.weights.h5", "linear.h5"], in: folder)
    let trained = try Lockstep.json(command, in: folder)
    let (first, last) = (trained.number("loss") ?? 0, before.number("loss") ?? 1)
    #expect(abs(first - last) < 1e-6 * last)
    let bytes = try folder.bytes("a.weights.h5")
    for position in [3, 100, bytes.count - 1] {
      var damaged = bytes
      damaged[position] ^= 1
      try folder.write(damaged, to: "a.weights.h5")
      expectFailure(try Lockstep.run(command, in: folder), 65, mentions: ["a.weights.h5", "damaged"])
    }
  }

  @Test func `data of h5py are read whatever their form`() throws {
    let folder = try Folder()
    try Python.run("write_foreign", ["foreign.h5"], in: folder)
    func digest(x: String, y: String, _ options: [String] = []) throws -> String? {
      try Lockstep.json(
        ["train", "foreign.h5", "--x", x, "--y", y, "--hidden", "5", "--epochs", "4"] + options, in: folder
      ).string("parameters_digest")
    }
    // The same numbers, however they are stored, give the same parameters.
    let reference = try digest(x: "/plain", y: "/plain_classes")
    for x in ["measured/features", "/big_endian", "growing"] {
      #expect(try digest(x: x, y: "/measured/classes") == reference, "\(x)")
    }
    #expect(try digest(x: "/plain", y: "/sum") != reference)
    let doubles = try digest(x: "/big_endian", y: "sum", ["--precision", "float64"])
    #expect(try digest(x: "/plain", y: "sum", ["--precision", "float64"]) == doubles)
    // Integers are classes unless the loss says otherwise.
    try Lockstep.json(
      ["train", "foreign.h5", "--x", "plain", "--y", "plain_classes", "--loss", "mse", "--epochs", "1"]
        + ["--output", "a.weights.h5"], in: folder)
    let evaluated = try Lockstep.json(
      ["evaluate", "a.weights.h5", "foreign.h5", "--x", "growing", "--y", "measured/classes"], in: folder)
    #expect(evaluated.keys.contains("r2"))
    try Lockstep.json(
      ["predict", "a.weights.h5", "foreign.h5", "--x", "measured/features", "--output", "p.h5"], in: folder)
    #expect(try Lockstep.json(["inspect", "foreign.h5"], in: folder).string("kind") == "other")
  }
}
