import Primitives
import Testing

@testable import Datasets

@Suite("The order of blocks in an epoch")
struct BlockOrderTests {
  static let shape = BlockShape(blockRows: 8, windowBlocks: 4) ?? BlockShape(rowBytes: 1)

  func order(_ count: Int, seed: UInt64 = 5, epoch: Int = 2, shuffled: Bool = true) -> BlockOrder {
    BlockOrder(count: count, shape: Self.shape, seed: seed, epoch: epoch, shuffled: shuffled)
  }

  static let counts = [1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100, 1000, 1003]

  @Test("has each row in one block, and each block in one window", arguments: counts)
  func everyRowOnce(count: Int) {
    for epoch in 0..<20 {
      let order = order(count, epoch: epoch)
      var rows: [Int] = []
      for window in 0..<order.windows {
        let blocks = order.rows(ofWindow: window)
        #expect(
          order.positions(ofWindow: window) == rows.count..<rows.count + blocks.reduce(0) { $0 + $1.count })
        #expect(blocks.allSatisfy { $0.lowerBound % 8 == 0 && !$0.isEmpty })
        // Only the last one may be smaller.
        #expect(blocks.dropLast().allSatisfy { $0.count == 8 })
        for position in order.positions(ofWindow: window) { #expect(order.window(at: position) == window) }
        rows += blocks.flatMap { Array($0) }
      }
      #expect(rows.sorted() == Array(0..<count))
    }
  }

  @Test("puts the block that is not full anywhere")
  func raggedBlock() {
    let count = 1003
    let windows = (0..<400).map { epoch in
      let order = order(count, epoch: epoch)
      return (0..<order.windows).first { order.rows(ofWindow: $0).contains { $0.count == 3 } } ?? -1
    }
    // 126 places in windows of 4, the last window having 2: about 12.7 times each.
    let counts = (0..<32).map { window in windows.count { $0 == window } }
    #expect(counts.dropLast().allSatisfy { (1...35).contains($0) } && counts.reduce(0, +) == 400)
  }

  @Test("unshuffled is that of the file, in windows")
  func fileOrder() {
    let order = order(70, shuffled: false)
    #expect(order.windows == 3 && order.mixing(ofWindow: 0) == nil)
    #expect((0..<3).flatMap { order.rows(ofWindow: $0).flatMap { Array($0) } } == Array(0..<70))
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
    let shape = BlockShape(rowBytes: 12)
    let order = BlockOrder(count: 1 << 40 + 5, shape: shape, seed: 1, epoch: 1)
    let window = order.windows - 1
    let rows = order.rows(ofWindow: window)
    #expect(rows.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= 1 << 40 + 5 })
    #expect(order.window(at: order.positions(ofWindow: window).lowerBound) == window)
  }

  @Test("comes in sizes that are functions of a row's width")
  func standardShapes() {
    #expect(BlockShape(rowBytes: 12).windowRows == 262_144)
    #expect(BlockShape(rowBytes: 12).blockRows == 4096)
    #expect(BlockShape(rowBytes: 4 * 794).windowRows == 16_384)
    #expect(BlockShape(rowBytes: 1 << 30) == BlockShape(blockRows: 1, windowBlocks: 1))
    for bytes in [1, 255, 256, 257, 4096, 1 << 20] {
      let shape = BlockShape(rowBytes: bytes)
      #expect(shape.windowRows * bytes <= 64 << 20 && shape.windowRows <= 1 << 18)
      #expect(shape.windowRows * 2 * bytes > 64 << 20 || shape.windowRows == 1 << 18)
    }
    #expect(
      BlockShape(blockRows: 3, windowBlocks: 1) == nil && BlockShape(blockRows: 0, windowBlocks: 1) == nil)
    #expect(BlockShape(blockRows: 1 << 40, windowBlocks: 2) == nil)
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

  @Test("looked up is the same wherever one starts, and what the windows say", arguments: counts)
  func lookingUp(count: Int) {
    let blocks = order(count)
    let order = EpochOrder(count: count, seed: 5, epoch: 2, shuffle: .blocks(Self.shape))
    let whole = rows(order, pieces: count)
    for pieces in [1, 3, 32, 50] { #expect(rows(order, pieces: pieces) == whole) }
    #expect(whole.sorted() == Array(0..<count))
    for window in 0..<blocks.windows {
      let own = blocks.rows(ofWindow: window).flatMap { Array($0) }
      #expect(Set(whole[blocks.positions(ofWindow: window)]) == Set(own))
    }
    #expect(count < 33 || whole != Array(0..<count))
  }

  @Test("in a ring has the rows of each window block after block", arguments: counts)
  func ring(count: Int) {
    let blocks = order(count)
    let file = rows(EpochOrder(blocks, at: .file, variant: .current), pieces: 7)
    let ring = rows(EpochOrder(blocks, at: .ring(windows: 3, first: 2), variant: .current), pieces: 7)
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
      shuffle: .blocks(BlockShape(rowBytes: 512)))
    let all = rows(order, pieces: 1000)
    let means = stride(from: 0, to: count - 1000, by: 1000).map { start in
      Double(all[start..<start + 1000].reduce(0, +)) / 1000 / Double(count)
    }
    // 64 blocks to a window: its own mean is off by 0.289 / sqrt(64).
    #expect(means.allSatisfy { abs($0 - 0.5) < 5 * (0.0091 + 0.0361) })
  }
}
