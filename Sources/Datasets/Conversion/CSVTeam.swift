import Dispatch

/// Threads that work on the parts of a piece of text.
///
/// Which thread has which part does not matter: each part is parsed by itself, and parts are used in order.
struct CSVTeam {
  private let parser: CSVRowParser
  private let pool = Pool()

  init(_ parser: CSVRowParser) { self.parser = parser }

  /// Parses each text. The results are valid until the next call.
  func parse(_ texts: [UnsafeBufferPointer<UInt8>], threads: Int) -> [CSVPart] {
    let parts = pool.parts(texts.count)
    let work = Texts(texts)
    let parser = parser
    Self.run(texts.count, threads: threads) { parser.parse(work.texts[$0], into: parts[$0]) }
    return parts
  }

  /// The number of rows in the texts, for which each is whole rows.
  static func count(_ texts: [UnsafeBufferPointer<UInt8>], threads: Int) -> Int {
    let work = Texts(texts)
    let parts = texts.map { _ in Counter() }
    run(texts.count, threads: threads) { parts[$0].count = count(work.texts[$0]) }
    return parts.reduce(0) { $0 + $1.count }
  }

  private static func count(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var rows = 0
    var isQuoted = false
    var isBlank = true
    for byte in bytes {
      if byte == UInt8(ascii: "\n"), !isQuoted {
        if !isBlank { rows += 1 }
        isBlank = true
      } else if byte != UInt8(ascii: "\r") {
        isBlank = false
        if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      }
    }
    return isBlank ? rows : rows + 1
  }

  private static func run(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
    if threads == 1 {
      for index in 0..<count { body(index) }
    } else {
      let threads = min(threads, count)
      // As many iterations as threads, so that there are never more of them.
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        for index in stride(from: thread, to: count, by: threads) { body(index) }
      }
    }
  }

  /// Texts that threads only read, while the piece that they are parts of stays as it is.
  private struct Texts: @unchecked Sendable {
    let texts: [UnsafeBufferPointer<UInt8>]
    init(_ texts: [UnsafeBufferPointer<UInt8>]) { self.texts = texts }
  }

  /// A number that one thread writes.
  private final class Counter: @unchecked Sendable {
    var count = 0
  }

  /// Parts that are used again and again.
  private final class Pool {
    private var all: [CSVPart] = []

    func parts(_ count: Int) -> [CSVPart] {
      while all.count < count { all.append(CSVPart()) }
      return Array(all.prefix(count))
    }
  }
}
