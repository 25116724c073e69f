import Dispatch
import Synchronization
import Testing

@testable import Training

@Suite("The queue of a step's tiles") struct TileQueueTests {
  @Test("has nothing before tiles are offered") func empty() {
    let queue = TileQueue(workers: 2)
    for worker in 0..<2 { #expect(queue.take(of: worker, before: 100) == nil) }
  }

  @Test("hands out a worker's tiles in turn, whoever asks, until they end") func turns() {
    let queue = TileQueue(workers: 2)
    for _ in 0..<3 {
      queue.offer(first: 4, of: 1)
      for tile in 4..<7 { #expect(queue.take(of: 1, before: 7) == tile) }
      for _ in 0..<5 { #expect(queue.take(of: 1, before: 7) == nil) }
      #expect(queue.take(of: 0, before: 4) == nil)
    }
    queue.offer(first: 9, of: 0)
    #expect(queue.take(of: 0, before: 9) == nil)
  }

  @Test("hands out each tile once", arguments: [1, 2, 3, 8]) func once(workers: Int) {
    let (queue, tiles) = (TileQueue(workers: workers), 1000)
    let bounds = (0...workers).map { $0 * tiles / workers }
    let taken = Mutex<[Int]>([])
    for _ in 0..<20 {
      for worker in 0..<workers { queue.offer(first: bounds[worker], of: worker) }
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        var mine: [Int] = []
        for step in 0..<workers {
          let owner = (worker + step) % workers
          while let tile = queue.take(of: owner, before: bounds[owner + 1]) { mine.append(tile) }
        }
        taken.withLock { $0 += mine }
      }
      #expect(taken.withLock { $0.sorted() } == Array(0..<tiles))
      taken.withLock { $0 = [] }
    }
  }
}
