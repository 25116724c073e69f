import Dispatch
import HDF5
import Primitives

extension DatasetWriter {
  /// The bytes of rows made at a time for chunked datasets, twice.
  private static var blockBytes: Int { 4 << 20 }

  /// Writes all rows by libhdf5 on this thread, making the next ones meanwhile.
  func writeChunks(
    x: borrowing Dataset, y: borrowing Dataset, threads: Int, progress: (Int) -> Void
  ) throws(HDF5Error) {
    let most = max(1, Self.blockBytes / (featureRowBytes + targetRowBytes))
    // Whole chunks, so that none is compressed twice.
    var blockRows = most
    if case .chunked(let chunk) = x.layout { blockRows = max(1, most / chunk[0]) * chunk[0] }
    blockRows = min(blockRows, rows)
    var filling = RowBlock<Element>(generator, capacity: blockRows)
    var writing = RowBlock<Element>(generator, capacity: blockRows)
    filling.fill(from: 0, count: blockRows, threads: threads)
    var start = 0
    while start < rows {
      swap(&filling, &writing)
      let next = start + writing.count
      let upcoming = filling
      let group = DispatchGroup()
      if next < rows {
        let count = min(blockRows, rows - next)
        DispatchQueue.global().async(group: group) {
          upcoming.fill(from: next, count: count, threads: threads)
        }
      }
      defer { group.wait() }
      try x.write(.rows(start..<next), from: writing.filledX)
      switch writing.filledTargets {
      case .values(let values): try y.write(.rows(start..<next), from: UnsafeBufferPointer(values))
      case .labels(let labels): try y.write(.rows(start..<next), from: UnsafeBufferPointer(labels))
      }
      start = next
      progress(start)
    }
  }
}
