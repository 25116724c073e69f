import Dispatch
import HDF5
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Datasets

@Suite("A stream of samples")
struct SampleStreamTests {
  let folder: TemporaryFolder
  let location: DatasetLocation
  static let shape = BlockShape(blockRows: 16, windowBlocks: 4) ?? BlockShape(rowBytes: 1, count: 0)
  /// Windows as large, but blocks of which two windows have rows.
  static let shared = BlockShape(blockRows: 32, windowBlocks: 4, blockParts: 2) ?? shape

  init() throws {
    folder = try TemporaryFolder()
    location = DatasetLocation(file: folder.file("d.h5"))
  }

  /// A file in which each row has its number for a feature and for a target.
  func write(_ rows: Int, options: DatasetOptions = DatasetOptions()) throws {
    try writeFile(location.file) { file in
      let x = try file.createDataset("x", shape: [rows, 1], type: Float.elementType, options: options)
      try x.write(from: (0..<rows).map { Float($0) })
      _ = try file.createDataset("y", (0..<rows).map { Int32($0) })
    }
  }

  func source() throws -> FileRows<Float> { try FileRows(try DatasetFile(location), role: .labels) }

  func plan(
    _ shuffle: Shuffle = .blocks(shape), batch: Int, windows: Int = 3, threads: Int = 2,
    pastCache: Bool = false
  ) -> SampleStream<Float>.Plan {
    let shape = if case .blocks(let shape) = shuffle { shape } else { Self.shared }
    return SampleStream<Float>.Plan(
      shuffle: shuffle, shape: shape, seed: 8, batchSize: batch, epochs: 3,
      budget: windows * 64 * 8 + (pastCache ? 1 << 18 : 0), threads: threads, pastCache: pastCache)
  }

  /// The rows of some epochs as minibatches would see them, by features and by targets.
  func rows(_ stream: SampleStream<Float>, batch: Int, epochs: Range<Int>, from first: Int = 0) throws
    -> [[Int]]
  {
    var result: [[Int]] = []
    for epoch in epochs {
      var rows: [Int] = []
      var start = epoch == epochs.lowerBound ? first : 0
      while start < stream.count {
        let count = min(batch, stream.count - start)
        let end = try stream.require(epoch: epoch, from: start, rows: count, crew: Threads(count: 2))
        #expect(end >= start + count)
        var places = [Int](repeating: -1, count: count)
        places.withUnsafeMutableBufferPointer { stream.order(epoch).copyRows(from: start, into: $0) }
        guard case .labels(let labels) = stream.ring.targets else { return [] }
        for place in places {
          #expect(stream.ring.x.elements[place] == Float(labels.elements[place]))
          rows.append(Int(labels.elements[place]))
        }
        start += count
      }
      result.append(rows)
    }
    return result
  }

  /// What the same orders give where all rows are at hand.
  func expected(_ count: Int, _ shuffle: Shuffle = .blocks(shape), epochs: Range<Int>) -> [[Int]] {
    epochs.map { epoch in
      var rows = [Int](repeating: -1, count: count)
      rows.withUnsafeMutableBufferPointer {
        EpochOrder(count: count, seed: 8, epoch: epoch, shuffle: shuffle).copyRows(from: 0, into: $0)
      }
      return rows
    }
  }

  @Test(
    "gives the rows in the order that it would be if all were at hand",
    arguments: [1, 15, 64, 65, 200, 1003], [1, 7, 64, 130])
  func order(count: Int, batch: Int) throws {
    try write(count)
    for (shape, windows, threads) in [(Self.shape, 3, 1), (Self.shared, 3, 2), (Self.shape, 9, 3)] {
      let batch = min(batch, count)
      let stream = try SampleStream(
        source(), outputs: count,
        plan: plan(
          .blocks(shape), batch: batch, windows: windows + (batch > 64 ? 3 : 1), threads: threads))
      #expect(
        try rows(stream, batch: batch, epochs: 0..<3) == expected(count, .blocks(shape), epochs: 0..<3))
    }
  }

  @Test(
    "gives the same rows if it reads past the system's cache, where it can",
    arguments: [1, 16, 64, 65, 1003], [Shuffle.blocks(shape), .blocks(shared), .none])
  func pastCache(count: Int, shuffle: Shuffle) throws {
    try write(count)
    // With less memory, parts of blocks are read by themselves.
    for bytes in [1 << 18, 1 << 16] {
      var plan = plan(shuffle, batch: min(7, count), pastCache: true)
      plan.budget = 4 * 64 * 8 + bytes
      let stream = try SampleStream(source(), outputs: count, plan: plan)
      #expect(stream.isPastCache == StagedReadsTests.arePossible)
      #expect(
        try rows(stream, batch: min(7, count), epochs: 0..<3) == expected(count, shuffle, epochs: 0..<3))
      let all = expected(count, shuffle, epochs: 1..<3)
      for first in [count / 2, count - 1] {
        let late = try SampleStream(source(), outputs: count, plan: plan)
        #expect(
          try rows(late, batch: min(7, count), epochs: 1..<3, from: first) == [
            Array(all[0][first...]), all[1],
          ])
      }
    }
  }

  @Test("has room for minibatches that reach over a window that lacks rows, in as little memory as it takes")
  func raggedWindows() throws {
    for count in [193, 200, 305, 321] {
      try write(count)
      for batch in [1, 2, 49, 50, 51, 64, 65, 66, 114, 115] {
        for shuffle in [Shuffle.blocks(Self.shape), .blocks(Self.shared)] {
          var plan = plan(shuffle, batch: batch)
          plan.budget = plan.windowsAtOnce(count) * 64 * 8
          let stream = try SampleStream(source(), outputs: count, plan: plan)
          #expect(
            try rows(stream, batch: batch, epochs: 0..<3) == expected(count, shuffle, epochs: 0..<3))
        }
      }
      folder.remove("d.h5")
    }
  }

  @Test("reads compressed files through the cache")
  func compressedPastCache() throws {
    try write(400, options: DatasetOptions(layout: .chunked([16, 1]), deflate: 1))
    let stream = try SampleStream(source(), outputs: 400, plan: plan(batch: 7, pastCache: true))
    #expect(!stream.isPastCache)
    #expect(try rows(stream, batch: 7, epochs: 0..<2) == expected(400, epochs: 0..<2))
  }

  @Test("gives them in the file's order if they are not shuffled")
  func fileOrder() throws {
    try write(500)
    let stream = try SampleStream(source(), outputs: 500, plan: plan(.none, batch: 30))
    #expect(try rows(stream, batch: 30, epochs: 0..<2) == [Array(0..<500), Array(0..<500)])
  }

  @Test("begins anywhere, and goes on beyond the epochs that it was told of")
  func seeking() throws {
    try write(1003)
    let stream = try SampleStream(source(), outputs: 1003, plan: plan(batch: 10))
    let all = expected(1003, epochs: 1..<5)
    #expect(try rows(stream, batch: 10, epochs: 1..<5, from: 730) == [Array(all[0][730...])] + all[1...])
  }

  @Test("reads compressed files whose chunks are no blocks")
  func chunks() throws {
    for chunk in [1, 10, 16, 100, 5000] {
      let folder = try TemporaryFolder()
      let test = SampleStreamTests(folder)
      try test.write(
        400,
        options: DatasetOptions(layout: .chunked([chunk, 1]), deflate: 1, shuffle: true, fletcher32: true))
      for (shape, bytes) in [(Self.shape, 0), (Self.shared, 0), (Self.shared, 1000), (Self.shared, 1 << 20)] {
        var plan = plan(.blocks(shape), batch: 7)
        plan.budget += bytes
        let stream = try SampleStream(test.source(), outputs: 400, plan: plan)
        let all = expected(400, .blocks(shape), epochs: 0..<3)
        #expect(try rows(stream, batch: 7, epochs: 0..<3) == all)
        let late = try SampleStream(test.source(), outputs: 400, plan: plan)
        #expect(try rows(late, batch: 7, epochs: 1..<3, from: 201) == [Array(all[1][201...]), all[2]])
      }
    }
  }

  @Test(
    "tells ahead which rows it will want, an epoch of them in the end, in the order in which it does",
    arguments: [1, 3])
  func announcements(threads: Int) throws {
    for shape in [Self.shape, Self.shared] {
      let source = TellingRows(count: 10_003)
      var plan = plan(.blocks(shape), batch: 64, threads: threads)
      plan.budget = 10 * 64 * source.rowBytes
      let stream = try SampleStream(source, outputs: 1, plan: plan)
      #expect(stream.roomForChunks == (10 - stream.ring.slots) * 64 * source.rowBytes)
      for epoch in 0..<3 {
        var start = 0
        while start < stream.count {
          start = try stream.require(
            epoch: epoch, from: start, rows: min(64, stream.count - start), crew: Threads(count: 2))
        }
      }
      let (told, read, ahead) = source.log.withLock { ($0.told, $0.read, $0.ahead) }
      #expect(told.count > 3 * 300 && told.count == read.count)
      let group = shape.windowBlocks * shape.blockParts
      let (places, times) = (
        Dictionary(grouping: told.indices) { told[$0] }, Dictionary(grouping: read.indices) { read[$0] }
      )
      for (range, places) in places {
        let times = try #require(times[range])
        #expect(
          zip(places, times).allSatisfy { abs($0 - $1) < group } && places.count == 3 && times.count == 3)
      }
      let most = ahead.max() ?? 0
      #expect(ahead.allSatisfy { $0 > 0 } && ahead[0] >= group && ahead[0] <= told.count / 5)
      #expect(most >= told.count / 3 - group && most <= told.count / 3 + 5 * group)
    }
  }

  @Test("leaves out what a split keeps aside", arguments: [0.01, 0.3, 0.95])
  func split(fraction: Double) throws {
    try write(1003)
    let split = try Split(count: 1003, validationFraction: fraction, seed: 2)
    let kept = (0..<1003).filter { !split.isValidation($0) }
    for (pastCache, stride, shape) in [
      (false, 16, Self.shape), (false, 16, Self.shared), (true, 16, Self.shape), (true, 16, Self.shared),
      (true, 4, Self.shape),
      (true, 1, Self.shared),
    ] {
      let shuffle = Shuffle.blocks(shape)
      let all = expected(kept.count, shuffle, epochs: 0..<2).map { $0.map { kept[$0] } }
      let source = KeptRows(try source(), split: split, stride: stride)
      #expect(source.count == kept.count)
      let stream = try SampleStream(
        source, outputs: 1003, plan: plan(shuffle, batch: 5, windows: 4, pastCache: pastCache))
      #expect(try rows(stream, batch: 5, epochs: 0..<2) == all)
    }
  }

  @Test("has the rows on either side of a split, in order", arguments: [0.01, 0.4, 0.99])
  func sides(fraction: Double) throws {
    try write(1003)
    let split = try Split(count: 1003, validationFraction: fraction, seed: 2)
    for (side, stride) in [(KeptRows<Float>.Side.training, 16), (.validation, 1), (.validation, 7)] {
      let source = KeptRows(try source(), split: split, stride: stride, side: side)
      let wanted = (0..<1003).filter { split.isValidation($0) == (side == .validation) }
      #expect(source.count == wanted.count)
      let rows = ReadRows(source, wanted.count)
      let reader = try source.makeReader()
      // In pieces that begin and end anywhere.
      var start = 0
      while start < wanted.count {
        let piece = start..<min(start + 11, wanted.count)
        try reader.read(piece, into: rows.place.part(piece, of: wanted.count))
        start = piece.upperBound
      }
      #expect(rows.labels.array.map { Int($0) } == wanted)
    }
  }

  @Test("says what it needs if the budget does not hold it, and that a full shuffle needs everything")
  func budget() throws {
    try write(1003)
    func failure(_ plan: SampleStream<Float>.Plan) -> LockstepError? {
      do {
        _ = try SampleStream(source(), outputs: 1003, plan: plan)
        return nil
      } catch {
        return error as? LockstepError
      }
    }
    // A minibatch of two rows may lie in two windows.
    #expect(failure(plan(batch: 1, windows: 1)) == nil)
    let small = failure(plan(batch: 2, windows: 1))
    #expect(
      small?.kind == .memory && small?.subject == "--memory-budget" && small?.expected == "at least 1024")
    #expect(small?.found == "512 bytes")
    var shared = plan(batch: 2, windows: 2)
    shared.spent = 10
    #expect(failure(shared)?.found == "1024 bytes; validation rows and readers take 10")
    #expect(failure(shared)?.expected == "at least 1034")
    #expect(failure(shared)?.remedy?.contains("--window-rows") == true)
    shared.shuffle = .none
    #expect(failure(shared)?.remedy?.contains("--window-rows") == false)
    // One window may be shorter by a block, and by fifteen rows more where the data end.
    #expect(failure(plan(batch: 34, windows: 2)) == nil)
    #expect(failure(plan(batch: 35, windows: 2))?.expected == "at least 1536")
    #expect(failure(plan(.full, batch: 2))?.kind == .configuration)
  }

  @Test("tells what it cannot read, the first of it, whatever the threads", arguments: [1, 2, 3])
  func damage(threads: Int) throws {
    for pastCache in [false, true] {
      try write(1003)
      let plan = plan(batch: 10, threads: threads, pastCache: pastCache)
      try damage(plan)
      folder.remove("d.h5")
    }
  }

  @Test("notices a change while the last window is read")
  func changeAtTheEnd() throws {
    try write(50)
    let stream = try SampleStream(ChangingRows(source()), outputs: 50, plan: plan(batch: 10))
    let error = #expect(throws: LockstepError.self) { _ = try rows(stream, batch: 10, epochs: 0..<1) }
    #expect(error?.problem == "changed while it was read")
  }

  private func damage(_ plan: SampleStream<Float>.Plan) throws {
    let stream = try SampleStream(source(), outputs: 500, plan: plan)
    let error = #expect(throws: LockstepError.self) { _ = try rows(stream, batch: 10, epochs: 0..<1) }
    #expect(error?.kind == .badData && error?.subject == location.yName)
    let shrunk = try SampleStream(source(), outputs: 1003, plan: plan)
    _ = try shrunk.require(epoch: 0, from: 0, rows: 10, crew: Threads(count: 1))
    try folder.change("d.h5") { $0.removeLast(3000) }
    let second = #expect(throws: LockstepError.self) { _ = try rows(shrunk, batch: 10, epochs: 0..<1) }
    #expect(second?.kind == .inputOutput && second?.problem == "the file became shorter while it was read")
  }
}

/// Rows that change once somebody has looked whether they have.
private final class ChangingRows: RowSource {
  private let source: FileRows<Float>
  private let hasLooked = Atomic(false)

  init(_ source: FileRows<Float>) { self.source = source }

  var count: Int { source.count }
  var features: Int { source.features }
  var targets: TargetShape { source.targets }
  var names: (x: String, y: String) { source.names }

  func makeReader() throws(LockstepError) -> any RowReading<Float> { try source.makeReader() }

  func requireUnchanged() throws(LockstepError) {
    if hasLooked.exchange(true, ordering: .relaxed) {
      throw LockstepError(.inputOutput, names.x, "changed while it was read")
    }
  }
}

/// Wide rows in chunks, that note which of them were announced and which were read, and have no numbers.
private final class TellingRows: RowSource {
  /// What was announced and what was read, in that order; and how much more of the former there was with each of the latter.
  let log = Mutex((told: [Range<Int>](), read: [Range<Int>](), ahead: [Int]()))
  let count: Int
  let features = 4096
  let targets = TargetShape.values(columns: 1)
  let names = (x: "x", y: "y")
  let preferredRows = 50

  init(count: Int) { self.count = count }

  func keepingChunks(bytes: Int) -> (any RowSource<Float>)? { self }

  func willRead(_ ranges: [Range<Int>], _ part: RowPart) { log.withLock { $0.told += ranges } }

  func makeReader() throws(LockstepError) -> any RowReading<Float> { Reader(self) }

  func requireUnchanged() throws(LockstepError) {}

  private final class Reader: RowReading {
    private let rows: TellingRows

    init(_ rows: TellingRows) { self.rows = rows }

    func read(_ rows: Range<Int>, into block: RowPlace<Float>) throws(LockstepError) {
      self.rows.log.withLock { log in
        log.ahead.append(log.told.count - log.read.count)
        log.read.append(rows)
      }
    }
  }
}

/// A crew that is put together for each job.
private struct Threads: Crew {
  let count: Int

  func run(_ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      // `concurrentPerform` returns when all are done with it.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: count) { body($0) }
    }
  }
}

extension SampleStreamTests {
  init(_ folder: TemporaryFolder) {
    self.folder = folder
    location = DatasetLocation(file: folder.file("d.h5"))
  }
}
