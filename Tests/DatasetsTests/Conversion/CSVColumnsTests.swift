import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Columns of text files")
struct CSVColumnsTests {
  let files: TextFolder

  init() throws { files = try TextFolder() }

  let text = "id,a,b,c,y\n1,2,3,4,5\n6,7,8,9,10\n"

  func found(_ targets: [String]?, _ features: [String]?, header: CSVHeader = .auto) throws -> [[Double]] {
    let rows = try files.rows(
      text,
      options {
        $0.text.targets = targets
        $0.text.features = features
        $0.text.header = header
      })
    return [Array(rows.x.prefix(rows.x.count / 2)), Array(rows.y.prefix(rows.y.count / 2))]
  }

  @Test("are chosen by name, number or range")
  func choice() throws {
    #expect(try found(nil, nil) == [[1, 2, 3, 4], [5]])
    #expect(try found(["b"], nil) == [[1, 2, 4, 5], [3]])
    #expect(try found(["y", "b"], nil) == [[1, 2, 4], [5, 3]])
    #expect(try found(["0"], ["2"]) == [[3], [1]])
    #expect(try found(nil, ["1-3"]) == [[2, 3, 4], [5]])
    #expect(try found(["c"], ["b", "a"]) == [[3, 2], [4]])
    #expect(try found(["1-2"], ["y"], header: .yes) == [[5], [2, 3]])
  }

  @Test(
    "that are not there, or twice there, are told",
    arguments: [
      (["z"], nil, "id, a, b, c, y"), (["5"], nil, "0 to 4"), (["0-5"], nil, "no such column"),
      (["a", "1"], nil, "named twice"), (["a"], ["a"], "is a target, too"),
      (["0-4"], nil, "no column is left"),
      (["4-2"], nil, "no such column"), (["-1"], nil, "no such column"),
    ] as [([String]?, [String]?, String)])
  func badChoice(targets: [String]?, features: [String]?, words: String) throws {
    let message = try files.message(
      text,
      options {
        $0.text.targets = targets
        $0.text.features = features
      })
    #expect(message?.contains(words) == true, "\(message ?? "")")
  }

  @Test("of the same name are told apart by number")
  func sameNames() throws {
    let message = try files.message("a,a,y\n1,2,3\n", options { $0.text.features = ["a"] })
    #expect(message?.contains("several columns") == true && message?.contains("0, 1") == true)
    #expect(try files.rows("a,a,y\n1,2,3\n", options { $0.text.features = ["1"] }).x == [2])
  }

  @Test("have names if the first line has text, unless told otherwise")
  func header() throws {
    #expect(try files.rows("1,2\n3,4\n", options { $0.text.header = .yes }).x == [3])
    #expect(
      try files.message("a,2\n3,4\n", options { $0.text.header = .no })?.contains(":1: column 0") == true)
    // A missing value or an infinite one is no name.
    #expect(try files.message("1,NA\n3,4\n")?.contains("data.csv:1: column 1: the value is missing") == true)
    #expect(try files.message("1,inf\n3,4\n")?.contains("data.csv:1: column 1: this is not a finite") == true)
    // Numbers can be names, if a column is asked for by a name.
    #expect(try files.rows("1,y\n3,4\n", options { $0.text.targets = ["y"] }).y == [4])
  }

  @Test("are recorded by name")
  func names() throws {
    let source = try CSVSource([try files.write("a,\"b \"\"c\"\"\",y\n1,2,3\n")], options { _ in })
    let description = try source.survey { _ in }.description
    #expect(description.xAttributes["column_names"] == .strings(["a", "b \"c\""]))
    #expect(description.yAttributes["column_names"] == .strings(["y"]))
  }

  @Test("need not include targets")
  func noTargets() throws {
    let found = try files.rows("1\n2\n", options { $0.hasTargets = false })
    #expect(found.x == [1, 2] && found.y == [])
  }

  @Test("of several files are the same")
  func severalFiles() throws {
    let paths = try [files.write("a,b\n1,2", to: "1.csv"), files.write("a,b\r\n3,4\r\n", to: "2.csv")]
    let found = try Gathered(try CSVSource(paths, options { $0.threads = 2 }))
    #expect(found.x == [1, 3] && found.y == [2, 4])
    for other in ["a,c\n1,2\n", "1,2\n", "a,b,c\n1,2,3\n"] {
      let error = #expect(throws: LockstepError.self) {
        _ = try CSVSource([paths[0], files.write(other, to: "3.csv")], options { _ in })
      }
      #expect(error?.problem.contains("other columns") == true)
    }
    // Lines are counted in each file by itself.
    let bad = try files.write("a,b\n1,2\n3,oops\n", to: "4.csv")
    let error = #expect(throws: LockstepError.self) {
      _ = try Gathered(try CSVSource([paths[0], bad], options { _ in }))
    }
    #expect(error?.subject == "\(bad):3")
  }
}

@Suite("Labels in text files")
struct CSVLabelsTests {
  let files: TextFolder

  init() throws { files = try TextFolder() }

  func labels(_ text: String, skips: Bool = false, _ sizes: CSVPieces.Sizes = .init()) throws -> Gathered {
    try files.rows(
      text,
      options {
        $0.hasLabels = true
        $0.skipsInvalid = skips
        $0.threads = 2
      }, sizes: sizes)
  }

  @Test("that are numbers stay what they are")
  func numbers() throws {
    let found = try labels("1,2\n3,0\n5,7\n")
    #expect(found.y == [2, 0, 7] && found.classes == nil)
  }

  @Test("that are names are numbered in ascending order, wherever blocks end")
  func names() throws {
    let text = "size,kind\n1,setosa\n2, virginica \n3,\"setosa\"\n4,\"a, b\"\n5,versicolor\n"
    for sizes in [CSVPieces.Sizes()] + awkwardSizes {
      let found = try labels(text, sizes)
      #expect(found.classes == ["a, b", "setosa", "versicolor", "virginica"])
      #expect(found.y == [1, 3, 1, 0, 2])
    }
    // Whole numbers that are no classes are ordered by value.
    let signs = try labels("1,-1\n2,1\n3,10\n4,9\n5,-1\n")
    #expect(signs.classes == ["-1", "1", "9", "10"] && signs.y == [0, 1, 3, 2, 0])
    // A header is told by the other columns.
    #expect(try labels("1,yes\n2,no\n").classes == ["no", "yes"])
  }

  @Test("of dropped rows do not count")
  func dropped() throws {
    let found = try labels("a,b\n1,x\nNA,y\n3,\n4,z\n5,z,6\n", skips: true)
    #expect(found.classes == ["x", "z"] && found.y == [0, 1] && found.skipped == 3)
    #expect(
      try files.message("a,b\n1,x\n2,\n", options { $0.hasLabels = true })?.contains(":3: column 1 (b)")
        == true)
  }

  @Test("are not as many as rows")
  func tooMany() throws {
    let text = (0..<5000).map { "\($0),name\($0)" }.joined(separator: "\n")
    let message = try files.message(text, options { $0.hasLabels = true })
    #expect(message?.contains("too many classes") == true)
    // Numbers may be.
    #expect(try labels((0..<5000).map { "1,\($0)" }.joined(separator: "\n")).y.last == 4999)
  }

  @Test("are recorded")
  func recorded() throws {
    let source = try CSVSource([try files.write("a,b\n1,x\n2,w\n")], options { $0.hasLabels = true })
    let survey = try source.survey { _ in }
    #expect(survey.description.targets == .labels(bits: 32))
    #expect(survey.description.yAttributes["classes"] == .strings(["w", "x"]))
  }
}
