import HDF5
import Testing

/// Whether a file can be trained on, and what it is like.
@Suite struct ValidateTests {
  /// Writes 1,000 rows of two features, some of them wrong.
  private func writeInvalid(_ folder: Folder, labels: Bool = false) throws {
    var x = SampleFile.numbers(2000)
    var y = SampleFile.numbers(1000)
    if labels { y = y.map { ($0 * 3).rounded(.down) } }
    (x[7], x[1400], y[4], y[701]) = (.nan, .infinity, labels ? -1 : .nan, labels ? 0.5 : -.infinity)
    try SampleFile.write(folder.file("data.h5"), x: x, [1000, 2], y: y, [1000])
  }

  @Test func `a good file`() throws {
    let folder = try Folder()
    try Lockstep.generate(rows: 2001, ["--noise", "0.1"], in: folder)
    let outcome = try Lockstep.run(["validate", "linear.h5", "--duplicates", "x"], in: folder)
    #expect(outcome.exitCode == 0 && outcome.errors.isEmpty)
    for part in [
      "2,001 of 2 features, 1 target", "invalid rows  none", "0 rows with features", "train takes this file",
      "standard deviation", "contiguous",
    ] {
      #expect(outcome.output.contains(part), "\(outcome.output)")
    }
    let report = try Lockstep.json(["validate", "linear.h5"], in: folder)
    #expect(report.isTrue("valid") && report.isNull("problem") && report.isNull("duplicates"))
    #expect(report.integer("rows") == 2001 && report.integer("invalid_rows") == 0)
    #expect(report.isNull("repack") && report.isNull("classes") && report.boolean("labels") == false)
    #expect(folder.names == ["linear.h5"])
  }

  @Test(arguments: [false, true])
  func `a bad file is reported, and refused like train does`(_ labels: Bool) throws {
    let folder = try Folder()
    try writeInvalid(folder, labels: labels)
    let options = labels ? ["--labels"] : []
    let outcome = try Lockstep.run(["validate", "data.h5"] + options, in: folder)
    #expect(outcome.exitCode == 65)
    #expect(outcome.output.contains("4 of 1,000: 2 with such features, 2 with such targets"))
    #expect(outcome.output.contains("/x row 3, column 1: nan is not finite"))
    #expect(
      outcome.output.contains(labels ? "/y row 4, column 0: -1 is not a class" : "/y row 4, column 0: nan"))
    #expect(outcome.output.contains("train would refuse this file"))
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errorLines[0].contains("4 of 1000 rows"))
    let trained = try Lockstep.run(
      ["train", "data.h5"] + (labels ? ["--loss", "cross-entropy"] : []), in: folder)
    #expect(trained.exitCode == 65)
    let printed = try Lockstep.run(["validate", "data.h5", "--json"] + options, in: folder)
    let report = try #require(JSONObject(printed.output))
    #expect(printed.exitCode == 65 && report.boolean("valid") == false)
    #expect(report.integer("invalid_rows") == 4 && report.objects("first_invalid")?.count == 4)
    #expect(report.objects("first_invalid")?.first?.string("value") == "nan")
    #expect(report.integer("classes", "count") == (labels ? 3 : nil))
  }

  @Test func `the same report for any number of threads`() throws {
    let folder = try Folder()
    try writeInvalid(folder)
    let reports = try ["1", "2", "3"].map {
      try Lockstep.run(["validate", "data.h5", "--json", "--duplicates", "xy", "--threads", $0], in: folder)
        .output
    }
    #expect(reports[0] == reports[1] && reports[0] == reports[2] && !reports[0].isEmpty)
  }

  @Test func `statistics go into the file, for everybody to read`() throws {
    let folder = try Folder()
    var x = SampleFile.numbers(4002)
    x[100] = .nan
    try SampleFile.write(
      folder.file("a.h5"), x: x, [2001, 2], y: [Double](repeating: 2, count: 2001), [2001])
    let outcome = try Lockstep.run(["validate", "a.h5", "--write-statistics"], in: folder)
    #expect(outcome.exitCode == 65 && outcome.output.contains("statistics, as attributes of /x"))
    try Lockstep.generate(rows: 5003, ["--precision", "float64"], in: folder)
    let before = try Lockstep.json(["train", "linear.h5", "--epochs", "1"], in: folder)
    let report = try Lockstep.json(["validate", "linear.h5", "--write-statistics"], in: folder)
    #expect(report.isTrue("valid"))
    for name in ["a.h5", "linear.h5"] { try Python.run("check_statistics", [name], in: folder) }
    let after = try Lockstep.json(["train", "linear.h5", "--epochs", "1"], in: folder)
    #expect(before.string("parameters_digest") == after.string("parameters_digest"))
  }

  @Test func `the command it advises stores the samples well`() throws {
    let folder = try Folder()
    try Lockstep.generate(
      "a b.h5", rows: 300_000, ["--chunk-rows", "50", "--compression", "gzip:1"], in: folder)
    let report = try Lockstep.json(["validate", "a b.h5"], in: folder)
    let command = try #require(report.string("repack"))
    #expect(
      command
        == "lockstep convert 'a b.h5' --chunk-rows 4096 --compression gzip:1 --output 'a b-repacked.h5'")
    let words = ["convert", "a b.h5", "--chunk-rows", "4096", "--compression", "gzip:1", "--output", "r.h5"]
    try Lockstep.json(words, in: folder)
    #expect(try Lockstep.json(["validate", "r.h5"], in: folder).isNull("repack"))
  }

  @Test(arguments: [false, true])
  func `training leaves invalid rows out, as conversion drops them`(_ labels: Bool) throws {
    let folder = try Folder()
    try writeInvalid(folder, labels: labels)
    let train = ["--epochs", "2", "--hidden", "3"] + (labels ? ["--loss", "cross-entropy"] : [])
    let outcome = try Lockstep.run(["train", "data.h5", "--skip-invalid"] + train, in: folder)
    #expect(outcome.exitCode == 0)
    #expect(outcome.errorLines.contains("lockstep: left out 4 of 1,000 rows that cannot be trained on"))
    let skipped = try Lockstep.json(["train", "data.h5", "--skip-invalid"] + train, in: folder)
    #expect(skipped.integer("skipped") == 4 && skipped.integer("samples") == 996)
    let words =
      ["convert", "data.h5", "--skip-invalid", "--output", "valid.h5"] + (labels ? ["--labels"] : [])
    #expect(try Lockstep.json(words, in: folder).integer("skipped") == 4)
    if labels {
      try SampleFile.write(folder.file("label.h5"), x: [1, 2], [2, 1], labels: [0, -1])
      expectFailure(
        try Lockstep.run(["validate", "label.h5", "--quiet"], in: folder), 65,
        mentions: ["row 1", "not a class", "convert --labels --skip-invalid"])
    }
    #expect(try Lockstep.json(["validate", "valid.h5"], in: folder).isTrue("valid"))
    let dropped = try Lockstep.json(["train", "valid.h5"] + train, in: folder)
    #expect(dropped.integer("skipped") == 0)
    #expect(dropped.string("parameters_digest") == skipped.string("parameters_digest"))
    try SampleFile.write(folder.file("none.h5"), x: [.nan, .nan], [2, 1], y: [1, 2], [2])
    expectFailure(
      try Lockstep.run(["train", "none.h5", "--skip-invalid"], in: folder), 65,
      mentions: ["no row is left", "lockstep validate"])
  }

  @Test func `what cannot be looked at`() throws {
    let folder = try Folder()
    expectFailure(try Lockstep.run(["validate", "none.h5"], in: folder), 66, mentions: ["none.h5"])
    try Lockstep.generate(rows: 10, in: folder)
    for options in [
      ["--labels", "--numbers"], ["--duplicates", "y"], ["--threads", "0"], ["--memory-budget", "x"],
    ] {
      expectFailure(
        try Lockstep.run(["validate", "linear.h5"] + options, in: folder), 64, mentions: [options[0]])
    }
    expectFailure(
      try Lockstep.run(["validate", "linear.h5", "--y", "none"], in: folder), 65, mentions: ["/none", "--y"])
  }
}
