import Primitives

/// What is asked of a conversion, whatever the form of the input.
public struct ConversionOptions: Sendable, Equatable {
  /// How text is read.
  public var text = CSVOptions()
  /// The array of features in an HDF5 file or .npz archive; nil for /x, x or X.
  public var x: String?
  /// The array of targets, likewise.
  public var y: String?
  /// The weights of rows: of text, a column; else an array. By itself, an array called `weight` beside the features.
  public var weights = WeightChoice.automatic
  /// Whether there are targets.
  public var hasTargets = true
  /// Whether the only target is a class, also where it is not stored as an integer.
  public var hasLabels = false
  /// Whether rows that cannot be taken are dropped instead of being errors.
  public var skipsInvalid = false
  /// Whether the arrays of an HDF5 file may be in other files: see ``DatasetLocation/allowsOtherFiles``.
  public var allowsOtherFiles = false
  /// How numbers are stored; nil for as they are, and float32 where they are text.
  public var precision: Precision?
  /// How many threads parse text.
  public var threads = 1

  /// The usual options.
  public init() {}
}
