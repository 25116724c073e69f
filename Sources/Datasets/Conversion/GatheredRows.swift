import HDF5
import Primitives

/// Numbers on their way into one dataset, in the type that they are stored in.
enum NumberBuffer {
  case float(AlignedBuffer<Float>)
  case double(AlignedBuffer<Double>)
  case int32(AlignedBuffer<Int32>)
  case int64(AlignedBuffer<Int64>)

  init(_ precision: Precision, count: Int) {
    switch precision {
    case .float32: self = .float(AlignedBuffer(repeating: 0, count: count))
    case .float64: self = .double(AlignedBuffer(repeating: 0, count: count))
    }
  }

  init(integerBits bits: Int, count: Int) {
    self =
      bits == 32
      ? .int32(AlignedBuffer(repeating: 0, count: count)) : .int64(AlignedBuffer(repeating: 0, count: count))
  }

  /// Puts `values` at `position` on; integers must fit.
  func store(_ values: UnsafeBufferPointer<Double>, at position: Int) {
    switch self {
    case .float(let buffer):
      for (index, value) in values.enumerated() { buffer.elements[position + index] = Float(value) }
    case .double(let buffer):
      for (index, value) in values.enumerated() { buffer.elements[position + index] = value }
    case .int32(let buffer):
      for (index, value) in values.enumerated() { buffer.elements[position + index] = Int32(value) }
    case .int64(let buffer):
      for (index, value) in values.enumerated() { buffer.elements[position + index] = Int64(value) }
    }
  }

  /// Writes the first `count` numbers as the given rows.
  func write(_ count: Int, to dataset: borrowing Dataset, rows: Range<Int>) throws(HDF5Error) {
    switch self {
    case .float(let buffer): try dataset.write(.rows(rows), from: buffer.first(count))
    case .double(let buffer): try dataset.write(.rows(rows), from: buffer.first(count))
    case .int32(let buffer): try dataset.write(.rows(rows), from: buffer.first(count))
    case .int64(let buffer): try dataset.write(.rows(rows), from: buffer.first(count))
    }
  }
}

extension AlignedBuffer {
  fileprivate func first(_ count: Int) -> UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(rebasing: elements[..<count])
  }
}

/// Rows that wait to be written together: whole chunks, unless they are the last.
struct GatheredRows {
  /// The rows that wait.
  private(set) var count = 0
  /// The rows that there is room for.
  let capacity: Int
  private let features: Int
  private let targets: Int
  private let x: NumberBuffer
  private let y: NumberBuffer?
  private let weights: NumberBuffer?

  /// Room for about 4 MiB, in whole chunks, but for no more than all `rows`.
  init(rows: Int, _ description: DatasetDescription, chunkRows: Int?) {
    features = description.features
    targets = description.targets.columns
    let most = max(1, (4 << 20) / ((features + targets) * description.precision.bytes))
    capacity = min(rows, chunkRows.map { max(1, most / $0) * $0 } ?? most)
    x = NumberBuffer(description.precision, count: capacity * features)
    y =
      switch description.targets {
      case .none: nil
      case .values(let columns, let precision): NumberBuffer(precision, count: capacity * columns)
      case .labels(let bits): NumberBuffer(integerBits: bits, count: capacity)
      }
    let capacity = capacity
    weights = description.weights.map { NumberBuffer($0, count: capacity) }
  }

  /// Whether there is no more room.
  var isFull: Bool { count == capacity }

  /// Takes rows of `block` from `start` on, as many as there is room for.
  ///
  /// - Returns: how many.
  mutating func take(_ block: SourceRows, from start: Int) -> Int {
    let taken = min(block.rows - start, capacity - count)
    let rows = start..<start + taken
    x.store(
      UnsafeBufferPointer(rebasing: block.x[rows.lowerBound * features..<rows.upperBound * features]),
      at: count * features)
    y?.store(
      UnsafeBufferPointer(rebasing: block.y[rows.lowerBound * targets..<rows.upperBound * targets]),
      at: count * targets)
    weights?.store(UnsafeBufferPointer(rebasing: block.weights[rows]), at: count)
    count += taken
    return taken
  }

  /// Writes all rows that wait to /x, from row `start` on.
  func writeX(to dataset: borrowing Dataset, from start: Int) throws(HDF5Error) {
    try x.write(count * features, to: dataset, rows: start..<start + count)
  }

  /// Writes all rows that wait to /y, from row `start` on.
  func writeY(to dataset: borrowing Dataset, from start: Int) throws(HDF5Error) {
    try y?.write(count * targets, to: dataset, rows: start..<start + count)
  }

  /// Writes the weights of all rows that wait to /weight, from row `start` on.
  func writeWeights(to dataset: borrowing Dataset, from start: Int) throws(HDF5Error) {
    try weights?.write(count, to: dataset, rows: start..<start + count)
  }

  /// Forgets the rows that were written.
  mutating func clear() { count = 0 }
}
