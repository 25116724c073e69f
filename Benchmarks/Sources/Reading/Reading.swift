import Foundation
import HDF5
import Lockstep

/// Reads rows of files for as long as it is told, one line of standard input after the other, and answers with lines of JSON:
/// `Benchmarks/Reading/run` compares the rates with those of others.
@main struct Reading {
  /// What is asked for: `MODE SECONDS FILE`.
  private struct Request {
    let mode: String
    let seconds: Double
    let file: String

    init?(_ line: String) {
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard words.count == 3, let seconds = Double(words[1]) else { return nil }
      (mode, self.seconds, file) = (words[0], seconds, words[2])
    }
  }

  static func main() throws {
    answer(#"{"versions": {"libhdf5": "\#(Library.version)"}}"#)
    while let line = readLine() {
      guard let request = Request(line) else { throw Misuse(line) }
      let pace = try measure(request)
      answer(#"{"rows": \#(pace.rows), "seconds": \#(pace.seconds)}"#)
    }
  }

  /// At once, though a pipe is no terminal.
  private static func answer(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  private static func measure(_ request: Request) throws -> Pace {
    let limit = Duration.seconds(request.seconds)
    switch request.mode {
    case "stream-1": return try stream(request.file, threads: 1, limit: limit)
    case "stream-2": return try stream(request.file, threads: 2, limit: limit)
    case "blocks-2": return try blocks(request.file, threads: 2, limit: limit)
    case "chunk-stream-2": return try stream(request.file, threads: 2, blocks: .chunks, limit: limit)
    case "library-stream": return try stream(request.file, threads: 1, reader: .library, limit: limit)
    case "library-blocks": return try blocks(request.file, limit: limit)
    default: throw Misuse(request.mode)
    }
  }
}

/// A request that is none.
struct Misuse: Error {
  let text: String

  init(_ text: String) { self.text = text }
}

/// How many rows were read in what time.
struct Pace {
  let rows: Int
  let seconds: Double

  init(rows: Int, time: Duration) {
    self.rows = rows
    seconds = time / .seconds(1)
  }
}
