import HDF5
import Primitives

/// Some consecutive rows in memory, valid while a closure runs that gets them.
public struct SourceRows {
  /// The number of rows.
  public let rows: Int
  /// `rows * features` numbers, row-major.
  public let x: UnsafeBufferPointer<Double>
  /// `rows * targets` numbers, row-major; classes are whole numbers.
  public let y: UnsafeBufferPointer<Double>
  /// A number a row; empty if rows have no weights.
  public let weights: UnsafeBufferPointer<Double>

  /// Rows in memory that stays as it is while this value is used.
  public init(
    rows: Int, x: UnsafeBufferPointer<Double>, y: UnsafeBufferPointer<Double>,
    weights: UnsafeBufferPointer<Double> = UnsafeBufferPointer(start: nil, count: 0)
  ) {
    self.rows = rows
    self.x = x
    self.y = y
    self.weights = weights
  }
}

/// What a source of rows turns out to hold.
public struct RowSurvey: Sendable {
  /// The rows that it will give.
  public var rows: Int
  /// The rows that it will drop because something in them is no finite number.
  public var skipped: Int
  /// How they are to be stored.
  public var description: DatasetDescription
  /// The names of the classes, if they were numbered on the way.
  public var classes: [String]?
  /// What could not be taken over, in words.
  public var notes: [String] = []
}

/// How much of a pass over the input is done.
public struct ConversionProgress: Sendable, Equatable {
  /// The passes over the input.
  public enum Phase: String, Sendable {
    /// Finding out how many rows there are.
    case counting
    /// Turning them into a dataset.
    case converting
  }

  /// What is going on.
  public var phase: Phase
  /// The bytes of the input that were dealt with.
  public var done: Int
  /// All bytes of the input.
  public var total: Int
}

/// Rows of features and targets that can be read more than once, block by block.
///
/// All numbers are read as `Double`, which holds those of the smaller formats exactly, and rounded where they are stored.
public protocol ConversionSource: AnyObject {
  /// Looks at as much of the input as it takes to know what `read` will give.
  ///
  /// - Throws: ``LockstepError`` if the input is not what it should be.
  func survey(progress: (ConversionProgress) -> Void) throws(LockstepError) -> RowSurvey

  /// Reads all rows, after `survey`.
  ///
  /// - Parameters:
  ///   - progress: called now and then.
  ///   - body: called with each block, in order.
  /// - Throws: ``LockstepError`` of kind `badData`, naming the row, if it cannot be taken and such rows are not dropped.
  func read(
    progress: (ConversionProgress) -> Void, _ body: (SourceRows) throws(LockstepError) -> Void
  ) throws(LockstepError)
}
