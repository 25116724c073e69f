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

/// What is done to the samples as they are read.
public enum NormalizationRequest: Sendable {
  /// What this says; nothing, if there is nothing.
  case given(Normalization?)
  /// What the rows to train on ask for; `ofTargets`, of their targets too, if these are numbers.
  case measured(NormalizationKind, ofTargets: Bool)
}

/// What a pass over all samples gave.
public struct LoadedSamples<Element: Scalar>: Sendable {
  /// The rows to train on, unless they were left where they are.
  public var training: Samples<Element>?
  /// The rows kept aside, if a split was asked for, unless they were left where they are.
  public var validation: Samples<Element>?
  /// The width that a network's output layer needs: targets, or classes.
  public var outputs: Int
  /// The digest of all rows, in the order of the file, as they were before they were normalised.
  public var digest: Digest
  /// How the rows in memory are normalised, and others should be.
  public var normalization: Normalization?
  /// The columns of features that are all the same number, if that was measured.
  public var constantFeatures: [Int]
  /// A target that is no probability, if there is one.
  public var firstImprobableTarget: Element?
}

/// Reads samples into memory, or looks at them and leaves them where they are, block by block; every number is checked.
public struct SamplesLoader<Element: Scalar> {
  private let source: any RowSource<Element>
  private let split: Split?
  private let keepsTraining: Bool
  private let keepsValidation: Bool
  private let normalization: NormalizationRequest
  private let threads: Int

  /// A loader of what `source` has.
  ///
  /// - Parameters:
  ///   - source: the samples.
  ///   - split: which rows are kept aside.
  ///   - keepsTraining: whether the others are held in memory.
  ///   - keepsValidation: whether those that are kept aside are.
  ///   - normalization: what is done to them.
  ///   - threads: how many threads read.
  public init(
    _ source: any RowSource<Element>, split: Split? = nil, keepsTraining: Bool = true,
    keepsValidation: Bool = true,
    normalization: NormalizationRequest = .given(nil), threads: Int = 1
  ) {
    self.source = source
    self.split = split
    self.keepsTraining = keepsTraining
    self.keepsValidation = keepsValidation
    self.normalization = normalization
    self.threads = threads
  }

  /// Reads everything.
  ///
  /// - Throws: ``LockstepError`` of kind `badData`, naming the row, if a number is not finite, a label is not a class or a weight
  ///   is negative; or if all weights are zero.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func load() throws(LockstepError) -> LoadedSamples<Element> {
    let hasLabels = source.targets == .labels
    var x = try sorter(0 as Element, width: source.features)
    var values = try sorter(0 as Element, width: hasLabels ? 0 : source.targets.columns)
    var labels = try sorter(0 as Int32, width: hasLabels ? 1 : 0)
    var weights = try source.weightName.map { _ throws(LockstepError) in try sorter(0 as Element, width: 1) }
    // If all rows stay, they are read to where they stay.
    let place =
      keepsTraining && split == nil
      ? RowPlace(
        x: x.kept.elements,
        targets: hasLabels ? .labels(labels.kept.elements) : .values(values.kept.elements),
        weights: weights?.kept.elements ?? UnsafeMutableBufferPointer(start: nil, count: 0)) : nil
    let scan = try RowScan(source, threads: threads, into: place)
    var digester = Digester()
    let (kind, ofTargets) = measured
    var xPass = kind == .none ? nil : StatisticsPass<Element>(columns: source.features)
    try scan.forEach(.features) { rows, place in
      digester.update(UnsafeRawBufferPointer(place.x))
      x.take(UnsafeBufferPointer(place.x), from: rows.lowerBound, split: split) { xPass?.take($0) }
    }
    var yPass = ofTargets ? StatisticsPass<Element>(columns: source.targets.columns) : nil
    var largest: Int32 = 0
    var improbable: Element?
    try scan.forEach(.targets) { rows, place in
      switch place.targets {
      case .values(let part)?:
        digester.update(UnsafeRawBufferPointer(part))
        if improbable == nil { improbable = Elementwise.firstOutsideUnitInterval(UnsafeBufferPointer(part)) }
        values.take(UnsafeBufferPointer(part), from: rows.lowerBound, split: split) { yPass?.take($0) }
      case .labels(let part)?:
        digester.update(UnsafeRawBufferPointer(part))
        for label in part { largest = max(largest, label) }
        labels.take(UnsafeBufferPointer(part), from: rows.lowerBound, split: split) { _ in }
      case nil: break
      }
    }
    try loadWeights(scan, &digester, into: &weights)
    let outputs = hasLabels ? Int(largest) + 1 : source.targets.columns
    let settled = settle(xPass?.statistics, yPass?.statistics)
    func samples(
      _ x: AlignedBuffer<Element>, _ values: AlignedBuffer<Element>, _ labels: AlignedBuffer<Int32>,
      _ weights: AlignedBuffer<Element>?
    ) -> Samples<Element> {
      settled?.apply(to: RowPlace(x: x.elements, targets: .values(values.elements)))
      return Samples(
        count: x.count / source.features, features: source.features, x: x,
        targets: hasLabels ? .labels(labels, classes: outputs) : .values(values, columns: outputs),
        weights: weights)
    }
    return LoadedSamples(
      training: keepsTraining ? samples(x.kept, values.kept, labels.kept, weights?.kept) : nil,
      validation: split.flatMap { _ in
        keepsValidation ? samples(x.aside, values.aside, labels.aside, weights?.aside) : nil
      },
      outputs: outputs,
      digest: digester.digest, normalization: settled,
      constantFeatures: (xPass?.statistics).map { statistics in
        (0..<source.features).filter { statistics.isConstant($0) }
      } ?? [], firstImprobableTarget: improbable)
  }

  /// Reads the weights, if there are any: after all else, so that the digest depends on the numbers alone.
  private func loadWeights(
    _ scan: RowScan<Element>, _ digester: inout Digester, into weights: inout RowSorter<Element>?
  ) throws(LockstepError) {
    guard let name = source.weightName else { return }
    var areZero = true
    try scan.forEach(.weights) { rows, place in
      digester.update(UnsafeRawBufferPointer(place.weights))
      if areZero { areZero = place.weights.allSatisfy { $0 == 0 } }
      weights?.take(UnsafeBufferPointer(place.weights), from: rows.lowerBound, split: split) { _ in }
    }
    guard !areZero else {
      throw LockstepError.weightsAreZero(name, rows: source.count)
    }
  }

  /// What is to be measured.
  private var measured: (NormalizationKind, ofTargets: Bool) {
    guard case .measured(let kind, let ofTargets) = normalization else { return (.none, false) }
    return (kind, kind != .none && ofTargets && source.targets != .labels)
  }

  private func settle(_ x: ColumnStatistics?, _ y: ColumnStatistics?) -> Normalization? {
    switch normalization {
    case .given(let normalization): normalization
    case .measured(let kind, _):
      x.map { x in Normalization(kind: kind, x: ColumnScaling(x, kind), y: y.map { ColumnScaling($0, kind) })
      }
    }
  }

  private func sorter<Number>(_: Number, width: Int) throws(LockstepError) -> RowSorter<Number> {
    let aside = split?.validationCount ?? 0
    return try RowSorter(
      kept: keepsTraining ? source.count - aside : 0, aside: keepsValidation ? aside : 0, width: width,
      isDealtOut: split != nil)
  }
}

/// Deals rows out to those that are trained on and those that are kept aside, in order.
private struct RowSorter<Element: BitwiseCopyable> {
  let kept: AlignedBuffer<Element>
  let aside: AlignedBuffer<Element>
  private let width: Int
  /// Whether rows come to their place here: without a split they are there already, or not wanted.
  private let isDealtOut: Bool
  private var keptEnd = 0
  private var asideEnd = 0

  init(kept: Int, aside: Int, width: Int, isDealtOut: Bool) throws(LockstepError) {
    self.kept = try AlignedBuffer(zeros: kept * width)
    self.aside = try AlignedBuffer(zeros: aside * width)
    self.width = width
    self.isDealtOut = isDealtOut
  }

  /// Deals `rows` out, and tells of those that are trained on, run by run.
  mutating func take(
    _ rows: UnsafeBufferPointer<Element>, from start: Int, split: Split?,
    onKept: (UnsafeBufferPointer<Element>) -> Void
  ) {
    guard let split else { return keep(rows, onKept) }
    split.forEachRun(start..<start + rows.count / max(width, 1)) { run, isValidation in
      let values = UnsafeBufferPointer(
        rebasing: rows[(run.lowerBound - start) * width..<(run.upperBound - start) * width])
      if isValidation {
        asideEnd = Self.put(values, into: aside, at: asideEnd)
      } else {
        keep(values, onKept)
      }
    }
  }

  private mutating func keep(
    _ values: UnsafeBufferPointer<Element>, _ onKept: (UnsafeBufferPointer<Element>) -> Void
  ) {
    onKept(values)
    if isDealtOut { keptEnd = Self.put(values, into: kept, at: keptEnd) }
  }

  /// Copies `values` to `buffer` from `start` on, unless what they belong to is not held; returns where they end.
  private static func put(
    _ values: UnsafeBufferPointer<Element>, into buffer: AlignedBuffer<Element>, at start: Int
  ) -> Int {
    guard start < buffer.count, let from = values.baseAddress, let base = buffer.elements.baseAddress else {
      return start
    }
    precondition(values.count <= buffer.count - start)
    (base + start).update(from: from, count: values.count)
    return start + values.count
  }
}
