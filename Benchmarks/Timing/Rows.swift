import Benchmark
import Lockstep

/// How rows are found and collected, on one thread.
func rows() {
  let (samples, count) = (100_000, 1024)
  for shuffle in [Shuffle.full, .blocks(BlockShape(rowBytes: 512, count: 1 << 20)), .none] {
    measure(
      "order of \(count) of \(samples) rows, shuffle: \(shuffle.name)",
      (.thousands, amount: Double(count)), repetitions: .kilo
    ) {
      let order = EpochOrder(count: samples, seed: 0, epoch: 1, shuffle: shuffle)
      let indices = AlignedBuffer(repeating: 0, count: count)
      var start = 0
      return {
        order.copyRows(from: start, into: indices.elements)
        start = (start + count) % (samples - count)
      }
    }
  }
  for features in [2, 64, 784] {
    measure(
      "gather of \(count) shuffled rows of \(features) features",
      (.bytes, amount: Double(count * features * MemoryLayout<Float>.stride)),
      repetitions: features < 64 ? .kilo : .one
    ) {
      let x = AlignedBuffer<Float>(repeating: 1, count: samples * features)
      let rows = AlignedBuffer<Float>(repeating: 0, count: count * features)
      // The rows of a whole epoch, in its order.
      let indices = AlignedBuffer(repeating: 0, count: samples)
      EpochOrder(count: samples, seed: 0, epoch: 1, shuffle: .full).copyRows(from: 0, into: indices.elements)
      var start = 0
      return {
        Gather.rows(
          of: x.reading, width: features,
          indices: UnsafeBufferPointer(rebasing: indices.reading[start..<start + count]), to: rows.elements,
          variant: .current)
        start = (start + count) % (samples - count)
      }
    }
  }
}
