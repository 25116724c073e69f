import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// `lockstep plot`: each kind is drawn, as each kind of file, and says what it cannot draw.
@Suite struct PlotTests {
  /// A folder with `xor.h5` and a checkpoint of it after some epochs, parameters recorded.
  private func xor(_ options: [String] = []) throws -> Folder {
    let folder = try Folder()
    try Lockstep.json(["generate", "truth-table", "xor", "--output", "xor.h5"], in: folder)
    try Lockstep.json(
      ["train", "xor.h5", "--hidden", "2", "--activation", "tanh", "--loss", "binary-cross-entropy"]
        + ["--learning-rate", "0.1", "--epochs", "60", "--record-parameters", "--output", "xor.weights.h5"]
        + options, in: folder)
    return folder
  }

  /// Draws a chart and checks that it is a well-formed file of its kind with these words in it.
  private func draw(
    _ arguments: [String], as name: String, in folder: Folder, mentions words: [String] = []
  ) throws {
    let outcome = try Lockstep.run(["plot"] + arguments + ["--output", name], in: folder)
    try #require(
      outcome.exitCode == 0, "scripts/install-dependencies --tests installs gnuplot\n\(outcome)")
    #expect(outcome.errors.isEmpty, "\(outcome)")
    let bytes = try folder.bytes(name)
    switch name.split(separator: ".").last {
    case "png":
      #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      #expect(bytes.suffix(8).starts(with: "IEND".utf8))
    case "pdf":
      #expect(bytes.starts(with: "%PDF-".utf8))
      #expect(String(decoding: bytes.suffix(16), as: UTF8.self).contains("%%EOF"))
    default:
      let parser = XMLParser(data: Data(bytes))
      #expect(parser.parse(), "\(String(describing: parser.parserError))")
      let text = String(decoding: bytes, as: UTF8.self)
      for word in words { #expect(text.contains(word), "\(word)") }
    }
  }

  @Test(arguments: ["svg", "png", "pdf"]) func `every kind of file can be had`(_ ending: String) throws {
    let folder = try xor()
    try draw(["loss", "xor.weights.h5"], as: "l.\(ending)", in: folder)
    try draw(
      ["boundary", "xor.weights.h5", "xor.h5", "--range=-0.5,1.5", "--points", "21"], as: "b.\(ending)",
      in: folder)
  }

  @Test func `losses of one run and of several`() throws {
    let folder = try xor(["--validation", "xor.h5"])
    try draw(
      ["loss", "xor.weights.h5", "--log-scale", "--title", "How it's <learnt>"], as: "l.svg", in: folder,
      mentions: ["How it's &lt;learnt>", "training", "validation", "epoch", "loss (binary-cross-entropy)"])
    try draw(
      ["loss", "xor.weights.h5", "xor.weights.h5"], as: "m.svg", in: folder,
      mentions: ["Loss over the epochs", "xor.weights.h5, training", "xor.weights.h5, validation"])
  }

  @Test func `losses from a log`() throws {
    let folder = try xor(["--validation", "xor.h5", "--log", "xor.csv"])
    try draw(
      ["loss", "xor.csv"], as: "c.svg", in: folder, mentions: ["training", "validation", "epoch", "xor.csv"])
    try draw(
      ["loss", "xor.csv", "xor.weights.h5", "--log-scale"], as: "d.svg", in: folder,
      mentions: ["xor.csv, training", "xor.weights.h5, training"])
    try folder.write("nothing\n".utf8, to: "bad.csv")
    expectFailure(
      try Lockstep.run(["plot", "loss", "bad.csv", "--output", "e.svg"], in: folder), 65,
      mentions: ["bad.csv:1", "--log"])
    expectFailure(
      try Lockstep.run(["train", "xor.h5", "--log", "xor.txt"], in: folder), 64, mentions: [".csv", ".jsonl"])
    expectFailure(
      try Lockstep.run(["train", "xor.h5", "--log", "xor.csv"], in: folder), 73,
      mentions: ["xor.csv", "--force"])
  }

  @Test func `a single epoch is a point`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    try Lockstep.json(["train", "linear.h5", "--epochs", "1", "--output", "a.weights.h5"], in: folder)
    try draw(["loss", "a.weights.h5"], as: "l.svg", in: folder, mentions: ["training"])
  }

  @Test func `parameters that were recorded`() throws {
    let folder = try xor()
    try draw(
      ["weights", "xor.weights.h5"], as: "w.svg", in: folder,
      mentions: ["Parameters of 2-2-1", "W1[0, 0]", "W1[1, 1]", "b1[1]", "W2[1, 0]", "b2[0]"])
    try Lockstep.json(
      [
        "train", "xor.h5", "--hidden", "9", "--epochs", "3", "--record-parameters", "--output",
        "n.weights.h5",
      ],
      in: folder)
    try draw(["weights", "n.weights.h5"], as: "n.svg", in: folder, mentions: ["layer 1", "layer 2"])
    try Lockstep.json(["train", "xor.h5", "--epochs", "3", "--output", "o.weights.h5"], in: folder)
    expectFailure(
      try Lockstep.run(["plot", "weights", "o.weights.h5", "--output", "o.svg"], in: folder), 65,
      mentions: ["o.weights.h5", "--record-parameters"])
  }

  @Test func `the plane, by values and by classes`() throws {
    let folder = try xor()
    try draw(
      ["boundary", "xor.weights.h5", "xor.h5", "--range=-0.5,1.5", "--points", "21"], as: "b.svg", in: folder,
      mentions: ["What 2-2-1 makes of the plane", "one half", "x0", "x1", "4 samples"])
    try draw(["boundary", "xor.weights.h5", "--points", "2"], as: "c.svg", in: folder)
    // Three stripes of the plane.
    let x = SampleFile.numbers(120)
    try SampleFile.write(
      folder.file("classes.h5"), x: x, [60, 2],
      labels: (0..<60).map { Int64(3 * (x[2 * $0] + x[2 * $0 + 1]) / 2) })
    try Lockstep.json(
      ["train", "classes.h5", "--hidden", "8", "--epochs", "30", "--output", "c.weights.h5"], in: folder)
    try draw(
      ["boundary", "c.weights.h5", "classes.h5", "--points", "11"], as: "d.svg", in: folder,
      mentions: ["class 0", "class 2"])
    try draw(
      ["predictions", "c.weights.h5", "classes.h5"], as: "e.svg", in: folder,
      mentions: ["true class", "predicted class", "accuracy"])
  }

  @Test func `predictions of numbers and of probabilities`() throws {
    let folder = try xor()
    try draw(
      ["predictions", "xor.weights.h5", "xor.h5"], as: "p.svg", in: folder,
      mentions: ["predicted probability", "target 0", "target 1"])
    try Lockstep.generate(rows: 600, in: folder)
    try Lockstep.json(["train", "linear.h5", "--epochs", "3", "--output", "l.weights.h5"], in: folder)
    try draw(
      ["predictions", "l.weights.h5", "linear.h5", "--rows", "50"], as: "l.svg", in: folder,
      mentions: ["true value", "predicted value", "ideal", "r2", "50 samples"])
    try draw(["boundary", "l.weights.h5", "linear.h5", "--points", "5"], as: "b.svg", in: folder)
  }

  @Test func `a study that was kept`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 600, in: folder)
    let study = try Lockstep.run(
      ["scaling", "linear.h5", "--hidden", "8", "--threads", "1,2", "--repeats", "1", "--seconds", "0.001"]
        + ["--json", "--quiet"], in: folder)
    try folder.write(study.output.utf8, to: "s.json")
    try draw(
      ["scaling", "s.json"], as: "s.svg", in: folder,
      mentions: ["How training 2-8-1 scales", "ideal", "strong scaling", "weak scaling"])
    try folder.write("{}".utf8, to: "t.json")
    expectFailure(
      try Lockstep.run(["plot", "scaling", "t.json", "--output", "t.svg"], in: folder), 65,
      mentions: ["t.json", "scaling --json"])
    expectFailure(
      try Lockstep.run(["plot", "scaling", "u.json", "--output", "t.svg"], in: folder), 66,
      mentions: ["u.json"])
  }

  @Test func `what cannot be drawn is said, and nothing is written`() throws {
    let folder = try xor()
    try Lockstep.json(
      ["train", "xor.h5", "--epochs", "1", "--steps", "1", "--output", "x.weights.h5"], in: folder)
    let names = folder.names
    let failures: [([String], Int32, [String])] = [
      (["loss", "xor.weights.h5", "--output", "l.gif"], 64, ["l.gif", ".svg, .png or .pdf"]),
      (["loss", "xor.h5", "--output", "l.svg"], 65, ["xor.h5", "not a checkpoint"]),
      (["loss", "no.h5", "--output", "l.svg"], 66, ["no.h5"]),
      (["loss", "xor.weights.h5", "--output", "xor.h5"], 64, ["xor.h5"]),
      (["boundary", "xor.weights.h5", "--points", "1", "--output", "b.svg"], 64, ["2 to 1000"]),
      (["boundary", "xor.weights.h5", "--output-index", "1", "--output", "b.svg"], 64, ["--output-index"]),
      (["boundary", "xor.weights.h5", "no.h5", "--output", "b.svg"], 66, ["no.h5"]),
      (["weights", "no.h5", "--output", "b.svg"], 66, ["no.h5"]),
      (["predictions", "xor.weights.h5", "--output", "b.svg"], 64, ["data"]),
    ]
    for (arguments, code, words) in failures {
      expectFailure(try Lockstep.run(["plot"] + arguments, in: folder), code, mentions: words)
    }
    #expect(folder.names == names)
    try folder.write([1], to: "there.svg")
    expectFailure(
      try Lockstep.run(["plot", "loss", "xor.weights.h5", "--output", "there.svg"], in: folder), 73,
      mentions: ["there.svg", "--force"])
    let run = try RunningProgram(
      [Lockstep.executable, "plot", "loss", "xor.weights.h5", "--output", "l.svg"], in: folder,
      environment: ["PATH": folder.path])
    expectFailure(run.finish(), 73, mentions: ["l.svg", "gnuplot", "apt-get install gnuplot-nox"])
  }

  @Test func `recording needs a checkpoint, and not too much`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 100, in: folder)
    expectFailure(
      try Lockstep.run(["train", "linear.h5", "--record-parameters"], in: folder), 64,
      mentions: ["--record-parameters", "--output"])
    expectFailure(
      try Lockstep.run(
        ["train", "linear.h5", "--hidden", "1000", "--epochs", "1000000", "--record-parameters"]
          + ["--output", "a.weights.h5"], in: folder), 64, mentions: ["--record-parameters", "fewer epochs"])
    #expect(folder.names == ["linear.h5"])
  }
}
