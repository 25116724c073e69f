import Lockstep

/// Minibatches of a shuffled stream, as training takes them, until the time is over: whole windows of one epoch after the
/// other. Nothing is read before the clock runs.
func stream(_ path: String, threads: Int, byLibrary: Bool = false, limit: Duration) throws -> Pace {
  let file = try DatasetFile(DatasetLocation(file: path), byLibrary: byLibrary)
  let source = try FileRows<Float>(file, role: .values)
  let shape = BlockShape(rowBytes: source.rowBytes, count: source.count)
  let plan = SampleStream<Float>.Plan(
    shuffle: .blocks(shape), shape: shape, seed: 1, batchSize: Minibatch.rows, epochs: .max, budget: .max,
    threads: threads)
  let stream = try SampleStream(source, outputs: source.targets.columns, plan: plan)
  let minibatch = Minibatch(source.features)
  let team = WorkerTeam(count: threads)
  let clock = ContinuousClock()
  let start = clock.now
  var (rows, epoch) = (0, 0)
  while true {
    let order = stream.order(epoch)
    var position = 0
    while position < stream.count {
      let end = try window(of: stream, order, epoch: epoch, from: position, into: minibatch, team)
      rows += end - position
      position = end
      let time = clock.now - start
      if time >= limit { return Pace(rows: rows, time: time) }
    }
    epoch += 1
  }
}

/// Collects minibatches up to the end of a window, or a little further where one stretches over two.
private func window(
  of stream: SampleStream<Float>, _ order: EpochOrder, epoch: Int, from start: Int, into minibatch: Minibatch,
  _ team: WorkerTeam
) throws -> Int {
  var position = start
  var end = start
  repeat {
    let rows = min(Minibatch.rows, stream.count - position)
    if position + rows > end {
      end = try stream.require(epoch: epoch, from: position, rows: rows, crew: team)
    }
    minibatch.collect(order, from: position, count: rows, of: stream.ring)
    position += rows
  } while position < end
  return position
}

/// Where the rows of a minibatch are collected.
private struct Minibatch {
  static let rows = 1024
  private let features: Int
  private let indices = AlignedBuffer(repeating: 0, count: rows)
  private let x: AlignedBuffer<Float>
  private let y = AlignedBuffer<Float>(repeating: 0, count: rows)

  init(_ features: Int) {
    self.features = features
    x = AlignedBuffer(repeating: 0, count: Self.rows * features)
  }

  func collect(_ order: EpochOrder, from start: Int, count: Int, of ring: SampleRing<Float>) {
    let places = UnsafeMutableBufferPointer(rebasing: indices.elements[..<count])
    order.copyRows(from: start, into: places)
    let chosen = UnsafeBufferPointer(places)
    Gather.rows(
      of: UnsafeBufferPointer(ring.x.elements), width: features, indices: chosen,
      to: UnsafeMutableBufferPointer(rebasing: x.elements[..<(count * features)]), variant: .current)
    guard case .values(let values, columns: 1) = ring.targets else { preconditionFailure("one target a row") }
    Gather.rows(
      of: UnsafeBufferPointer(values.elements), width: 1, indices: chosen,
      to: UnsafeMutableBufferPointer(rebasing: y.elements[..<count]), variant: .current)
  }
}
