import HDF5

/// Everything in a checkpoint that must not depend on threads, pauses and crashes, bit by bit.
struct CheckpointContents: Equatable {
  private var datasets: [String: [UInt64]] = [:]
  private var progress: [String: AttributeValue] = [:]

  /// Reads the file at `path`.
  init(_ path: String) throws {
    let file = try File(opening: path)
    try collect(file, "")
    // How long an epoch took is the one thing that may differ.
    datasets["/lockstep/history/seconds"] = nil
    progress = try file.openGroup("/lockstep/progress").attributes()
  }

  private mutating func collect(_ location: borrowing some Location & ~Copyable, _ path: String) throws {
    for child in try location.children() {
      let name = "\(path)/\(child.name)"
      if child.kind == .group {
        try collect(location.openGroup(child.name), name)
        continue
      }
      let dataset = try location.openDataset(child.name)
      switch dataset.type {
      case .float: datasets[name] = try dataset.readAll(as: Double.self).map(\.bitPattern)
      case .integer: datasets[name] = try dataset.readAll(as: Int64.self).map { UInt64(bitPattern: $0) }
      default: datasets[name] = try dataset.readText().utf8.map { UInt64($0) }
      }
    }
  }

  /// The names of the datasets.
  var names: Set<String> { Set(datasets.keys) }

  /// The names of the datasets and attributes that are not the same in `other`.
  func differences(from other: CheckpointContents) -> [String] {
    let arrays = names.union(other.names).filter { datasets[$0] != other.datasets[$0] }
    let attributes = Set(progress.keys).union(other.progress.keys)
      .filter { progress[$0] != other.progress[$0] }
    return arrays.sorted() + attributes.sorted().map { "/lockstep/progress@\($0)" }
  }
}
