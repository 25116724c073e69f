import Datasets
import HDF5
import Primitives

/// What an HDF5 file holds.
public struct FileInspection: Sendable {
  /// What kind of file it is.
  public enum Kind: String, Sendable {
    /// Samples, in the datasets that this product reads by default.
    case dataset
    /// A checkpoint of this product, intact.
    case checkpoint
    /// Weights that Keras saved.
    case kerasWeights = "keras-weights"
    /// Another HDF5 file.
    case other

    /// The kind in words.
    public var text: String {
      switch self {
      case .dataset: "a dataset"
      case .checkpoint: "a checkpoint, intact"
      case .kerasWeights: "Keras weights"
      case .other: "an HDF5 file of another kind"
      }
    }
  }

  /// A dataset in the file.
  public struct DatasetSummary: Sendable {
    /// Its path.
    public var path: String
    /// Its dimensions.
    public var shape: [Int]
    /// The type of its elements.
    public var type: String
    /// How it is stored.
    public var layout: String
    /// What its chunks went through.
    public var filters: [String]
    /// The other files that its numbers are in, as it names them.
    public var otherFiles: [String] = []
  }

  /// What is known of a checkpoint besides its numbers.
  public struct CheckpointSummary: Sendable {
    /// What decided the numbers.
    public var recipe: Recipe
    /// Where training stood.
    public var progress: Progress
    /// One record an epoch.
    public var history: [EpochRecord]
    /// The digest of the samples.
    public var datasetDigest: String
    /// The epochs without a better validation loss after which training was to end; nil without early stopping.
    public var patience: Int?
    /// The digest of the parameters in the layers.
    public var parametersDigest: Digest

    init<Element>(_ checkpoint: Checkpoint<Element>) {
      recipe = checkpoint.recipe
      progress = checkpoint.progress
      history = checkpoint.history
      datasetDigest = checkpoint.datasetDigest
      patience = checkpoint.patience
      parametersDigest = checkpoint.parametersDigest
    }
  }

  /// The file.
  public let path: String
  /// What kind of file it is.
  public let kind: Kind
  /// Its size.
  public let bytes: Int
  /// All datasets, in the order of their paths.
  public let datasets: [DatasetSummary]
  /// What leads to other files, in the order of the paths.
  public let links: [(path: String, target: String)]
  /// The attributes of the root, in the order of their names.
  public let attributes: [(name: String, value: String)]
  /// What is known of it if it is a checkpoint.
  public let checkpoint: CheckpointSummary?

  /// Looks at the file at `path`; `followingOtherFiles`, also at those that its datasets are in or linked from.
  ///
  /// - Throws: ``LockstepError`` if there is none, if it is not HDF5, or if it is a damaged checkpoint; if data are to be in
  ///   other files which do not have them.
  public init(_ path: String, followingOtherFiles: Bool = false) throws(LockstepError) {
    self.path = path
    let isSealed = try Seal.check(path) == .intact
    let file = try withHDF5Errors { () throws(HDF5Error) in try File(opening: path) }
    if !isSealed { try Seal.checkAbsence(from: file) }
    var found = Contents()
    try withHDF5Errors { () throws(HDF5Error) in
      try found.collect(from: file, path: "")
    }
    if followingOtherFiles { try found.follow(from: path) }
    datasets = found.datasets
    links = found.links
    bytes = try withHDF5Errors { () throws(HDF5Error) in try file.size }
    attributes = try withHDF5Errors { () throws(HDF5Error) in try file.attributes() }
      .map { (name: $0.key, value: Self.text($0.value)) }.sorted { $0.name < $1.name }
    let paths = Set(datasets.map(\.path))
    if isSealed {
      kind = .checkpoint
      checkpoint =
        switch try AnyCheckpoint(reading: path) {
        case .float32(let checkpoint): CheckpointSummary(checkpoint)
        case .float64(let checkpoint): CheckpointSummary(checkpoint)
        }
    } else {
      checkpoint = nil
      if paths.contains("/x") {
        kind = .dataset
      } else {
        kind = paths.contains { $0.hasPrefix("/layers/") } ? .kerasWeights : .other
      }
    }
  }

  /// What was found so far.
  private struct Contents {
    var datasets: [DatasetSummary] = []
    var links: [(path: String, target: String)] = []
    private var visited: Set<UInt64> = []

    mutating func collect(from location: borrowing some Location & ~Copyable, path: String)
      throws(HDF5Error)
    {
      // Deeper than any sensible file, and not so deep that a made-up one exhausts the stack.
      guard path.utf8.count(where: { $0 == UInt8(ascii: "/") }) < 64 else { return }
      for child in try location.children() {
        let name = "\(path)/\(child.name)"
        switch child.kind {
        case .dataset:
          // Only looked at, not read: what reading would refuse is described, too.
          let dataset = try location.openDataset(trusting: child.name)
          let others = dataset.externalPieces.map(\.file) + dataset.virtualMappings.map(\.file)
          datasets.append(
            DatasetSummary(
              path: name, shape: dataset.shape, type: "\(dataset.type)", layout: "\(dataset.layout)",
              filters: dataset.filters.map(\.description),
              otherFiles: Set(others).subtracting(["."]).sorted()))
        case .group:
          guard visited.insert(child.address).inserted else { continue }
          try collect(from: location.openGroup(child.name), path: name)
        case .externalLink:
          guard let (link, _) = try location.externalLink(on: child.name) else { continue }
          links.append((name, "\(link.file):\(link.object)"))
        default: continue
        }
      }
    }

    /// Opens what is in other files, and describes datasets behind links under the links' names.
    mutating func follow(from path: String) throws(LockstepError) {
      let stored = try StoredDataset.following(
        datasets.filter { !$0.otherFiles.isEmpty || $0.layout == "virtual" }.map(\.path) + links.map(\.path),
        in: path)
      for dataset in stored where !datasets.contains(where: { $0.path == dataset.path }) {
        datasets.append(
          DatasetSummary(
            path: dataset.path, shape: dataset.shape, type: dataset.type, layout: dataset.layout,
            filters: dataset.filters))
      }
      datasets.sort { $0.path < $1.path }
    }
  }

  private static func text(_ value: AttributeValue) -> String {
    switch value {
    case .string(let value): value
    case .strings(let values): values.joined(separator: ", ")
    case .integer(let value): "\(value)"
    case .integers(let values): values.map { "\($0)" }.joined(separator: ", ")
    case .unsigned(let value): "\(value)"
    case .unsigneds(let values): values.map { "\($0)" }.joined(separator: ", ")
    case .real(let value): "\(value)"
    case .reals(let values): values.map { "\($0)" }.joined(separator: ", ")
    case .other(let description): description
    }
  }
}
