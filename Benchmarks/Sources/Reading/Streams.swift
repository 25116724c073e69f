import Lockstep

/// Who decompresses what a stream reads.
enum Reader {
  /// Lockstep.
  case own
  /// libhdf5: all numbers come through `H5Dread`.
  case library
}

/// How large the blocks of a stream's order are.
enum Blocks {
  /// As training chooses them, by the number and the size of the rows.
  case standard
  /// As large as the file's chunks, which is what `--block-rows` is for where these are much larger.
  case chunks
}

/// Minibatches of a shuffled stream, as training takes them, until the time is over: whole epochs, or by libhdf5, which keeps
/// nothing from one window to the next, whole windows. Nothing is read before the clock runs. The memory holds half of the rows:
/// what fits into it is not streamed.
func stream(
  _ path: String, threads: Int, reader: Reader = .own, blocks: Blocks = .standard, limit: Duration
) throws -> Pace {
  let file = try DatasetFile(DatasetLocation(file: path), byLibrary: reader == .library)
  let source = try FileRows<Float>(file, role: .values)
  let standard = BlockShape(rowBytes: source.rowBytes, count: source.count)
  let shape =
    switch blocks {
    case .standard: standard
    case .chunks:
      BlockShape(blockRows: source.preferredRows, windowRows: max(source.preferredRows, standard.windowRows))
    }
  guard let shape else { throw Misuse("chunks of \(source.preferredRows) rows make no blocks") }
  var plan = SampleStream<Float>.Plan(
    shuffle: .blocks(shape), shape: shape, seed: 1, batchSize: Minibatch.rows, epochs: .max, budget: 0,
    threads: threads)
  let least = plan.leastBytes(source.count, rowBytes: source.rowBytes)
  plan.budget = max(source.count * source.rowBytes / 2, Int(2 * least))
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
      if time >= limit, position == stream.count || reader == .library {
        return Pace(rows: rows, time: time)
      }
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
