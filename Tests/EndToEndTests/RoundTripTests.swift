import HDF5
import Testing

/// From samples to predictions, as a user goes.
@Suite struct RoundTripTests {
  @Test func `regression`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 2000, in: folder)
    let trained = try Lockstep.json(
      ["train", "linear.h5", "--hidden", "10", "--activation", "relu", "--optimizer", "adam"]
        + ["--learning-rate", "0.01", "--batch-size", "64", "--epochs", "30", "--threads", "2"]
        + ["--output", "linear.weights.h5"], in: folder)
    #expect(
      trained.keys.isSuperset(of: [
        "samples", "features", "targets", "parameters", "epochs", "steps", "batch_size", "threads", "shards",
        "precision", "loss", "validation_loss", "seconds", "training_seconds", "samples_per_second",
        "parameters_digest", "output",
      ]))
    #expect(trained.integer("samples") == 2000)
    #expect(trained.integer("features") == 2)
    #expect(trained.integer("targets") == 1)
    #expect(trained.integer("parameters") == 41)
    #expect(trained.integer("epochs") == 30)
    #expect(trained.integer("steps") == 30 * 32)
    #expect(trained.integer("batch_size") == 64)
    #expect(trained.string("precision") == "float32")
    #expect(trained.string("output") == "linear.weights.h5")
    #expect(trained.isNull("validation_loss"))
    #expect(trained.number("samples_per_second") ?? 0 > 0)

    let evaluated = try Lockstep.json(["evaluate", "linear.weights.h5", "linear.h5"], in: folder)
    #expect(evaluated.keys.isSuperset(of: ["samples", "loss", "rmse", "mae", "r2"]))
    #expect(evaluated.number("r2") ?? 0 > 0.9999)
    #expect(evaluated.integer("samples") == 2000)

    let predicted = try Lockstep.json(
      ["predict", "linear.weights.h5", "linear.h5", "--include-x", "--output", "predicted.h5"], in: folder)
    #expect(predicted.integer("samples") == 2000)
    let found = try read("predicted.h5", "/y", in: folder)
    let expected = try read("linear.h5", "/y", in: folder)
    #expect(try read("predicted.h5", "/x", in: folder) == read("linear.h5", "/x", in: folder))
    let squares = zip(found, expected).map { ($0 - $1) * ($0 - $1) }
    let loss = try #require(evaluated.number("loss"))
    #expect(abs(squares.reduce(0, +) / 2000 - loss) < 1e-6 * loss)
    let distance = zip(found, expected).map { abs($0 - $1) }.reduce(0, +) / 2000
    #expect(abs(distance - (evaluated.number("mae") ?? 0)) < 1e-6 * distance)

    // Predictions are a dataset, too: of the same network they are learnt without error.
    let again = try Lockstep.json(["evaluate", "linear.weights.h5", "predicted.h5"], in: folder)
    #expect(again.number("loss") ?? 1 < 1e-12)

    let inspected = try Lockstep.json(["inspect", "linear.weights.h5"], in: folder)
    #expect(inspected.string("kind") == "checkpoint")
    #expect(inspected.string("parameters_digest") == trained.string("parameters_digest"))
    #expect(inspected.strings("configuration")?["hidden"] == "10")
    #expect(inspected.strings("configuration")?["learning-rate"] == "0.01")
    #expect(inspected.integer("progress", "epoch") == 30)
    #expect(inspected.integer("progress", "global_step") == 960)
    let losses = try #require(inspected.numbers("history", "loss"))
    #expect(losses.count == 30 && losses.last == trained.number("loss"))
    #expect(folder.names == ["linear.h5", "linear.weights.h5", "predicted.h5"])
  }

  @Test func `classification`() throws {
    let folder = try Folder()
    try SampleFile.writeLabelled(folder.file("data.h5"), rows: 900)
    let trained = try Lockstep.json(
      ["train", "data.h5", "--hidden", "16", "--activation", "tanh", "--learning-rate", "0.02"]
        + [
          "--batch-size", "50", "--epochs", "40", "--validation-fraction", "0.2", "--output", "c.weights.h5",
        ],
      in: folder)
    #expect(trained.integer("samples") == 720)
    #expect(trained.integer("validation_samples") == 180)
    #expect(trained.integer("targets") == 3)
    #expect(trained.number("validation_loss") ?? 9 < 0.2)
    let evaluated = try Lockstep.json(["evaluate", "c.weights.h5", "data.h5"], in: folder)
    let accuracy = try #require(evaluated.number("accuracy"))
    #expect(accuracy > 0.93)
    try Lockstep.json(["evaluate", "c.weights.h5", "data.h5", "--best"], in: folder)
    let confusion = try #require(evaluated.table("confusion_matrix"))
    #expect(confusion.joined().reduce(0, +) == 900)
    #expect(abs(Double((0..<3).map { confusion[$0][$0] }.reduce(0, +)) / 900 - accuracy) < 1e-12)
    let shown = try Lockstep.run(["evaluate", "c.weights.h5", "data.h5"], in: folder).output
    #expect(shown.contains("confusion matrix: a row for each true class"))
    for (truth, row) in confusion.enumerated() {
      let line = ([truth] + row).map { "\($0)" }
      #expect(shown.split(separator: "\n").contains { $0.split(separator: " ").map(String.init) == line })
    }

    try Lockstep.json(["predict", "c.weights.h5", "data.h5", "--output", "p.h5"], in: folder)
    let labels = try read("data.h5", "/y", in: folder)
    let classes = try read("p.h5", "/y", in: folder)
    let right = zip(labels, classes).filter { $0 == $1 }.count
    #expect(abs(Double(right) / 900 - accuracy) < 1e-12)
    let probabilities = try read("p.h5", "/probability", in: folder)
    #expect(probabilities.count == 2700)
    for row in 0..<900 {
      let own = probabilities[3 * row..<3 * row + 3]
      #expect(abs(own.reduce(0, +) - 1) < 1e-5)
      #expect(own.max() == own[own.startIndex + Int(classes[row])])
    }
  }

  @Test(arguments: [["mse"], ["half-mse"], ["mae"], ["huber", "--huber-delta", "0.25"]])
  func `losses of numbers`(_ loss: [String]) throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 500, in: folder)
    let command =
      ["train", "linear.h5", "--hidden", "8", "--activation", "gelu", "--learning-rate", "0.02"]
      + ["--batch-size", "50", "--output", "a.weights.h5", "--validation", "linear.h5", "--loss"] + loss
    let trained = try Lockstep.json(command, in: folder)
    let evaluated = try Lockstep.json(["evaluate", "a.weights.h5", "linear.h5"], in: folder)
    #expect(evaluated.number("loss") == trained.number("validation_loss"))
    #expect(try #require(evaluated.number("r2")) > 0.95)
    let configuration = try Lockstep.json(["inspect", "a.weights.h5"], in: folder).strings("configuration")
    #expect(configuration?["loss"] == loss[0] && configuration?["huber-delta"] == loss.dropFirst(2).first)
    #expect(configuration?["activation"] == "gelu")
  }

  @Test func `stopping early leaves the best parameters`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 200, in: folder)
    // What is learnt is the opposite of what is asked, so that the first epoch is the best.
    try Lockstep.generate("opposite.h5", rows: 100, ["--coefficients=-3,-2"], in: folder)
    let command =
      ["train", "linear.h5", "--hidden", "4", "--validation", "opposite.h5", "--epochs", "50"]
      + ["--output", "a.weights.h5", "--early-stopping"]
    let trained = try Lockstep.json(command + ["3"], in: folder)
    #expect(trained.isTrue("stopped_early") && trained.integer("epochs") == 4)
    #expect(trained.integer("best_epoch") == 1)
    let best = try #require(trained.number("best_validation_loss"))
    for options in [[], ["--best"]] {
      let evaluated = try Lockstep.json(["evaluate", "a.weights.h5", "opposite.h5"] + options, in: folder)
      #expect(evaluated.number("loss") == best)
    }
    let inspected = try Lockstep.json(["inspect", "a.weights.h5"], in: folder)
    #expect(inspected.integer("progress", "patience") == 3)
    #expect(inspected.string("parameters_digest") == trained.string("parameters_digest"))

    let bytes = try folder.bytes("a.weights.h5")
    let again = try Lockstep.run(command + ["3", "--resume"], in: folder)
    #expect(again.exitCode == 0 && again.errors.contains("the run is complete"))
    #expect(try folder.bytes("a.weights.h5") == bytes)
    #expect(try Lockstep.json(command + ["5", "--resume"], in: folder).integer("epochs") == 6)
  }

  @Test func `independent probabilities`() throws {
    let folder = try Folder()
    let x = SampleFile.numbers(400)
    let y = (0..<200).map { x[2 * $0] > x[2 * $0 + 1] ? 1.0 : 0.0 }
    try SampleFile.write(folder.file("data.h5"), x: x, [200, 2], y: y, [200, 1])
    let loss = ["--loss", "binary-cross-entropy", "--learning-rate", "0.1"]
    let trained = try Lockstep.json(["train", "data.h5", "--output", "b.weights.h5"] + loss, in: folder)
    #expect(trained.number("loss") ?? 9 < 0.6)
    try Lockstep.json(["predict", "b.weights.h5", "data.h5", "--output", "p.h5"], in: folder)
    #expect(try read("p.h5", "/y", in: folder).allSatisfy { (0...1).contains($0) })
  }

  @Test func `a symbolic link to the output stays one`() throws {
    let folder = try Folder()
    try Lockstep.generate("target.h5", rows: 10, in: folder)
    let link = try RunningProgram(["ln", "-s", "target.h5", "link.h5"], in: folder).finish()
    #expect(link.exitCode == 0)
    try Lockstep.generate("link.h5", rows: 20, ["--force"], in: folder)
    #expect(try read("target.h5", "/y", in: folder).count == 20)
    #expect(folder.names == ["link.h5", "target.h5"])
  }

  @Test func `a name that is not Keras's is noted`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 10, in: folder)
    let outcome = try Lockstep.run(
      ["train", "linear.h5", "--epochs", "1", "--output", "model.h5"], in: folder)
    #expect(outcome.exitCode == 0)
    #expect(outcome.errors.contains(".weights.h5"))
  }

  @Test func `help and version are results`() throws {
    let folder = try Folder()
    for words in [["--help"], ["--version"], ["train", "--help"], ["help", "generate"], []] {
      let outcome = try Lockstep.run(words, in: folder)
      #expect(outcome.exitCode == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome)")
    }
  }

  private func read(_ name: String, _ dataset: String, in folder: Folder) throws -> [Double] {
    try File(opening: folder.file(name)).openDataset(dataset).readAll()
  }
}
