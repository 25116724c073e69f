import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Datasets

@Suite("Parts of a file on their way")
struct StagedReadsTests {
  let folder: TemporaryFolder
  let descriptor: Int32
  let bytes: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 256) }
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file("bytes")))
    descriptor = open(folder.file("bytes"), O_RDONLY)
  }

  /// Not every file system of those on which tests run has such reads.
  static let arePossible: Bool = {
    guard let test = try? StagedReadsTests() else { return false }
    defer { close(test.descriptor) }
    return StagedReads(test.descriptor, runBytes: 1, bytes: 1 << 20) != nil
  }()

  /// Reads of parts of 1,000 bytes, so many at a time.
  func staged(_ count: Int) throws -> StagedReads {
    try #require(StagedReads(descriptor, runBytes: 1000, bytes: count * 8192))
  }

  func part(_ index: Int) -> Range<Int> { 1000 * index + 3..<1000 * (index + 1) }

  /// Whether the bytes are there, and right.
  func isThere(_ part: Range<Int>, _ staged: StagedReads) -> Bool {
    staged.withBytes(of: part) { $0.elementsEqual(bytes[part]) } ?? false
  }

  @Test("come whatever their number, in the order of their announcement", .enabled(if: arePossible))
  func inOrder() throws {
    defer { close(descriptor) }
    for cells in [4, 9, 50, 200] {
      let staged = try staged(cells)
      #expect(staged.bytes <= cells * 8192)
      for index in 0..<99 { staged.announce([part(index)]) }
      for index in 0..<99 { #expect(isThere(part(index), staged)) }
    }
  }

  @Test("come to several threads, each its own", .enabled(if: arePossible))
  func threads() throws {
    defer { close(descriptor) }
    let staged = try staged(8)
    for index in 0..<99 { staged.announce([part(index)]) }
    let right = Atomic(0)
    let wrong = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 3) { [bytes] thread in
      for index in stride(from: thread, to: 99, by: 3) {
        let part = 1000 * index + 3..<1000 * (index + 1)
        // One thread may be so far ahead of the others that there is no room for what it wants.
        guard let isRight = staged.withBytes(of: part, { $0.elementsEqual(bytes[part]) }) else { continue }
        if isRight { right.add(1, ordering: .relaxed) } else { wrong.add(1, ordering: .relaxed) }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0 && right.load(ordering: .relaxed) >= 8)
  }

  @Test(
    "that follow each other come at once, and their room is free when all were taken",
    .enabled(if: arePossible))
  func runs() throws {
    defer { close(descriptor) }
    let quarters = (0..<396).map { 250 * $0 + 3..<250 * ($0 + 1) + 3 }
    let staged = try staged(4)
    // Four to a read, and gaps after every eighth one.
    for start in stride(from: 0, to: 396, by: 9) { staged.announce(Array(quarters[start..<start + 8])) }
    // As if of each read one part were wanted at a time.
    for start in stride(from: 0, to: 396, by: 18) {
      for first in [start, start + 9] {
        for offset in [3, 7, 0, 4, 1, 5, 2, 6] { #expect(isThere(quarters[first + offset], staged)) }
      }
      #expect(!isThere(quarters[start], staged) && !isThere(quarters[start + 8], staged))
    }
    // Parts that are wanted before there is room for them are not lost to the others of their read.
    staged.announce(Array(quarters[..<16]) + [quarters[20], quarters[21]])
    #expect(!isThere(quarters[21], staged))
    for part in quarters[..<16] { #expect(isThere(part, staged)) }
    #expect(isThere(quarters[20], staged) && !isThere(quarters[21], staged))
  }

  @Test("are there once, if they were announced, and not before", .enabled(if: arePossible))
  func once() throws {
    defer { close(descriptor) }
    let staged = try staged(4)
    #expect(!isThere(part(0), staged))
    staged.announce([part(0)])
    #expect(!isThere(part(1), staged))
    // Part of a part is another one.
    #expect(!isThere(3..<10, staged))
    #expect(isThere(part(0), staged))
    #expect(!isThere(part(0), staged))
  }

  @Test("come as often as they were announced, and only as they were", .enabled(if: arePossible))
  func twice() throws {
    defer { close(descriptor) }
    let staged = try staged(6)
    for _ in 0..<50 {
      for index in [0, 1, 0] { staged.announce([part(index)]) }
      for index in [1, 0, 0] { #expect(isThere(part(index), staged)) }
      #expect(!isThere(part(0), staged))
    }
    staged.announce([part(3)])
    staged.announce([part(4)])
    // By now the first one has come, too.
    #expect(isThere(part(4), staged))
    #expect(!isThere(3003..<3010, staged) && !isThere(3003..<5000, staged))
    #expect(isThere(part(3), staged))
  }

  @Test(
    "come before their turn if they are wanted and there is room, and stop nothing if there is none",
    .enabled(if: arePossible))
  func beforeTheirTurn() throws {
    defer { close(descriptor) }
    let staged = try staged(16)
    for index in 0..<30 { staged.announce([part(index)]) }
    #expect(!isThere(part(25), staged))
    // The room of one part alone is not given to the next at once, since reads are begun several at a time.
    #expect(isThere(part(2), staged))
    #expect(isThere(part(29), staged))
    for index in 0..<29 where index != 2 && index != 25 { #expect(isThere(part(index), staged)) }
  }

  @Test("are not there if the file has become shorter", .enabled(if: arePossible))
  func shorter() throws {
    defer { close(descriptor) }
    let staged = try staged(4)
    truncate(folder.file("bytes"), 50_500)
    for index in [49, 50, 51] { staged.announce([part(index)]) }
    #expect(isThere(part(49), staged))
    #expect(!isThere(part(50), staged))
    #expect(!isThere(part(51), staged))
  }

  @Test("need room for several, and a file that is open")
  func refusal() throws {
    defer { close(descriptor) }
    #expect(StagedReads(descriptor, runBytes: 1000, bytes: 3 * 8192) == nil)
    #expect(StagedReads(descriptor, runBytes: 0, bytes: 1 << 20) == nil)
    #expect(StagedReads(-1, runBytes: 1000, bytes: 1 << 20) == nil)
  }
}
