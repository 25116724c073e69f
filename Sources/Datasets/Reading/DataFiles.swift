import HDF5
import Primitives

/// A file with datasets and, if that is allowed, the other files that these are in: opened when they are needed, and once.
///
/// libhdf5 would open these by itself, and read what is missing as zeros. So what leads to them is looked at, and they are
/// opened and checked like any file.
final class DataFiles {
  /// The path of the file.
  let path: String
  private let allowsOthers: Bool
  private let byLibrary: Bool
  private var opened: [String: OpenedFile] = [:]
  private var raw: [String: RawFile] = [:]
  /// What was opened so far, by file and path: a virtual dataset can take many parts of one.
  private var datasets: [String: DatasetRows] = [:]

  /// Opens the file at `path`; `byLibrary`, to be read by libhdf5's own way alone.
  init(_ path: String, allowingOthers: Bool, byLibrary: Bool = false) throws(LockstepError) {
    self.path = path
    allowsOthers = allowingOthers
    self.byLibrary = byLibrary
    _ = try file(path)
  }

  /// All files that were opened so far.
  var files: [RawFile] { opened.values.map(\.raw) + raw.values }

  /// Throws ``LockstepError`` if `output`, which `option` names, is one of the files.
  func requireOther(than output: String, option: String) throws(LockstepError) {
    guard let found = files.first(where: { $0.isFile(at: output) }) else { return }
    let other = found.place.file == path ? "" : " (\(found.place.file))"
    throw LockstepError(
      .cannotCreate, output, "is the file with the samples\(other)", remedy: "Choose another \(option).")
  }

  /// The attributes of the file's root.
  func rootAttributes() throws(LockstepError) -> CarriedAttributes {
    let file = try file(path)
    return try withHDF5Errors { () throws(HDF5Error) in try CarriedAttributes(of: file.file, name: path) }
  }

  /// Opens a dataset of numbers; `option` is how another one is named, if it can be.
  ///
  /// - Throws: ``LockstepError`` if there is none, if it is unreadable or of another type, or if it is in other files and these
  ///   are not allowed, not there, or do not have all of it.
  func open(_ dataset: String, option: String?) throws(LockstepError) -> DatasetRows {
    try open(dataset, in: path, option: option, depth: 0)
  }

  /// More levels of files than these are a circle, or nothing sensible.
  private static let mostLevels = 8

  private func open(_ dataset: String, in path: String, option: String?, depth: Int) throws(LockstepError)
    -> DatasetRows
  {
    let (dataset, file) = try resolve(dataset, in: path, depth: depth)
    let key = "\(file.raw.place.file):\(dataset)"
    if let rows = datasets[key] { return rows }
    let found = try DatasetFile.open(
      dataset, of: file.raw.place.file, in: file.file, option: option, locatingOthers: allowsOthers)
    let rows: DatasetRows
    if found.layout == .virtual {
      rows = try virtual(found, in: file, depth: depth)
    } else if found.externalPieces.isEmpty {
      rows = DatasetRows(try StoredRows(found, in: file.raw, byLibrary: byLibrary))
    } else {
      rows = try external(found, in: file)
    }
    datasets[key] = rows
    return rows
  }

  /// Whether there is anything at `path`, links to other files being followed.
  func exists(_ path: String) throws(LockstepError) -> Bool {
    let (path, file) = try resolve(path, in: self.path, depth: 0)
    return try withHDF5Errors { () throws(HDF5Error) in try file.file.exists(path) }
  }

  /// Whether there is a group at `path`, links to other files being followed.
  func hasGroup(_ path: String) throws(LockstepError) -> Bool {
    let (path, file) = try resolve(path, in: self.path, depth: 0)
    return try withHDF5Errors { () throws(HDF5Error) in try file.file.kind(of: path) } == .group
  }

  /// Where external links lead to, if they may be followed.
  private func resolve(_ object: String, in path: String, depth: Int) throws(LockstepError) -> (
    object: String, file: OpenedFile
  ) {
    guard depth < Self.mostLevels else {
      throw LockstepError(
        .badData, "\(path):\(object)", "the data lead from file to file without end",
        found: "\(depth) levels", expected: "fewer", remedy: "Put the data into fewer files.")
    }
    let file = try file(path)
    guard allowsOthers,
      let (link, rest) = try withHDF5Errors({ () throws(HDF5Error) in
        try file.file.externalLink(on: object)
      })
    else { return (object, file) }
    let target = rest.isEmpty ? link.object : "\(link.object)/\(rest)"
    let place = Place(file: path, object: object)
    let next = try locate(link.file, from: place)
    return try naming(place) { () throws(LockstepError) in
      try resolve(target.hasPrefix("/") ? target : "/" + target, in: next, depth: depth + 1)
    }
  }

  /// Does `body`, whose errors are about what `place` leads to, and then say so.
  private func naming<Result>(_ place: Place, _ body: () throws(LockstepError) -> Result)
    throws(LockstepError) -> Result
  {
    do throws(LockstepError) {
      return try body()
    } catch {
      var error = error
      if !error.problem.contains("\(place)") { error.problem += ", where \(place) leads" }
      throw error
    }
  }

  /// An HDF5 file, opened once.
  private func file(_ path: String) throws(LockstepError) -> OpenedFile {
    if let file = opened[path] { return file }
    let file = try withHDF5Errors { () throws(HDF5Error) in try OpenedFile(path) }
    opened[path] = file
    return file
  }

  private func rawFile(_ path: String) throws(LockstepError) -> RawFile {
    if let file = raw[path] { return file }
    let file = try withHDF5Errors { () throws(HDF5Error) in try RawFile(opening: path) }
    raw[path] = file
    return file
  }

  /// The path of another file as `place` names it: beside the file that names it, or from the current folder.
  private func locate(_ name: String, from place: Place) throws(LockstepError) -> String {
    guard !name.hasPrefix("/"), let slash = place.file.lastIndex(of: "/") else { return name }
    let beside = "\(place.file[...slash])\(name)"
    guard let other = FileIdentity(name) else { return beside }
    guard let found = FileIdentity(beside) else { return name }
    guard found == other else {
      throw LockstepError(
        .badData, "\(place)", "the other file that it names is there twice",
        found: "\(beside) and \(name)", expected: "one of them",
        remedy: "Call lockstep in the folder of the data.")
    }
    return beside
  }
}

/// An HDF5 file, open for libhdf5 and for plain reads.
private final class OpenedFile {
  let file: File
  let raw: RawFile

  init(_ path: String) throws(HDF5Error) {
    let file = try File(opening: path)
    raw = try RawFile(file)
    self.file = file
  }
}

extension DataFiles {
  /// The rows of a virtual dataset: whole rows of other datasets, each of which is there.
  private func virtual(_ dataset: consuming Dataset, in file: OpenedFile, depth: Int) throws(LockstepError)
    -> DatasetRows
  {
    let (place, shape, type) = (dataset.place, dataset.shape, dataset.type)
    guard let rowCount = shape.first else { return DatasetRows(try StoredRows(dataset, in: file.raw)) }
    let width = StoredRows.width(of: shape)
    var parts: [DatasetRows.Part] = []
    for mapping in dataset.virtualMappings {
      let name =
        mapping.file == "." ? place.file : try locate(mapping.file.replacing("%%", with: "%"), from: place)
      guard let target = mapping.target, let selected = mapping.source else {
        throw Self.unreadable(
          "a part of the virtual dataset is no box of elements, or one without an end", place,
          found: "\(mapping.dataset) in \(name)")
      }
      guard let elements = try Self.elements(target, of: shape, at: place) else {
        throw Self.unreadable(
          "a part of the virtual dataset is not whole rows", place, found: "\(mapping.dataset) in \(name)")
      }
      if elements.isEmpty { continue }
      let source = try naming(place) { () throws(LockstepError) in
        try open(mapping.dataset, in: name, option: nil, depth: depth + 1)
      }
      let (own, from) = (source.stored.dataset.shape, source.stored.dataset.place)
      guard source.stored.dataset.type == type else {
        throw Self.unreadable(
          "a part of the virtual dataset \(place) is of another type", from,
          found: "\(source.stored.dataset.type)",
          expected: "\(type)")
      }
      let chosen = try Self.elements(selected, of: own, at: from)
      guard chosen == nil || chosen?.count == elements.count else {
        throw Self.unreadable(
          "there is not as much as the virtual dataset \(place) takes from here", from,
          found: "\(chosen?.count ?? 0) numbers", expected: "\(elements.count)")
      }
      guard let chosen,
        elements.lowerBound % width == 0, elements.count % width == 0, width % source.width == 0,
        chosen.lowerBound % source.width == 0
      else {
        throw Self.unreadable(
          "a part of the virtual dataset \(place) is not whole rows one after the other", from,
          found: "elements of shape \(own)")
      }
      parts.append(
        DatasetRows.Part(
          rows: elements.lowerBound / width..<elements.upperBound / width, source: source,
          first: chosen.lowerBound / source.width, ratio: width / source.width))
    }
    try Self.requireAll(rowCount, &parts, of: place)
    return DatasetRows(try StoredRows(dataset, in: file.raw, byLibrary: true), parts: parts)
  }

  /// The rows of a dataset with external storage: numbers in other files, one piece after the other.
  private func external(_ dataset: consuming Dataset, in file: OpenedFile) throws(LockstepError)
    -> DatasetRows
  {
    let place = dataset.place
    let pieces = dataset.externalPieces
    guard StoredRows.isPlain(dataset) else {
      throw Self.unreadable(
        "numbers of this type are not read from external storage", place, found: "\(dataset.type)",
        expected: "integers or floating-point numbers of 16, 32 or 64 bits")
    }
    let whole = try StoredRows(dataset, in: file.raw, byLibrary: true)
    let rowBytes = whole.width * whole.elementBytes
    var parts: [DatasetRows.Part] = []
    var row = 0
    for piece in pieces where row < whole.rows && rowBytes > 0 {
      let path = try locate(piece.file, from: place)
      let other = try naming(place) { () throws(LockstepError) in try rawFile(path) }
      let wanted = (whole.rows - row) * rowBytes
      let bytes = min(piece.count ?? wanted, wanted)
      let (end, overflow) = piece.offset.addingReportingOverflow(bytes)
      guard piece.offset >= 0, !overflow, end <= other.size else {
        throw LockstepError(
          .badData, other.place.file, "the file is too short for \(place), which has its data there",
          found: "\(other.size) bytes", expected: "\(end)", remedy: "Restore it from its source.")
      }
      guard bytes % rowBytes == 0 else {
        throw Self.unreadable("a row is in two files", place, found: "\(bytes) bytes of rows of \(rowBytes)")
      }
      let own = try withHDF5Errors { () throws(HDF5Error) in
        try file.file.openDataset(locating: place.object)
      }
      let rows = row..<row + bytes / rowBytes
      let stored = try StoredRows(own, in: other, at: piece.offset, rows: rows.count)
      parts.append(DatasetRows.Part(rows: rows, source: DatasetRows(stored), first: 0, ratio: 1))
      row = rows.upperBound
    }
    try Self.requireAll(whole.rows, &parts, of: place)
    return DatasetRows(whole, parts: parts)
  }

  /// Sorts the parts, and throws unless each row is in one of them and in one only.
  private static func requireAll(_ rows: Int, _ parts: inout [DatasetRows.Part], of place: Place)
    throws(LockstepError)
  {
    parts.sort { $0.rows.lowerBound < $1.rows.lowerBound }
    var end = 0
    for part in parts + [] {
      guard part.rows.lowerBound >= end else {
        throw unreadable("rows are in two parts at a time", place, found: "row \(part.rows.lowerBound)")
      }
      if part.rows.lowerBound > end { break }
      end = part.rows.upperBound
    }
    guard end == rows else {
      throw LockstepError(
        .badData, "\(place)", "there are rows that are in no other file and would be read as fill values",
        found: "row \(end)", expected: "all \(rows) rows",
        remedy: "Write the dataset again, with all its parts.")
    }
  }

  private static func elements(_ selection: Hyperslab, of shape: [Int], at place: Place) throws(LockstepError)
    -> Range<Int>?
  {
    try withHDF5Errors { () throws(HDF5Error) in try selection.elements(of: shape, at: place) }
  }

  private static func unreadable(_ problem: String, _ place: Place, found: String, expected: String? = nil)
    -> LockstepError
  {
    LockstepError(
      .badData, "\(place)", problem, found: found, expected: expected,
      remedy: "Copy the data into one file, with h5py for example.")
  }
}
