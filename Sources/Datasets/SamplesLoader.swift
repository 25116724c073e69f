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

/// What a file gave.
public struct LoadedSamples<Element: Scalar>: Sendable {
  /// The rows to train on.
  public var training: Samples<Element>
  /// The rows kept aside, if a split was asked for.
  public var validation: Samples<Element>?
  /// The digest of all rows, as they are in memory, in the order of the file.
  public var digest: Digest
}

/// Reads samples from a file into memory, block by block, and checks every number.
public struct SamplesLoader<Element: Scalar & HDF5Element>: ~Copyable {
  private let file: DatasetFile
  private let role: TargetRole
  private let split: Split?

  /// A loader of `file`; `split` tells which rows are kept aside.
  public init(_ file: consuming DatasetFile, role: TargetRole, split: Split? = nil) {
    self.file = file
    self.role = role
    self.split = split
  }

  /// The rows read at a time, so that a block is about a megabyte.
  private var blockRows: Int {
    let width = max(file.features, file.targets)
    return max(1, (1 << 20) / (width * MemoryLayout<Element>.stride))
  }

  /// Reads everything.
  ///
  /// - Throws: ``LockstepError`` of kind `badData`, naming the row, if a number is not finite or a label is not a class.
  public func load() throws(LockstepError) -> LoadedSamples<Element> {
    var digester = Digester()
    let x = try loadValues(
      file.x, width: file.features, name: file.location.xName, digester: &digester)
    let training: Samples<Element>
    let validation: Samples<Element>?
    switch role {
    case .values:
      let y = try loadValues(
        file.y, width: file.targets, name: file.location.yName, digester: &digester)
      training = samples(x.kept, .values(y.kept, columns: file.targets))
      validation = split.map { _ in samples(x.aside, .values(y.aside, columns: file.targets)) }
    case .labels:
      let y = try loadLabels(digester: &digester)
      training = samples(x.kept, .labels(y.kept, classes: y.classes))
      validation = split.map { _ in samples(x.aside, .labels(y.aside, classes: y.classes)) }
    }
    return LoadedSamples(training: training, validation: validation, digest: digester.digest)
  }

  private func samples(
    _ x: AlignedBuffer<Element>, _ targets: Samples<Element>.TargetStorage
  ) -> Samples<Element> {
    Samples(count: x.count / file.features, features: file.features, x: x, targets: targets)
  }

  private var asideRows: Int { split?.validationCount ?? 0 }

  private func loadValues(
    _ dataset: borrowing Dataset, width: Int, name: String, digester: inout Digester
  ) throws(LockstepError) -> (kept: AlignedBuffer<Element>, aside: AlignedBuffer<Element>) {
    var rows = RowSorter<Element>(kept: file.rows - asideRows, aside: asideRows, width: width)
    let block = AlignedBuffer<Element>(repeating: 0, count: min(blockRows, file.rows) * width)
    var start = 0
    while start < file.rows {
      let count = min(blockRows, file.rows - start)
      let part = UnsafeMutableBufferPointer(rebasing: block.elements[..<(count * width)])
      try withHDF5Errors { () throws(HDF5Error) in
        try dataset.read(.rows(start..<start + count), into: part)
      }
      if let position = Elementwise.firstNonFinite(UnsafeBufferPointer(part)) {
        throw LockstepError.notFinite(
          name, row: start + position / width, column: position % width, value: part[position])
      }
      digester.update(UnsafeRawBufferPointer(part))
      rows.take(UnsafeBufferPointer(part), from: start, split: split)
      start += count
    }
    withExtendedLifetime(block) {}
    return (rows.kept, rows.aside)
  }

  private func loadLabels(digester: inout Digester) throws(LockstepError)
    -> (kept: AlignedBuffer<Int32>, aside: AlignedBuffer<Int32>, classes: Int)
  {
    guard file.targets == 1 else {
      throw LockstepError(
        .badData, file.location.yName, "classes must be a vector", found: "shape \(file.y.shape)",
        expected: "[rows]", remedy: "Write one class a row, or choose --loss mse.")
    }
    var rows = RowSorter<Int32>(kept: file.rows - asideRows, aside: asideRows, width: 1)
    let block = AlignedBuffer<Int32>(repeating: 0, count: min(blockRows, file.rows))
    var start = 0
    var largest: Int32 = 0
    while start < file.rows {
      let count = min(blockRows, file.rows - start)
      let part = UnsafeMutableBufferPointer(rebasing: block.elements[..<count])
      switch file.y.type {
      case .integer(_, signed: true):
        try readLabels(from: start, into: part, zero: Int64(0)) { Int32(exactly: $0) }
      case .integer(_, signed: false):
        try readLabels(from: start, into: part, zero: UInt64(0)) { Int32(exactly: $0) }
      default: try readLabels(from: start, into: part, zero: 0.0) { Int32(exactly: $0) }
      }
      for label in part { largest = max(largest, label) }
      digester.update(UnsafeRawBufferPointer(part))
      rows.take(UnsafeBufferPointer(part), from: start, split: split)
      start += count
    }
    withExtendedLifetime(block) {}
    return (rows.kept, rows.aside, Int(largest) + 1)
  }

  /// Reads classes that are stored as `Stored`; `exactly` turns a stored number into the same whole number, if it is one.
  private func readLabels<Stored: HDF5Element>(
    from start: Int, into labels: UnsafeMutableBufferPointer<Int32>, zero: Stored,
    exactly: (Stored) -> Int32?
  ) throws(LockstepError) {
    let stored = try read(Stored.self, from: start, count: labels.count, zero: zero)
    for (index, value) in stored.array.enumerated() {
      guard let label = exactly(value), label >= 0, label < Int32.max else {
        throw badLabel("\(value)", row: start + index)
      }
      labels[index] = label
    }
  }

  private func read<Stored: HDF5Element>(
    _ type: Stored.Type, from start: Int, count: Int, zero: Stored
  ) throws(LockstepError) -> AlignedBuffer<Stored> {
    let buffer = AlignedBuffer(repeating: zero, count: count)
    try withHDF5Errors { () throws(HDF5Error) in
      try file.y.read(.rows(start..<start + count), into: buffer.elements)
    }
    return buffer
  }

  private func badLabel(_ value: String, row: Int) -> LockstepError {
    LockstepError(
      .badData, file.location.yName, "row \(row) is not a class", found: value,
      expected: "a whole number from 0 up",
      remedy: "Number the classes from 0, or choose --loss mse for regression.")
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
      _ = UnsafeMutableBufferPointer(rebasing: kept.elements[keptEnd...]).update(fromContentsOf: rows)
      keptEnd += rows.count
      return
    }
    for row in 0..<rows.count / width {
      let values = rows[row * width..<(row + 1) * width]
      if split.isValidation(start + row) {
        _ = UnsafeMutableBufferPointer(rebasing: aside.elements[asideEnd...])
          .update(fromContentsOf: values)
        asideEnd += width
      } else {
        _ = UnsafeMutableBufferPointer(rebasing: kept.elements[keptEnd...])
          .update(fromContentsOf: values)
        keptEnd += width
      }
    }
  }
}
