/// Where samples lie: a file and the paths of its datasets.
public struct DatasetLocation: Sendable, Equatable {
  /// The HDF5 file.
  public var file: String
  /// The dataset of features, rows by features.
  public var x: String
  /// The dataset of targets: rows, or rows by targets.
  public var y: String

  /// A location; the names are those that `lockstep generate` writes.
  public init(file: String, x: String = "/x", y: String = "/y") {
    self.file = file
    self.x = x.hasPrefix("/") ? x : "/" + x
    self.y = y.hasPrefix("/") ? y : "/" + y
  }

  /// "FILE:DATASET", as messages name the features.
  public var xName: String { "\(file):\(x)" }
  /// "FILE:DATASET", as messages name the targets.
  public var yName: String { "\(file):\(y)" }
}
