import Datasets
import Kernels
import Primitives

/// The samples that are trained on: all of them in memory, or a stream of them.
public enum TrainingSamples<Element: Scalar> {
  /// All rows are in memory.
  case memory(Samples<Element>)
  /// Rows come as they are needed.
  case stream(SampleStream<Element>)

  /// The number of rows.
  public var count: Int {
    switch self {
    case .memory(let samples): samples.count
    case .stream(let stream): stream.count
    }
  }

  /// The number of features of a row.
  public var features: Int {
    switch self {
    case .memory(let samples): samples.features
    case .stream(let stream): stream.ring.features
    }
  }

  /// The width that a network's output layer needs: targets, or classes.
  public var outputs: Int {
    switch self {
    case .memory(let samples): samples.outputs
    case .stream(let stream): stream.outputs
    }
  }

  /// Whether the targets are classes.
  var hasLabels: Bool {
    switch self {
    case .memory(let samples): if case .labels = samples.targets { true } else { false }
    case .stream(let stream): if case .labels = stream.ring.targets { true } else { false }
    }
  }

  /// Whether rows have weights.
  var isWeighted: Bool {
    switch self {
    case .memory(let samples): samples.weights != nil
    case .stream(let stream): stream.ring.weights != nil
    }
  }

  /// The bytes of a row.
  var rowBytes: Int {
    switch self {
    case .memory(let samples): samples.rowBytes
    case .stream(let stream): stream.rowBytes
    }
  }

  /// The bytes that they take in memory.
  var bytes: Double {
    switch self {
    case .memory(let samples): Double(samples.count) * Double(samples.rowBytes)
    case .stream(let stream): Double(stream.bytes)
    }
  }

  /// Whether rows are read past the system's cache.
  var isPastCache: Bool {
    switch self {
    case .memory: false
    case .stream(let stream): stream.isPastCache
    }
  }

  /// The bytes that chunks may take which are kept decoded.
  var roomForChunks: Int {
    switch self {
    case .memory: 0
    case .stream(let stream): stream.roomForChunks
    }
  }

  /// The order of an epoch, by where its rows lie in memory.
  func order(_ epoch: Int, recipe: Recipe, variant: KernelVariant?) -> EpochOrder {
    switch self {
    case .memory(let samples):
      EpochOrder(
        count: samples.count, seed: recipe.seed, epoch: epoch, shuffle: recipe.shuffle, variant: variant)
    case .stream(let stream): stream.order(epoch)
    }
  }

  /// Sees to it that `rows` rows of `epoch` from `position` on are in memory, and returns the position up to which rows may be
  /// used until the next call.
  func require(epoch: Int, from position: Int, rows: Int, crew: WorkerTeam) throws(LockstepError) -> Int {
    switch self {
    case .memory(let samples): samples.count
    case .stream(let stream): try stream.require(epoch: epoch, from: position, rows: rows, crew: crew)
    }
  }
}

/// The samples in memory as plain addresses, and what keeps them there.
struct ResidentSamples<Element: Scalar>: Sendable {
  private(set) var view: SamplesView<Element>
  /// The rows of an epoch.
  let count: Int
  private let owner: any AnyObject & Sendable
  private let records: RowRecords<Element>?

  /// Samples to be taken in the order of `shuffle`. A small network's are also kept as records, if these take at most `recordBytes`;
  /// nil for networks that are not small.
  init(_ samples: TrainingSamples<Element>, shuffle: Shuffle, recordBytes: Double?) {
    count = samples.count
    records = recordBytes.flatMap { RowRecords(samples, most: $0, threads: CPUBudget.current.cpus) }
    switch samples {
    case .memory(let samples): (view, owner) = (SamplesView(samples), samples)
    case .stream(let stream): (view, owner) = (SamplesView(stream.ring), stream.ring)
    }
    if let records {
      view.small = .init(
        records: UnsafeBufferPointer(records.numbers.elements), width: records.width, isWeighted: isWeighted)
    }
    let rowBytes = Double(records.map { $0.width * MemoryLayout<Element>.stride } ?? samples.rowBytes)
    view.small.isFar =
      Double(shuffle.mixedRows(of: count)) * rowBytes > Double(SmallNetwork<Element>.Rows.mostNearBytes)
  }

  /// Whether the targets are classes.
  var hasLabels: Bool { if case .labels = view.targets { true } else { false } }
  /// Whether rows have weights.
  var isWeighted: Bool { view.weights != nil }
}

/// Samples as plain addresses, valid as long as the samples: what a step's loops work with.
struct SamplesView<Element: Scalar>: BitwiseCopyable, @unchecked Sendable {
  // Sendable: who reads which rows while nobody writes them is the business of who trains.
  enum Targets: BitwiseCopyable {
    case values(UnsafeBufferPointer<Element>, columns: Int)
    case labels(UnsafeBufferPointer<Int32>)
  }

  let features: Int
  let x: UnsafeBufferPointer<Element>
  let targets: Targets
  /// Nil if rows have none.
  let weights: UnsafeBufferPointer<Element>?
  /// Where small networks find all that.
  fileprivate(set) var small: SmallNetwork<Element>.Rows

  init(_ samples: Samples<Element>) {
    features = samples.features
    x = UnsafeBufferPointer(samples.x.elements)
    weights = samples.weights.map { UnsafeBufferPointer($0.elements) }
    switch samples.targets {
    case .values(let values, let columns):
      targets = .values(UnsafeBufferPointer(values.elements), columns: columns)
    case .labels(let labels, _): targets = .labels(UnsafeBufferPointer(labels.elements))
    }
    small = Self.small(x, targets, weights)
  }

  init(_ ring: SampleRing<Element>) {
    features = ring.features
    x = UnsafeBufferPointer(ring.x.elements)
    weights = ring.weights.map { UnsafeBufferPointer($0.elements) }
    switch ring.targets {
    case .values(let values, let columns):
      targets = .values(UnsafeBufferPointer(values.elements), columns: columns)
    case .labels(let labels): targets = .labels(UnsafeBufferPointer(labels.elements))
    }
    small = Self.small(x, targets, weights)
  }

  private static func small(
    _ x: UnsafeBufferPointer<Element>, _ targets: Targets, _ weights: UnsafeBufferPointer<Element>?
  ) -> SmallNetwork<Element>.Rows {
    switch targets {
    case .values(let y, _): .init(x: x, y: y, weights: weights)
    case .labels(let labels): .init(x: x, labels: labels, weights: weights)
    }
  }
}
