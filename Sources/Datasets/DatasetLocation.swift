/// Which weights of rows a file is read with.
public enum WeightChoice: Sendable, Equatable {
  /// Those of a dataset called `weight` beside the features, if there is one.
  case automatic
  /// None.
  case none
  /// Those of the dataset of this path, which must be there.
  case dataset(String)

  /// What the command line calls them: "none", or a path.
  public init(name: String) { self = name == "none" ? .none : .dataset(name) }
}

/// Where samples lie: a file and the paths of its datasets.
public struct DatasetLocation: Sendable, Equatable {
  /// The HDF5 file.
  public var file: String
  /// The dataset of features, rows by features.
  public var x: String
  /// The dataset of targets: rows, or rows by targets.
  public var y: String
  /// The weights of rows.
  public var weights: WeightChoice
  /// Whether the datasets may be in other files: virtual, with external storage, or reached by an external link.
  public var allowsOtherFiles: Bool

  /// A location; the names are those that `lockstep generate` writes.
  public init(
    file: String, x: String = "/x", y: String = "/y", weights: WeightChoice = .automatic,
    allowsOtherFiles: Bool = false
  ) {
    self.file = file
    self.x = x.hasPrefix("/") ? x : "/" + x
    self.y = y.hasPrefix("/") ? y : "/" + y
    self.weights = weights
    self.allowsOtherFiles = allowsOtherFiles
  }

  /// "FILE:DATASET", as messages name the features.
  public var xName: String { "\(file):\(x)" }
  /// "FILE:DATASET", as messages name the targets.
  public var yName: String { "\(file):\(y)" }

  /// The path of the weights, if there are any: the one that was named, or that of `weight` beside the features.
  public var weightPath: String? {
    switch weights {
    case .none: nil
    case .dataset(let path): path.hasPrefix("/") ? path : "/" + path
    case .automatic: x[...(x.lastIndex(of: "/") ?? x.startIndex)] + "weight"
    }
  }
}
