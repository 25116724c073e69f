import Datasets
import Testing

@Suite("The order of rows in an epoch")
struct EpochOrderTests {
  func rows(
    count: Int, seed: UInt64, epoch: Int, shuffle: Shuffle = .full, from start: Int = 0, _ length: Int
  )
    -> [Int]
  {
    var rows = [Int](repeating: -1, count: length)
    rows.withUnsafeMutableBufferPointer {
      EpochOrder(count: count, seed: seed, epoch: epoch, shuffle: shuffle)
        .copyRows(from: start, into: $0)
    }
    return rows
  }

  @Test("takes every row once", arguments: [1, 2, 3, 64, 1000, 4097])
  func everyRowOnce(count: Int) {
    #expect(rows(count: count, seed: 5, epoch: 3, count).sorted() == Array(0..<count))
  }

  @Test("without shuffling is that of the file")
  func fileOrder() {
    #expect(rows(count: 10, seed: 1, epoch: 7, shuffle: .none, from: 4, 5) == [4, 5, 6, 7, 8])
  }

  @Test("is the same wherever one starts to read it")
  func seek() {
    let whole = rows(count: 1000, seed: 9, epoch: 2, 1000)
    for start in [0, 1, 17, 999] {
      #expect(rows(count: 1000, seed: 9, epoch: 2, from: start, 1000 - start) == Array(whole[start...]))
    }
  }

  @Test("differs by epoch and by seed")
  func differs() {
    let one = rows(count: 1000, seed: 9, epoch: 2, 1000)
    #expect(one != rows(count: 1000, seed: 9, epoch: 3, 1000))
    #expect(one != rows(count: 1000, seed: 10, epoch: 2, 1000))
    #expect(one == rows(count: 1000, seed: 9, epoch: 2, 1000))
  }
}
