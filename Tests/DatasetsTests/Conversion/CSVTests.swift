import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Comma-separated values")
struct CSVTests {
  let files: TextFolder

  init() throws { files = try TextFolder() }

  /// A text, and the features and targets in it.
  struct Case: CustomTestStringConvertible {
    var text: String
    var x: [Double]
    var y: [Double]
    var testDescription: String { text.debugDescription }
  }

  static let cases = [
    // RFC 4180, section 2, rules 1 to 7.
    Case(text: "1,2\r\n3,4\r\n", x: [1, 3], y: [2, 4]),
    Case(text: "1,2\r\n3,4", x: [1, 3], y: [2, 4]),
    Case(text: "a,b\r\n1,2\r\n3,4\r\n", x: [1, 3], y: [2, 4]),
    Case(text: "1,2,3\n4,5,6\n", x: [1, 2, 4, 5], y: [3, 6]),
    Case(text: "\"1\",\"2\"\r\n3,\"4\"\r\n", x: [1, 3], y: [2, 4]),
    Case(text: "\"a\r\nb\",\"c,d\"\r\n1,2\r\n", x: [1], y: [2]),
    Case(text: "\"a \"\"b\"\" c\",\"\"\"\"\r\n1,2\r\n", x: [1], y: [2]),
    // What the world adds to it.
    Case(text: "\u{FEFF}1,2\n3,4\n", x: [1, 3], y: [2, 4]),
    Case(text: "\u{FEFF}\"a\",b\n1,2\n", x: [1], y: [2]),
    Case(text: "\n\r\n1,2\n\n\r\n3,4\n\n", x: [1, 3], y: [2, 4]),
    Case(text: " 1 ,\t2 \n3, 4\n", x: [1, 3], y: [2, 4]),
    Case(text: "1\t2\n3\t4\n", x: [1, 3], y: [2, 4]),
    Case(text: "a;b,c;d\n1;2;3\n", x: [1, 2], y: [3]),
    Case(text: "\"a,b,c\";d\n1;2\n", x: [1], y: [2]),
    Case(text: "1,2", x: [1], y: [2]),
    Case(text: "-1.5e3,+.25\n", x: [-1500], y: [0.25]),
    Case(text: "\"\n\n\",b\n\n1,2\n", x: [1], y: [2]),
    Case(text: "\" 1\t\",2\r\n", x: [1], y: [2]),
  ]

  @Test("are read as RFC 4180 has it, wherever blocks end", arguments: cases)
  func wellFormed(_ example: Case) throws {
    for sizes in [CSVPieces.Sizes()] + awkwardSizes {
      for threads in [1, 3] {
        for skips in [false, true] {
          let options = options {
            $0.threads = threads
            $0.skipsInvalid = skips
          }
          let found = try files.rows(example.text, options, sizes: sizes)
          #expect(found.x == example.x && found.y == example.y && found.skipped == 0, "\(sizes)")
        }
      }
    }
  }

  @Test("are read in the same way however they are cut")
  func cuts() throws {
    var text = "\"first\nname\",b,\"text, \"\"quoted\"\"\",y\n"
    var expected = Gathered()
    for row in 0..<200 {
      let (a, b, y) = (Double(row) / 7, Double(row * row), Double(-row))
      text += row % 3 == 0 ? "\"\(a)\",\(b),\"some\n\"\"text\"\",\",\(y)\r\n" : "\(a),\(b),plain,\(y)\n"
      if row % 10 == 0 { text += "\r\n1,oops,,4\n" }
      expected.x += [a, b]
      expected.y.append(y)
      expected.rows += 1
      if row % 10 == 0 { expected.skipped += 1 }
    }
    for sizes in [CSVPieces.Sizes()] + awkwardSizes {
      for threads in [1, 2, 5] {
        let found = try files.rows(
          text,
          options {
            $0.text.features = ["0", "b"]
            $0.skipsInvalid = true
            $0.threads = threads
          }, sizes: sizes)
        #expect(found == expected, "\(sizes)")
      }
    }
  }

  /// A text, and what the message about it says.
  static let failures: [(text: String, place: String, words: [String])] = [
    ("a,b\n1,2\n3,x\n", "data.csv:3: column 1 (b)", ["\"x\"", "not a number", "--skip-invalid"]),
    ("1,2\n3,\n", "data.csv:2: column 1: the value is missing", ["\"\"", "--skip-invalid"]),
    ("1,2\nNA,4\n", "data.csv:2: column 0: the value is missing", ["\"NA\""]),
    ("1,2\n3,?\n", "data.csv:2: column 1: the value is missing", ["\"?\""]),
    ("1,2\n3,NaN\n", "data.csv:2: column 1: the value is missing", ["\"NaN\""]),
    ("1,2\n-inf,4\n", "data.csv:2: column 0: this is not a finite number", ["\"-inf\""]),
    ("1,2\n1e999,4\n", "data.csv:2: column 0: this is not a finite number in float64", ["\"1e999\""]),
    ("1,2\n3,4,5\n", "data.csv:2: the row has the wrong number of fields", ["found 3", "expected 2"]),
    ("1,2\n3\n", "data.csv:2: the row has the wrong number of fields", ["found 1", "expected 2"]),
    ("1,2\n \n", "data.csv:2", ["missing"]),
    ("1,2\n3,4\"\n", "data.csv:2: column 1: there is a quote inside", ["--delimiter"]),
    ("1,2\n3,\"4\"x\n", "data.csv:2: column 1: there is text after the closing quote", []),
    ("1,2\n3,\"4\n5,6\n", "data.csv:2: column 1: the quote is never closed", []),
    ("a,b\n\"3\n\n\",\"4\"x\n", "data.csv:4: column 1 (b): there is text after", []),
    ("a,b\n1,2\n\"\n\",x\n", "data.csv:3: column 0", ["not a number"]),
    ("1,2\r3,4\r", "data.csv:1: column 1: there is a carriage return", ["tr '"]),
    ("1,2\n3,4\r5\n", "data.csv:2: column 1: there is a carriage return", []),
    ("a,b\n1,2\0\n", "data.csv:2: column 1 (b): this is not a number", ["\"2\\0\""]),
    ("a;b\n1,5;2\n", "data.csv:2: column 0 (a): this is not a number", ["decimal point"]),
    ("", "data.csv: the file is empty", []),
    ("\n\r\n\n", "data.csv: the file is empty", []),
    ("\u{FEFF}", "data.csv: the file is empty", []),
    ("a,b\n", "data.csv: there are no rows", []),
    ("a,b", "data.csv: there are no rows", []),
    ("1\n2\n", "data.csv: no column is left for features", ["--no-targets"]),
  ]

  @Test("that cannot be taken say where and why, wherever blocks end", arguments: failures)
  func malformed(_ example: (text: String, place: String, words: [String])) throws {
    for sizes in [CSVPieces.Sizes()] + awkwardSizes {
      for threads in [1, 2] {
        let message = try #require(
          try files.message(example.text, options { $0.threads = threads }, sizes: sizes), "\(sizes)")
        #expect(message.hasPrefix(example.place), "\(sizes)")
        for word in example.words { #expect(message.contains(word), "\(message)") }
      }
    }
  }

  @Test("keep the rows that can be taken, if asked to")
  func skipping() throws {
    let found = try files.rows(
      "a,b\n1,2\n3,\n4\n5,6,7\nx,8\ninf,9\n\n10,11\n", options { $0.skipsInvalid = true })
    #expect(found.x == [1, 10] && found.y == [2, 11] && found.skipped == 5)
    // Where quotes are wrong, nobody knows where the next row begins.
    let broken = try files.message("1,2\n3,4\"\n5,6\n", options { $0.skipsInvalid = true })
    #expect(broken?.contains("data.csv:2") == true)
    let none = try files.message("a,b\nx,y\n", options { $0.skipsInvalid = true })
    #expect(none?.contains("no row is left") == true)
  }

  @Test("are rounded to the precision asked for")
  func precision() throws {
    let single = try files.rows("0.1,16777217\n", options { $0.precision = .float32 })
    #expect(single.x == [Double(Float(0.1))] && single.y == [16_777_216])
    let message = try files.message("1,2\n1e39,1\n", options { $0.precision = .float32 })
    #expect(message?.contains("float32") == true && message?.contains("--precision float64") == true)
  }

  @Test("may have fields of any length, and no quote without its partner up to the end")
  func hugeField() throws {
    let huge = String(repeating: "x,\n\"\"", count: 300_000)
    let text = "a,note,y\n1,\"\(huge)\",2\n3,\"\(huge)\",4\n"
    let found = try files.rows(text, options { $0.text.features = ["a"] })
    #expect(found.x == [1, 3] && found.y == [2, 4])
    let zeros = String(repeating: "0", count: 3_000_000)
    #expect(try files.rows("\(zeros)1.5,2\n", options { _ in }).x == [1.5])
    // An open quote does not make the program read a whole large file into memory.
    let open = "1,2\n3,\"4\n" + String(repeating: "5,6\n", count: 100_000)
    let sizes = CSVPieces.Sizes(block: 4096, part: 512, row: 50_000)
    let message = try files.message(open, options { _ in }, sizes: sizes)
    #expect(message?.hasPrefix("data.csv:2: column 1: the quote is never closed") == true)
    let long = try files.message(
      "1,2\n" + String(repeating: "3,", count: 40_000), options { $0.text.header = .no }, sizes: sizes)
    #expect(long?.contains("data.csv:2") == true)
  }
}

extension Gathered {
  init() {}
}
