import Foundation
import Testing

/// Measuring how training scales.
@Suite struct ScalingTests {
  private static let command =
    ["scaling", "linear.h5", "--hidden", "8", "--batch-size", "64", "--shards", "4", "--threads", "1,2,3"]
    + ["--repeats", "3", "--seconds", "0.002"]

  private func folder(rows: Int = 600) throws -> Folder {
    let folder = try Folder()
    try Lockstep.generate(rows: rows, in: folder)
    return folder
  }

  @Test func `the tables have a line for every number of threads, and say that the bits are the same`() throws
  {
    let folder = try folder()
    let outcome = try Lockstep.run(Self.command, in: folder)
    #expect(outcome.exitCode == 0, "\(outcome)")
    let lines = outcome.output.components(separatedBy: "\n")
    for title in ["Strong scaling: minibatches of 64 rows in 4 shards", "Weak scaling: 64 rows"] {
      let first = try #require(lines.firstIndex { $0.hasPrefix(title) })
      let rows = lines[(first + 2)...(first + 4)].map {
        $0.split(whereSeparator: { " *".contains($0) }).first.map(String.init)
      }
      #expect(rows == ["1", "2", "3"], "\(lines)")
    }
    #expect(lines.contains { $0.hasPrefix("What the workers do, in percent") })
    #expect(lines.contains { $0.hasPrefix("The bits are the same on 1, 2 and 3 threads: after ") })
    #expect(outcome.errorLines.allSatisfy { $0.hasPrefix("lockstep: ") })
    #expect(folder.names == ["linear.h5"])
  }

  @Test func `the object has all that was measured`() throws {
    let folder = try folder()
    let result = try Lockstep.json(Self.command, in: folder)
    #expect(
      result.keys.isSuperset(of: [
        "data", "csv", "chart", "samples", "network", "parameters", "precision", "batch_size", "cpu", "cpus",
        "kernels", "repeats",
        "seconds_per_repeat", "seconds", "strong", "weak", "same_bits", "compared_after_steps",
        "parameters_digest",
      ]))
    #expect(result.isTrue("same_bits") && result.integer("samples") == 600)
    for mode in ["strong", "weak"] {
      let points = try #require(result.objects(mode))
      #expect(points.map { $0.integer("threads") } == [1, 2, 3])
      #expect(points.map { $0.integer("batch_size") } == (mode == "strong" ? [64, 64, 64] : [64, 128, 192]))
      for point in points {
        let repeats = try #require(point.numbers("step_seconds", "repeats"))
        #expect(repeats.count == 3 && repeats.allSatisfy { $0 > 0 })
        let median = try #require(point.number("step_seconds", "median"))
        #expect(repeats.sorted()[1] == median)
        let (rate, batch) = (point.number("samples_per_second"), point.number("batch_size"))
        #expect(try abs(#require(rate) * median / #require(batch) - 1) < 1e-9)
        let workers = try #require(point.objects("worker_phases"))
        #expect(workers.count == point.integer("workers"))
        for phases in workers {
          let sum = phases.keys.reduce(0) { $0 + (phases.number($1) ?? .nan) }
          #expect(abs(sum - 1) < 1e-9, "\(phases.keys)")
        }
      }
    }
  }

  @Test func `the comma-separated values are a table of numbers`() throws {
    let folder = try folder()
    try Lockstep.json(Self.command + ["--csv", "s.csv"], in: folder)
    let file = String(decoding: try folder.bytes("s.csv"), as: UTF8.self)
    let outcome = try Lockstep.run(Self.command + ["--quiet", "--csv", "-"], in: folder)
    #expect(outcome.exitCode == 0 && outcome.errors.isEmpty)
    for text in [file, outcome.output] {
      #expect(text.hasSuffix("\n"))
      let table = text.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
      #expect(table.count == 7 && table.allSatisfy { $0.count == table[0].count })
      #expect(table.dropFirst().map { $0[0] } == ["strong", "strong", "strong", "weak", "weak", "weak"])
      for column in ["threads", "batch_size", "step_seconds", "speedup", "efficiency", "samples_per_second"] {
        let place = try #require(table[0].firstIndex(of: column[...]))
        #expect(table.dropFirst().allSatisfy { (Double($0[place]) ?? 0) > 0 }, "\(column)")
      }
    }
    #expect(folder.names == ["linear.h5", "s.csv"])
  }

  @Test func `a chart is drawn by gnuplot`() throws {
    let folder = try folder()
    let outcome = try Lockstep.run(Self.command + ["--chart", "it's & <a> chart.svg"], in: folder)
    try #require(outcome.exitCode == 0, "scripts/install-dependencies --tests installs gnuplot\n\(outcome)")
    try Lockstep.json(Self.command + ["--mode", "weak", "--chart", "s.png"], in: folder)
    let svg = String(decoding: try folder.bytes("it's & <a> chart.svg"), as: UTF8.self)
    for text in ["<svg", "How training 2-8-1 scales", "ideal", "strong scaling", "weak", "speedup", "</svg>"]
    {
      #expect(svg.contains(text) == true, "\(text)")
    }
    #expect(try folder.bytes("s.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(folder.names == ["it's & <a> chart.svg", "linear.h5", "s.png"])
  }

  @Test func `a chart needs gnuplot before anything is measured`() throws {
    let folder = try folder()
    let run = try RunningProgram(
      [Lockstep.executable] + Self.command + ["--chart", "s.svg"], in: folder,
      environment: ["PATH": folder.path])
    expectFailure(run.finish(), 73, mentions: ["s.svg", "gnuplot", "apt-get install gnuplot-nox"])
    #expect(folder.names == ["linear.h5"])
  }

  @Test func `a gnuplot that fails leaves no chart`() throws {
    let folder = try folder()
    try folder.write("#!/bin/sh\necho drawing failed >&2\nexit 1\n".utf8, to: "gnuplot")
    #expect(chmod(folder.file("gnuplot"), 0o755) == 0)
    let run = try RunningProgram(
      [Lockstep.executable] + Self.command + ["--quiet", "--chart", "s.svg"], in: folder,
      environment: ["PATH": folder.path])
    expectFailure(run.finish(), 74, mentions: ["s.svg", "gnuplot", "drawing failed"])
    #expect(folder.names == ["gnuplot", "linear.h5"])
  }

  @Test(arguments: [
    ["--threads", "0"], ["--threads", "1,,2"], ["--threads", "two"], ["--threads", "1000"],
    ["--mode", "all"],
    ["--repeats", "0"], ["--seconds", "0"], ["--seconds", "nan"], ["--chart", "s.gif"], ["--chart", "svg"],
    ["--chart", ""], ["--csv", ""], ["--csv", "-", "--json"], ["--csv", "s.svg", "--chart", "s.svg"],
    ["--momentum", "0.5"], ["--epochs", "3"],
  ])
  func `a bad option is refused before anything is done`(_ option: [String]) throws {
    let folder = try Folder()
    let outcome = try Lockstep.run(["scaling", "linear.h5"] + option, in: folder)
    expectFailure(outcome, 64, mentions: [option[0], "(See 'lockstep scaling --help'.)"])
    #expect(folder.names == [])
  }

  @Test func `files that are there stay as they are`() throws {
    let folder = try folder()
    let data = try folder.bytes("linear.h5")
    for option in ["--csv", "--chart"] {
      let name = option == "--csv" ? "s.csv" : "s.svg"
      try folder.write([1, 2, 3], to: name)
      let outcome = try Lockstep.run(Self.command + [option, name], in: folder)
      expectFailure(outcome, 73, mentions: [name, option, "--force"])
      #expect(try folder.bytes(name) == [1, 2, 3])
    }
    expectFailure(
      try Lockstep.run(Self.command + ["--csv", "./linear.h5", "--force"], in: folder), 73,
      mentions: ["linear.h5", "is the file with the samples", "--csv"])
    #expect(try folder.bytes("linear.h5") == data)
    try Lockstep.json(Self.command + ["--csv", "s.csv", "--force"], in: folder)
    #expect(try folder.bytes("s.csv").count > 3)
  }

  @Test func `what cannot be measured is said`() throws {
    let folder = try folder(rows: 100)
    expectFailure(
      try Lockstep.run(Self.command + ["--quiet"], in: folder), 64,
      mentions: ["--batch-size", "128", "100 rows", "--mode strong"])
    expectFailure(
      try Lockstep.run(["scaling", "none.h5", "--quiet"], in: folder), 66, mentions: ["none.h5"])
    expectFailure(
      try Lockstep.run(
        Self.command + ["--quiet", "--mode", "strong", "--optimizer", "sgd", "--learning-rate", "1e30"],
        in: folder), 70, mentions: ["diverged", "--learning-rate"])
  }

  @Test func `more threads than CPUs or shards are pointed out`() throws {
    let folder = try folder()
    let outcome = try Lockstep.run(
      ["scaling", "linear.h5", "--batch-size", "64", "--shards", "2", "--threads", "150", "--mode", "strong"]
        + ["--repeats", "1", "--seconds", "0.001"], in: folder)
    #expect(outcome.exitCode == 0)
    #expect(outcome.output.contains("150 threads: there are pieces of a minibatch for 2 of them"))
    let cpus = try #require(try Lockstep.json(Self.command + ["--mode", "weak"], in: folder).integer("cpus"))
    guard cpus < 150 else { return }
    #expect(outcome.errors.contains("warning: 150 threads on \(cpus) CPU"))
    #expect(
      outcome.output.contains("* 150") && outcome.output.contains("* more threads than the \(cpus) CPU"))
  }

  @Test func `one team of the most workers after another ends`() throws {
    let folder = try folder()
    let points = try #require(
      try Lockstep.json(
        [
          "scaling", "linear.h5", "--hidden", "8", "--batch-size", "192", "--shards", "192", "--mode",
          "strong",
        ]
          + ["--threads", "1,128,192", "--repeats", "1", "--seconds", "0.001"], in: folder
      ).objects("strong"))
    #expect(points.map { $0.integer("workers") } == [1, 128, 192])
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `a signal ends it, and nothing is written`(_ signal: Int32) throws {
    let folder = try folder()
    let run = try Lockstep.start(
      Self.command + ["--seconds", "100", "--csv", "s.csv", "--json"], in: folder)
    #expect(run.wait(until: { run.errorsSoFar.contains("samples, network") }))
    usleep(100_000)
    run.send(signal)
    let outcome = run.finish(limit: 20)
    #expect(outcome.exitCode == 75, "\(outcome)")
    #expect(outcome.output.isEmpty && outcome.errors.contains("stopped on request"))
    #expect(folder.names == ["linear.h5"])
  }
}
