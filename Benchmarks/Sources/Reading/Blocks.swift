import HDF5
import Lockstep

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
