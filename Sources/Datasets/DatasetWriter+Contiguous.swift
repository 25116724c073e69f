import Dispatch
import HDF5
import Primitives
import Synchronization

/// Where the numbers of contiguous datasets begin in the file.
struct ContiguousLayout: Sendable {
  let x: Int
  let y: Int

  init?(x: Int?, y: Int?) {
    guard let x, let y else { return nil }
    self.x = x
    self.y = y
  }
}

extension DatasetWriter {
  /// Puts all rows where they belong in a file that libhdf5 has laid out and closed.
  ///
  /// Threads take blocks of rows in turn, make one and write it by a call of the system: libhdf5, one lock as a whole, has
  /// no part in it. Which thread takes which block does not show in the file.
  func fill(
    _ path: String, _ layout: ContiguousLayout, threads: Int, progress: (Int) -> Void
  ) throws(LockstepError) {
    let file = try RandomAccessFile(path)
    let queue = BlockQueue(rows: rows, blockRows: blockRows)
    let (generator, featureRowBytes, targetRowBytes) = (generator, featureRowBytes, targetRowBytes)
    let workers = min(threads, queue.blocks)
    for _ in 0..<workers {
      DispatchQueue.global().async {
        let block = RowBlock<Element>(generator, capacity: queue.blockRows)
        while let rows = queue.next() {
          block.fill(from: rows.lowerBound, count: rows.count, threads: 1)
          let outcome = Result { () throws(LockstepError) in
            try file.write(
              UnsafeRawBufferPointer(block.filledX), at: layout.x + rows.lowerBound * featureRowBytes)
            try file.write(
              block.filledTargets.bytes, at: layout.y + rows.lowerBound * targetRowBytes)
          }
          queue.finish(rows, outcome)
        }
        queue.leave()
      }
    }
    try queue.wait(for: workers, progress: progress)
    try file.sync()
  }

  /// The rows that a thread makes at a time: about a mebibyte, which stays in the core's cache until it is written.
  private var blockRows: Int { min(rows, max(1, (1 << 20) / (featureRowBytes + targetRowBytes))) }
}

extension TargetRows {
  /// The bytes as they are stored.
  fileprivate var bytes: UnsafeRawBufferPointer {
    switch self {
    case .values(let values): UnsafeRawBufferPointer(values)
    case .labels(let labels): UnsafeRawBufferPointer(labels)
    }
  }
}

/// Deals blocks of rows out to threads, and tells one more thread what became of them.
private final class BlockQueue: Sendable {
  private struct State {
    var start = 0
    var written = 0
    var workersLeft = 0
    var failure: LockstepError?
  }

  let blockRows: Int
  private let rows: Int
  private let state = Mutex(State())
  private let changed = DispatchSemaphore(value: 0)

  init(rows: Int, blockRows: Int) {
    self.rows = rows
    self.blockRows = blockRows
  }

  var blocks: Int { (rows - 1) / blockRows + 1 }

  /// The next rows to be written, in ascending order; nil if there are none left, or if some could not be written.
  func next() -> Range<Int>? {
    state.withLock { state in
      guard state.failure == nil, state.start < rows else { return nil }
      let end = state.start + min(blockRows, rows - state.start)
      defer { state.start = end }
      return state.start..<end
    }
  }

  /// To be called when rows are written, or cannot be.
  func finish(_ rows: Range<Int>, _ outcome: Result<Void, LockstepError>) {
    state.withLock { state in
      switch outcome {
      case .success: state.written += rows.count
      case .failure(let error): state.failure = state.failure ?? error
      }
    }
    changed.signal()
  }

  /// To be called by a thread that takes no more.
  func leave() {
    state.withLock { $0.workersLeft += 1 }
    changed.signal()
  }

  /// Waits until so many threads have left; throws the first failure of any.
  func wait(for workers: Int, progress: (Int) -> Void) throws(LockstepError) {
    var told = 0
    while true {
      changed.wait()
      let (written, left, failure) = state.withLock { ($0.written, $0.workersLeft, $0.failure) }
      if failure == nil, written > told {
        told = written
        progress(written)
      }
      if left == workers {
        if let failure { throw failure }
        return
      }
    }
  }
}
