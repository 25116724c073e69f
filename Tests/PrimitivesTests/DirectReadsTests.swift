import Foundation
import Testing

@testable import Primitives

/// A file of so many bytes, byte i being i * 7 + i / 256, open for reading.
private final class OpenFile {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString)")
    .path
  let descriptor: Int32
  let bytes: [UInt8]

  init(_ count: Int) throws {
    bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    descriptor = open(path, O_RDONLY)
  }

  deinit {
    close(descriptor)
    unlink(path)
  }

  /// Not every file system of those on which tests run has such reads.
  static let areDirectReadsPossible: Bool = {
    guard let file = try? OpenFile(1) else { return false }
    return DirectReads(file.descriptor, depth: 1, bytes: 4096) != nil
  }()
}

@Suite("The system's cache")
struct SystemCacheTests {
  @Test(
    "has all of what was just written if it can be asked, and nothing behind its end or of what is no file")
  func contents() throws {
    let file = try OpenFile(5000)
    #expect(SystemCache.holds(file.descriptor, at: 0) == SystemCache.holds(file.descriptor, at: 4999))
    #expect(!SystemCache.holds(file.descriptor, at: 5000))
    #expect(!SystemCache.holds(-1, at: 0))
  }
}

@Suite("Reads past the cache", .enabled(if: OpenFile.areDirectReadsPossible))
struct DirectReadsTests {
  @Test("bring the bytes of the file, many under way at a time")
  func bytes() throws {
    let file = try OpenFile(200 * 4096)
    let reads = try #require(DirectReads(file.descriptor, depth: 100, bytes: 200 * 4096))
    // From the end to the beginning, two pages each.
    let wanted = (0..<100).map { index in
      DirectReads.Read(at: (198 - 2 * index) * 4096, into: 8192 * index..<8192 * (index + 1), tag: index)
    }
    #expect(reads.begin(wanted) == 100)
    var ended: [Int: Int] = [:]
    while ended.count < 100 { for end in reads.end() { ended[end.tag] = end.count } }
    for read in wanted {
      #expect(ended[read.tag] == 8192)
      #expect(reads.memory[read.place].elementsEqual(file.bytes[read.offset..<read.offset + 8192]))
    }
  }

  @Test("get less where the file ends, and nothing behind that")
  func end() throws {
    let file = try OpenFile(5000)
    let reads = try #require(DirectReads(file.descriptor, depth: 2, bytes: 16384))
    #expect(
      reads.begin([
        DirectReads.Read(at: 0, into: 0..<8192, tag: 0),
        DirectReads.Read(at: 8192, into: 8192..<16384, tag: 1),
      ]) == 2)
    var ended: [Int: Int] = [:]
    while ended.count < 2 { for end in reads.end() { ended[end.tag] = end.count } }
    #expect(ended == [0: 5000, 1: 0])
    #expect(reads.memory[..<5000].elementsEqual(file.bytes))
  }

  @Test("that are under way may be given up")
  func givenUp() throws {
    let file = try OpenFile(100 * 4096)
    for _ in 0..<20 {
      let reads = try #require(DirectReads(file.descriptor, depth: 25, bytes: 100 * 4096))
      let wanted = (0..<25).map {
        DirectReads.Read(at: $0 * 16384, into: $0 * 16384..<($0 + 1) * 16384, tag: $0)
      }
      #expect(reads.begin(wanted) == 25)
    }
  }
}
