import Primitives
import Testing

@testable import Datasets

@Suite("The order of blocks in an epoch")
struct BlockOrderTests {
  static let shape = BlockShape(blockRows: 8, windowBlocks: 4) ?? BlockShape(rowBytes: 1, count: 0)

  /// The same windows, but of blocks of which two of them have rows each.
  static let shared = BlockShape(blockRows: 16, windowBlocks: 4, blockParts: 2) ?? shape

  func order(
    _ count: Int, _ shape: BlockShape = shape, seed: UInt64 = 5, epoch: Int = 2, shuffled: Bool = true
  ) -> BlockOrder {
    BlockOrder(count: count, shape: shape, seed: seed, epoch: epoch, shuffled: shuffled)
  }

  static let counts = [1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100, 1000, 1003]

  @Test("has each row in one window, in parts of blocks", arguments: counts, [shape, shared])
  func everyRowOnce(count: Int, shape: BlockShape) {
    for epoch in 0..<20 {
      let order = order(count, shape, epoch: epoch)
      let partRows = order.shape.partRows
      var rows: [Int] = []
      for window in 0..<order.windows {
        let parts = order.rows(ofWindow: window)
        #expect(
          order.positions(ofWindow: window) == rows.count..<rows.count + parts.reduce(0) { $0 + $1.count })
        #expect(!parts.isEmpty && parts.count <= shape.windowBlocks)
        #expect(parts.allSatisfy { $0.lowerBound % partRows == 0 && !$0.isEmpty })
        // Only the last one may be smaller.
        #expect(parts.dropLast().allSatisfy { $0.count == partRows })
        for position in order.positions(ofWindow: window) { #expect(order.window(at: position) == window) }
        rows += parts.flatMap { Array($0) }
      }
      #expect(rows.sorted() == Array(0..<count))
    }
  }

  @Test("deals the blocks of a group out to its windows, each one's first part being any", arguments: counts)
  func groups(count: Int) {
    var firstParts: [Int: Int] = [:]
    for epoch in 0..<20 {
      let order = order(count, Self.shared, epoch: epoch)
      for group in 0..<order.groups where order.shape.blockParts > 1 {
        let windows = order.windows(ofGroup: group)
        #expect(windows.allSatisfy { order.group(ofWindow: $0) == group } && windows.count == 2)
        let blocks = windows.map { window in order.rows(ofWindow: window).map { $0.lowerBound / 16 } }
        // The block that is not full may have nothing for the second window.
        #expect(blocks[0] == blocks[1] || blocks[0].dropLast() == blocks[1][...])
        for rows in order.rows(ofWindow: windows.lowerBound) {
          firstParts[rows.lowerBound / 8 % 2, default: 0] += 1
        }
      }
      // Groups are about equal: no window has but a few blocks.
      let sizes = (0..<order.windows).map { order.positions(ofWindow: $0).count }
      #expect(order.windows < 3 || (sizes.min() ?? 0) * 3 >= sizes.max() ?? 0)
    }
    if count > 100 { #expect(abs((firstParts[0] ?? 0) - (firstParts[1] ?? 0)) < count / 5) }
  }

  @Test("puts the block that is not full anywhere")
  func raggedBlock() {
    let count = 1003
    let windows = (0..<400).map { epoch in
      let order = order(count, epoch: epoch)
      return (0..<order.windows).first { order.rows(ofWindow: $0).contains { $0.count == 3 } } ?? -1
    }
    // 126 places in windows of 4, two of them having 3: about 12.7 times each.
    let counts = (0..<32).map { window in windows.count { $0 == window } }
    #expect(counts.dropLast().allSatisfy { (1...35).contains($0) } && counts.reduce(0, +) == 400)
  }

  @Test("unshuffled is that of the file, in windows")
  func fileOrder() {
    let order = order(70, shuffled: false)
    #expect(order.windows == 3 && order.mixing(ofWindow: 0) == nil)
    #expect((0..<3).flatMap { order.rows(ofWindow: $0).flatMap { Array($0) } } == Array(0..<70))
    let shared = self.order(70, Self.shared, shuffled: false)
    #expect((0..<3).map { shared.rows(ofWindow: $0) } == (0..<3).map { order.rows(ofWindow: $0) })
  }

  @Test("differs by epoch and by seed, and windows are mixed differently")
  func differs() {
    let one = order(1000)
    for other in [order(1000, epoch: 3), order(1000, seed: 6)] {
      #expect(one.rows(ofWindow: 0) != other.rows(ofWindow: 0))
      #expect(one.mixing(ofWindow: 0) != other.mixing(ofWindow: 0))
    }
    #expect(one.mixing(ofWindow: 0) != one.mixing(ofWindow: 1))
  }

  @Test("is as quick for 2^40 rows as for a few")
  func huge() {
    let shape = BlockShape(rowBytes: 12, count: 1 << 40)
    #expect(shape.blockParts == 8)
    let order = BlockOrder(count: 1 << 40 + 5, shape: shape, seed: 1, epoch: 1)
    let window = order.windows - 1
    let rows = order.rows(ofWindow: window)
    #expect(rows.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= 1 << 40 + 5 })
    #expect(order.window(at: order.positions(ofWindow: window).lowerBound) == window)
  }

  @Test("comes in sizes that are functions of the number and the width of rows")
  func standardShapes() {
    let sizes = [(12, 1 << 18), (12, 1 << 19), (12, 1 << 21), (12, 1 << 40), (260, 1 << 40), (36, 1 << 40)]
    let parts = sizes.map { BlockShape(rowBytes: $0.0, count: $0.1).blockParts }
    #expect(parts == [1, 2, 8, 8, 1, 2])
    let large = BlockShape(rowBytes: 12, count: 1 << 40)
    #expect(large.blockRows == 32_768 && large.windowRows == 262_144 && large.partRows == 4096)
    #expect(BlockShape(rowBytes: 12, count: 0).windowRows == 262_144)
    #expect(BlockShape(rowBytes: 12, count: 0).blockRows == 4096)
    #expect(BlockShape(rowBytes: 4 * 794, count: 0).windowRows == 16_384)
    #expect(BlockShape(rowBytes: 1 << 30, count: 0) == BlockShape(blockRows: 1, windowBlocks: 1))
    for bytes in [1, 255, 256, 257, 4096, 1 << 20] {
      let shape = BlockShape(rowBytes: bytes, count: 0)
      #expect(shape.windowRows * bytes <= 64 << 20 && shape.windowRows <= 1 << 18)
      #expect(shape.windowRows * 2 * bytes > 64 << 20 || shape.windowRows == 1 << 18)
    }
    #expect(
      BlockShape(blockRows: 3, windowBlocks: 1) == nil && BlockShape(blockRows: 0, windowBlocks: 1) == nil)
    #expect(BlockShape(blockRows: 1 << 40, windowBlocks: 2) == nil)
    #expect(BlockShape(blockRows: 8, windowBlocks: 2, blockParts: 2) == nil)
    #expect(BlockShape(blockRows: 2, windowBlocks: 9, blockParts: 4) == nil)
  }

  @Test("has windows of as many rows as there may be if there are few blocks")
  func fewBlocks() throws {
    let shape = try #require(BlockShape(blockRows: 64, windowBlocks: 64, blockParts: 8))
    for (count, windows) in [(1, 1), (64, 1), (65, 1), (512, 1), (513, 2), (1000, 2), (1025, 4), (4096, 8)] {
      let order = order(count, shape)
      #expect(order.windows == windows)
      #expect((0..<windows).allSatisfy { (1...512).contains(order.positions(ofWindow: $0).count) })
    }
  }

  @Test("of given sizes has windows of many blocks, dealt out if need be")
  func givenSizes() {
    #expect(
      BlockShape(blockRows: 64, windowRows: 6400) == BlockShape(blockRows: 64, windowBlocks: 100))
    #expect(
      BlockShape(blockRows: 64, windowRows: 192)
        == BlockShape(blockRows: 64, windowBlocks: 48, blockParts: 16))
    #expect(
      BlockShape(blockRows: 65_536, windowRows: 262_144)
        == BlockShape(blockRows: 65_536, windowBlocks: 64, blockParts: 16))
    #expect(
      BlockShape(blockRows: 4, windowRows: 8) == BlockShape(blockRows: 4, windowBlocks: 8, blockParts: 4))
    #expect(BlockShape(blockRows: 64, windowRows: 64) == BlockShape(blockRows: 64, windowBlocks: 1))
    for (block, window) in [(3, 9), (4, 6), (0, 4), (4, 0), (8, 4)] {
      #expect(BlockShape(blockRows: block, windowRows: window) == nil)
    }
  }

  /// What an epoch's order gives, looked up in pieces of some length.
  func rows(_ order: EpochOrder, pieces: Int) -> [Int] {
    var rows = [Int](repeating: -1, count: order.count)
    rows.withUnsafeMutableBufferPointer { rows in
      for start in stride(from: 0, to: order.count, by: pieces) {
        let end = min(start + pieces, order.count)
        order.copyRows(from: start, into: UnsafeMutableBufferPointer(rebasing: rows[start..<end]))
      }
    }
    return rows
  }

  @Test(
    "looked up is the same wherever one starts, and what the windows say", arguments: counts, [shape, shared])
  func lookingUp(count: Int, shape: BlockShape) {
    let blocks = order(count, shape)
    let order = EpochOrder(count: count, seed: 5, epoch: 2, shuffle: .blocks(shape))
    let whole = rows(order, pieces: count)
    for pieces in [1, 3, 32, 50] { #expect(rows(order, pieces: pieces) == whole) }
    #expect(whole.sorted() == Array(0..<count))
    for window in 0..<blocks.windows {
      let own = blocks.rows(ofWindow: window).flatMap { Array($0) }
      #expect(Set(whole[blocks.positions(ofWindow: window)]) == Set(own))
    }
    #expect(count < 33 || whole != Array(0..<count))
  }

  @Test("in a ring has the rows of each window block after block", arguments: counts, [shape, shared])
  func ring(count: Int, shape: BlockShape) {
    let blocks = order(count, shape)
    let file = rows(EpochOrder(blocks, at: .file, variant: .current), pieces: 7)
    let ring = rows(
      EpochOrder(blocks, at: .ring(windows: 3, windowRows: 32, first: 2), variant: .current), pieces: 7)
    for window in 0..<blocks.windows {
      let own = blocks.rows(ofWindow: window).flatMap { Array($0) }
      for position in blocks.positions(ofWindow: window) {
        let slot = ring[position] - (window + 2) % 3 * 32
        #expect(own.indices.contains(slot) && own[slot] == file[position])
      }
    }
  }

  @Test("mixes a sorted file so that a minibatch is like the whole")
  func mixing() {
    // Means of 1000 numbers of 0 ..< 2^20: one standard deviation is 0.0091 of the range.
    let count = 1 << 20
    let order = EpochOrder(
      count: count, seed: 1, epoch: 0,
      shuffle: .blocks(BlockShape(rowBytes: 512, count: 0)))
    let all = rows(order, pieces: 1000)
    let means = stride(from: 0, to: count - 1000, by: 1000).map { start in
      Double(all[start..<start + 1000].reduce(0, +)) / 1000 / Double(count)
    }
    // 64 blocks to a window: its own mean is off by 0.289 / sqrt(64).
    #expect(means.allSatisfy { abs($0 - 0.5) < 5 * (0.0091 + 0.0361) })
  }
}
