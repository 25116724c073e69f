import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Conversions of weights")
struct WeightConversionTests {
  let files: TextFolder
  let output: String

  init() throws {
    files = try TextFolder()
    output = files.folder.file("out.h5")
  }

  @discardableResult
  func convert(_ path: String, _ change: (inout ConversionOptions) -> Void = { _ in }) throws
    -> Conversion.Report
  {
    var options = ConversionOptions()
    options.threads = 2
    change(&options)
    let source = try ConversionInput.open([path], options, beside: output)
    return try Conversion(source, format: DatasetFormat(), title: "a test", command: "command").write(
      to: output)
  }

  func values(_ name: String) throws -> [Double] { try File(opening: output).openDataset(name).readAll() }

  func failure(_ path: String, _ change: (inout ConversionOptions) -> Void = { _ in }) -> LockstepError? {
    do {
      try convert(path, change)
      return nil
    } catch {
      return error as? LockstepError
    }
  }

  @Test("take a column of text, which is no feature then")
  func columns() throws {
    let rows = 0..<2000
    let text = "a,w,b,t\n" + rows.map { "\($0),\($0 % 5),\(-$0),\(2 * $0)\n" }.joined()
    let path = try files.write(text)
    for name in ["w", "1"] {
      let report = try convert(path) { $0.weights = .dataset(name) }
      #expect(report.description.weights == .float32)
      #expect(try values("/weight") == rows.map { Double($0 % 5) })
      #expect(try values("/x") == rows.flatMap { [Double($0), -Double($0)] })
      #expect(try values("/y") == rows.map { 2 * Double($0) })
    }
    // By itself no column is one of weights.
    #expect(try convert(path).description.features == 3)
    #expect(try File(opening: output).exists("/weight") == false)
    // Where the last column has the weights, the target is the one before.
    let last = try convert(path) { $0.weights = .dataset("t") }
    #expect(last.description.features == 2)
    #expect(try values("/y") == rows.map { -Double($0) })
    try convert(path) {
      $0.weights = .dataset("w"); $0.hasTargets = false
    }
    #expect(try values("/weight") == rows.map { Double($0 % 5) })
    #expect(try File(opening: output).openDataset("/x").shape == [2000, 3])
  }

  @Test("find the labels beside weights, with a first line of names or without", arguments: [2, 3])
  func labels(column: Int) throws {
    let rows = ["1,2,a,1", "3,4,b,0", "5,6,a,2"]
    let text = rows.map { row -> String in
      let fields = row.split(separator: ",")
      return column == 3 ? row : [fields[0], fields[1], fields[3], fields[2]].joined(separator: ",")
    }.joined(separator: "\n")
    let report = try convert(try files.write(text)) {
      $0.hasLabels = true
      $0.weights = .dataset("\(column)")
    }
    #expect(report.rows == 3 && report.classes == ["a", "b"])
    #expect(try values("/weight") == [1, 0, 2] && values("/y") == [0, 1, 0])
  }

  @Test("know labels in a column that is named by its number from a first line of names")
  func numberedLabels() throws {
    let report = try convert(try files.write("1,2,a\n3,4,b\n5,6,a\n")) {
      $0.hasLabels = true
      $0.text.targets = ["2"]
    }
    #expect(report.rows == 3 && report.classes == ["a", "b"])
  }

  @Test("refuse weights that are negative or no numbers, or drop their rows")
  func refusals() throws {
    let path = try files.write("a,t,w\n1,2,1\n3,4,-1\n5,6,\n7,8,nan\n9,10,0\n")
    let error = failure(path) { $0.weights = .dataset("w") }
    #expect(error?.kind == .badData && error?.subject.hasSuffix(":3") == true)
    #expect(error?.problem == "column 2 (w): the weight is negative")
    let report = try convert(path) {
      $0.weights = .dataset("w"); $0.skipsInvalid = true
    }
    #expect(report.rows == 2 && report.skipped == 3)
    #expect(try values("/weight") == [1, 0])
    #expect(failure(path) { $0.weights = .dataset("z") }?.subject == "--weights")
    #expect(failure(path) { $0.weights = .dataset("0-1") }?.subject == "--weights")
    let both = failure(path) {
      $0.weights = .dataset("t"); $0.text.targets = ["t"]
    }
    #expect(both?.subject == "--weights")
    #expect(failure(try files.write("1\n2\n")) { $0.weights = .dataset("0") }?.subject == "--weights")
  }

  @Test("carry those of HDF5 files along")
  func repacking() throws {
    let input = files.folder.file("in.h5")
    try writeFile(input) { file in
      _ = try file.createDataset("/run/x", [1.0, 2, 3, 4], shape: [2, 2])
      _ = try file.createDataset("/run/y", [5.0, 6])
      let weight = try file.createDataset("/run/weight", [0.5, -0.25].map { abs($0) } as [Float])
      try weight.setAttribute("units", "kg")
      _ = try file.createDataset("/other", [UInt8]([3, 0]))
      _ = try file.createDataset("/bad", [-1.0, 1])
      _ = try file.createDataset("/wide", [1.0, 1, 1, 1], shape: [2, 2])
    }
    func inRun(_ options: inout ConversionOptions) { (options.x, options.y) = ("run/x", "run/y") }
    try convert(input, inRun)
    #expect(try values("/weight") == [0.5, 0.25])
    let weight = try File(opening: output).openDataset("/weight")
    #expect(try weight.type == .float(bits: 32) && weight.attribute("units", as: String.self) == "kg")
    try convert(input) {
      inRun(&$0); $0.weights = .dataset("other")
    }
    #expect(try values("/weight") == [3, 0])
    try convert(input) {
      inRun(&$0); $0.weights = .none
    }
    #expect(try File(opening: output).exists("/weight") == false)
    for name in ["bad", "wide", "missing"] {
      let error = failure(input) {
        inRun(&$0); $0.weights = .dataset(name)
      }
      #expect(error?.kind == .badData && error?.subject.hasSuffix("in.h5:/\(name)") == true)
    }
    try convert(input) {
      inRun(&$0); $0.weights = .dataset("bad"); $0.skipsInvalid = true
    }
    #expect(try values("/weight") == [1] && values("/y") == [6])
  }
}
