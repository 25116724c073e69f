import HDF5
import Kernels
import Primitives

/// What the targets of a file are read as.
public enum TargetRole: Sendable, Equatable {
  /// Numbers, for regression and for independent probabilities.
  case values
  /// Classes, 0 and up: whole numbers, stored as integers or not.
  case labels
}

/// What a pass over all samples gave.
public struct LoadedSamples<Element: Scalar>: Sendable {
  /// The rows to train on, unless they were left where they are.
  public var training: Samples<Element>?
  /// The rows kept aside, if a split was asked for.
  public var validation: Samples<Element>?
  /// The width that a network's output layer needs: targets, or classes.
  public var outputs: Int
  /// The digest of all rows, as they are in memory, in the order of the file.
  public var digest: Digest
  /// A target that is no probability, if there is one.
  public var firstImprobableTarget: Element?
}

/// Reads samples into memory, or looks at them and leaves them where they are, block by block; every number is checked.
public struct SamplesLoader<Element: Scalar> {
  private let source: any RowSource<Element>
  private let split: Split?
  private let keepsTraining: Bool
  private let threads: Int

  /// A loader of what `source` has.
  ///
  /// - Parameters:
  ///   - source: the samples.
  ///   - split: which rows are kept aside.
  ///   - keepsTraining: whether the others are held in memory.
  ///   - threads: how many threads read.
  public init(
    _ source: any RowSource<Element>, split: Split? = nil, keepsTraining: Bool = true, threads: Int = 1
  ) {
    self.source = source
    self.split = split
    self.keepsTraining = keepsTraining
    self.threads = threads
  }

  /// Reads everything.
  ///
  /// - Throws: ``LockstepError`` of kind `badData`, naming the row, if a number is not finite or a label is not a class.
  public func load() throws(LockstepError) -> LoadedSamples<Element> {
    let scan = try RowScan(source, threads: threads)
    var digester = Digester()
    var x = sorter(0 as Element, width: source.features)
    try scan.forEach(.features) { rows, place in
      digester.update(UnsafeRawBufferPointer(place.x))
      x.take(UnsafeBufferPointer(place.x), from: rows.lowerBound, split: split)
    }
    var values = sorter(0 as Element, width: source.targets == .labels ? 0 : source.targets.columns)
    var labels = sorter(0 as Int32, width: source.targets == .labels ? 1 : 0)
    var largest: Int32 = 0
    var improbable: Element?
    try scan.forEach(.targets) { rows, place in
      switch place.targets {
      case .values(let part)?:
        digester.update(UnsafeRawBufferPointer(part))
        if improbable == nil { improbable = Elementwise.firstOutsideUnitInterval(UnsafeBufferPointer(part)) }
        values.take(UnsafeBufferPointer(part), from: rows.lowerBound, split: split)
      case .labels(let part)?:
        digester.update(UnsafeRawBufferPointer(part))
        for label in part { largest = max(largest, label) }
        labels.take(UnsafeBufferPointer(part), from: rows.lowerBound, split: split)
      case nil: break
      }
    }
    let outputs = source.targets == .labels ? Int(largest) + 1 : source.targets.columns
    func samples(
      _ x: AlignedBuffer<Element>, _ values: AlignedBuffer<Element>, _ labels: AlignedBuffer<Int32>
    ) -> Samples<Element> {
      Samples(
        count: x.count / source.features, features: source.features, x: x,
        targets: source.targets == .labels
          ? .labels(labels, classes: outputs) : .values(values, columns: outputs))
    }
    return LoadedSamples(
      training: keepsTraining ? samples(x.kept, values.kept, labels.kept) : nil,
      validation: split.map { _ in samples(x.aside, values.aside, labels.aside) }, outputs: outputs,
      digest: digester.digest, firstImprobableTarget: improbable)
  }

  private func sorter<Number>(_ zero: Number, width: Int) -> RowSorter<Number> {
    let aside = split?.validationCount ?? 0
    return RowSorter(kept: keepsTraining ? source.count - aside : 0, aside: aside, width: width)
  }
}

/// Deals rows out to those that are trained on and those that are kept aside, in order.
private struct RowSorter<Element: BitwiseCopyable & ExpressibleByIntegerLiteral> {
  let kept: AlignedBuffer<Element>
  let aside: AlignedBuffer<Element>
  private let width: Int
  private var keptEnd = 0
  private var asideEnd = 0

  init(kept: Int, aside: Int, width: Int) {
    self.kept = AlignedBuffer(repeating: 0, count: kept * width)
    self.aside = AlignedBuffer(repeating: 0, count: aside * width)
    self.width = width
  }

  mutating func take(_ rows: UnsafeBufferPointer<Element>, from start: Int, split: Split?) {
    guard let split else {
      if keptEnd < kept.count { keep(rows) }
      return
    }
    for row in 0..<rows.count / width {
      let values = UnsafeBufferPointer(rebasing: rows[row * width..<(row + 1) * width])
      if split.isValidation(start + row) {
        _ = UnsafeMutableBufferPointer(rebasing: aside.elements[asideEnd...]).update(fromContentsOf: values)
        asideEnd += width
      } else if keptEnd < kept.count {
        keep(values)
      }
    }
  }

  private mutating func keep(_ values: UnsafeBufferPointer<Element>) {
    _ = UnsafeMutableBufferPointer(rebasing: kept.elements[keptEnd...]).update(fromContentsOf: values)
    keptEnd += values.count
  }
}
