import HDF5
import Primitives

/// Statistics on their way into the attributes of a dataset file, which is changed in place.
struct StatisticsAttributes {
  private let datasets: [(path: String, statistics: ColumnStatistics)]

  /// The statistics of features, and of targets that are numbers, if there is a row that has some.
  init(_ report: ValidationReport) {
    let all: [(String, ColumnStatistics?)] = [
      (report.x.path, report.features), (report.y.path, report.targets),
    ]
    datasets = all.compactMap { path, statistics in
      guard let statistics, statistics.count > 0 else { return nil }
      return (path, statistics)
    }
  }

  /// The most columns: an attribute holds 64 KiB, its own description included.
  static let mostColumns = 8000

  /// Throws ``LockstepError`` of kind `usage` if the datasets are not in the file that is named.
  static func requireOneFile<Element>(_ rows: FileRows<Element>) throws(LockstepError) {
    for dataset in [rows.x, rows.y] {
      guard dataset.parts.isEmpty, dataset.stored.dataset.place.file == rows.location.file else {
        throw LockstepError(
          .usage, "--write-statistics", "changes no other file than the one that is named",
          found: "\(dataset.stored.name), whose data are in other files",
          remedy: "Leave it out, or validate the files themselves.")
      }
    }
  }

  /// Writes them into the file, which must still be the one that `raw` reads, and makes it durable.
  ///
  /// - Returns: the datasets that got statistics, and those that have too many columns.
  /// - Throws: ``LockstepError`` if the file cannot be written.
  func write(to location: DatasetLocation, if raw: RawFile) throws(LockstepError) -> (
    written: [String], tooWide: [String]
  ) {
    let fitting = datasets.filter { $0.statistics.means.count <= Self.mostColumns }
    let tooWide = datasets.filter { $0.statistics.means.count > Self.mostColumns }
    if !fitting.isEmpty {
      try withHDF5Errors { () throws(HDF5Error) in
        let file = try File(opening: location.file, for: .updating)
        try RawFile(file).requireSame(as: raw)
        for (path, statistics) in fitting {
          try Self.set(statistics, of: try file.openDataset(path))
        }
        try file.close()
        try raw.synchronize()
      }
    }
    return (fitting.map(\.path), tooWide.map(\.path))
  }

  private static func set(_ statistics: ColumnStatistics, of dataset: borrowing Dataset) throws(HDF5Error) {
    let deviations = statistics.means.indices.map { statistics.standardDeviation($0) }
    let arrays = [
      ("mean", statistics.means), ("standard_deviation", deviations), ("minimum", statistics.least),
      ("maximum", statistics.most),
    ]
    for (name, values) in arrays { try dataset.setAttributeValue(name, .reals(values)) }
  }
}
