import Dispatch
import HDF5
import Lockstep
import Synchronization

/// Blocks of 65,536 rows in the order of the file by Lockstep's readers, each thread with one and its own memory: what its way
/// to read gives before anything is shuffled.
func blocks(_ path: String, threads: Int, limit: Duration) throws -> Pace {
  let source = try FileRows<Float>(try DatasetFile(DatasetLocation(file: path)), role: .values)
  let most = 65536
  let count = (source.count + most - 1) / most
  let memory = try (0..<threads).map { _ in
    try Lane(source, rows: min(most, source.count))
  }
  let next = Atomic(0)
  let rows = Atomic(0)
  let clock = ContinuousClock()
  let start = clock.now
  DispatchQueue.concurrentPerform(iterations: threads) { thread in
    repeat {
      let block = next.add(1, ordering: .relaxed).oldValue % count
      let part = block * most..<min((block + 1) * most, source.count)
      memory[thread].read(part)
      rows.add(part.count, ordering: .relaxed)
    } while clock.now - start < limit
  }
  return Pace(rows: rows.load(ordering: .relaxed), time: clock.now - start)
}

/// One thread's reader and memory: nobody else uses them.
private final class Lane: @unchecked Sendable {
  private let reader: any RowReading<Float>
  private let features: Int
  private let x: AlignedBuffer<Float>
  private let y: AlignedBuffer<Float>

  init(_ source: FileRows<Float>, rows: Int) throws {
    reader = try source.makeReader()
    features = source.features
    x = AlignedBuffer(repeating: 0, count: rows * features)
    y = AlignedBuffer(repeating: 0, count: rows)
  }

  func read(_ rows: Range<Int>) {
    let place = RowPlace(
      x: UnsafeMutableBufferPointer(rebasing: x.elements[..<(rows.count * features)]),
      targets: .values(UnsafeMutableBufferPointer(rebasing: y.elements[..<rows.count])))
    do { try reader.read(rows, into: place) } catch { fatalError("\(error)") }
  }
}

/// Blocks of 65,536 rows in the order of the file, each read by one `H5Dread` of features and one of targets into the same
/// memory again and again, until the time is over. What libhdf5 does best: nothing is shuffled, no chunk is decoded twice.
func blocks(_ path: String, limit: Duration) throws -> Pace {
  let most = 65536
  let file = try File(opening: path)
  let x = try file.openDataset("/x")
  let y = try file.openDataset("/y")
  let (count, features) = (x.shape[0], x.shape[1])
  let xs = AlignedBuffer<Float>(repeating: 0, count: most * features)
  let ys = AlignedBuffer<Float>(repeating: 0, count: most)
  let clock = ContinuousClock()
  let start = clock.now
  var (rows, row) = (0, 0)
  while true {
    let block = row..<min(row + most, count)
    try x.read(
      .rows(block), into: UnsafeMutableBufferPointer(rebasing: xs.elements[..<(block.count * features)]))
    try y.read(.rows(block), into: UnsafeMutableBufferPointer(rebasing: ys.elements[..<block.count]))
    rows += block.count
    row = block.upperBound == count ? 0 : block.upperBound
    let time = clock.now - start
    if time >= limit { return Pace(rows: rows, time: time) }
  }
}
