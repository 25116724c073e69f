import Primitives

/// Samples that can be had in any order and by several threads at a time: from a file or a generator.
public protocol RowSource<Element>: AnyObject, Sendable {
  /// The format that the numbers are wanted in.
  associatedtype Element: Scalar
  /// The number of rows.
  var count: Int { get }
  /// The number of features of a row.
  var features: Int { get }
  /// What the targets of a row are.
  var targets: TargetShape { get }
  /// What messages call the features and the targets.
  var names: (x: String, y: String) { get }
  /// What messages call the weights of rows; nil if these have none.
  var weightName: String? { get }
  /// What messages call a feature, by its number: where only some are taken, that among all.
  func featureNumber(_ column: Int) -> Int
  /// The bytes that a reader takes.
  var readerBytes: Int { get }
  /// The rows that are best read together, beginning at a multiple of that.
  var preferredRows: Int { get }
  /// What reads rows, on one thread at a time.
  func makeReader() throws(LockstepError) -> any RowReading<Element>
  /// Tells that rows, or their part, will be read soon: range by range, each beginning where the one before ends.
  func willRead(_ ranges: [Range<Int>], _ part: RowPart)
  /// The same rows, of which those that ``willRead(_:_:)`` is told of are read past the system's cache, up to `rowsAtOnce` rows at once,
  /// into memory of at most `bytes` bytes; nil if that is not possible. They are best read in the order of what it was told.
  func staged(rowsAtOnce: Int, bytes: Int) -> (any RowSource<Element>)?
  /// The same rows, where what takes time to decode is kept, in memory of at most `bytes` bytes, until all was read that
  /// ``willRead(_:_:)`` was told of, what is wanted soonest first; nil if there is no such thing.
  func keepingChunks(bytes: Int) -> (any RowSource<Element>)?
  /// Throws if what was learnt of the rows may no longer hold.
  func requireUnchanged() throws(LockstepError)
}

/// What reads rows of a ``RowSource``, on one thread at a time.
public protocol RowReading<Element>: AnyObject {
  /// The format of the numbers.
  associatedtype Element: Scalar
  /// Reads some rows, as they come: numbers may be infinite or NaN, weights negative, and classes have no upper bound.
  ///
  /// - Throws: ``LockstepError`` if they cannot be read, or if a label is not a whole number from 0 up.
  func read(_ rows: Range<Int>, into block: RowPlace<Element>) throws(LockstepError)
}

/// What is read of rows.
public enum RowPart: Sendable {
  /// The features.
  case features
  /// The targets.
  case targets
  /// The weights.
  case weights
  /// All of them.
  case rows
}

/// What the targets of a row are.
public enum TargetShape: Sendable, Equatable {
  /// So many numbers.
  case values(columns: Int)
  /// One class.
  case labels

  /// The numbers of a row, a class being one.
  public var columns: Int {
    switch self {
    case .values(let columns): columns
    case .labels: 1
    }
  }

  /// The bytes that a row's targets take in memory, beside features of `Element`.
  public func bytes<Element: Scalar>(_: Element.Type) -> Int {
    switch self {
    case .values(let columns): columns * MemoryLayout<Element>.stride
    case .labels: MemoryLayout<Int32>.stride
    }
  }
}

/// Where some rows are put: their features, their targets as numbers or classes, and their weights.
public struct RowPlace<Element: Scalar> {
  /// The features, row-major; empty if they are not wanted.
  public var x: UnsafeMutableBufferPointer<Element>
  /// The targets; none if they are not wanted.
  public var targets: TargetRows<Element>?
  /// The weights; empty if they are not wanted, or if there are none.
  public var weights: UnsafeMutableBufferPointer<Element>

  /// A place for rows.
  public init(
    x: UnsafeMutableBufferPointer<Element>, targets: TargetRows<Element>?,
    weights: UnsafeMutableBufferPointer<Element> = UnsafeMutableBufferPointer(start: nil, count: 0)
  ) {
    self.x = x
    self.targets = targets
    self.weights = weights
  }
}

extension RowSource {
  /// The bytes of a row in memory: features, targets and weight.
  public var rowBytes: Int {
    (features + (weightName == nil ? 0 : 1)) * MemoryLayout<Element>.stride + targets.bytes(Element.self)
  }

  /// None, unless there are some.
  public var weightName: String? { nil }

  /// Itself, unless there are features that are not taken.
  public func featureNumber(_ column: Int) -> Int { column }

  /// Next to none, unless it keeps something.
  public var readerBytes: Int { 0 }

  /// Any number, unless rows are stored in groups.
  public var preferredRows: Int { 1 }

  /// Nothing, unless there is something to prepare.
  public func willRead(_ ranges: [Range<Int>], _ part: RowPart) {}

  /// Not possible, unless rows are in a file.
  public func staged(rowsAtOnce: Int, bytes: Int) -> (any RowSource<Element>)? { nil }

  /// Nothing to be kept, unless rows are in a file.
  public func keepingChunks(bytes: Int) -> (any RowSource<Element>)? { nil }

  /// Nothing, unless rows can change.
  public func requireUnchanged() throws(LockstepError) {}
}
