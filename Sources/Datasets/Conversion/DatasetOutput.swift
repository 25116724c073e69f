import HDF5
import Primitives

/// A dataset file that is filled block by block, and put in place at once when it is whole.
///
/// Rows are gathered until there are some megabytes of them, in whole chunks, so that none is compressed twice.
public struct DatasetOutput: ~Copyable {
  private let path: String
  private let rows: Int
  private let staged: StagedFile
  private let file: File
  private let x: Dataset
  private let y: OptionalDataset?
  private let weights: OptionalDataset?
  private var gathered: GatheredRows
  private var written = 0

  /// What a file need not have; a class because optionals of what cannot be copied are unwieldy.
  private final class OptionalDataset {
    let dataset: Dataset
    init(_ dataset: consuming Dataset) { self.dataset = dataset }
  }

  /// Creates the file under a temporary name.
  ///
  /// - Parameters:
  ///   - path: the name that it will have.
  ///   - rows: how many rows will be added, at least 1.
  ///   - description: types, widths and attributes.
  ///   - format: how the datasets are laid out.
  /// - Throws: ``LockstepError`` if it cannot be created, or if chunks would be too large.
  public init(
    _ path: String, rows: Int, _ description: DatasetDescription, format: DatasetFormat = DatasetFormat()
  ) throws(LockstepError) {
    precondition(rows > 0 && description.features > 0)
    try Self.checkChunks(format, rows: rows, description)
    let staged = try StagedFile(replacing: path)
    do throws(HDF5Error) {
      let file = try File(creating: staged.temporary)
      try Self.set(description.attributes, of: file)
      try file.setAttribute("schema", "lockstep-dataset")
      try file.setAttribute("schema_version", 1)
      let options = format.options(
        shape: [rows, description.features], rowBytes: description.rowBytes)
      let x = try file.createDataset(
        "/x", shape: [rows, description.features], type: .float(bits: 8 * description.precision.bytes),
        options: options)
      try Self.set(description.xAttributes, of: x)
      let y = try Self.createTargets(description, rows: rows, format: format, in: file)
      weights = try Self.createWeights(description, rows: rows, format: format, in: file)
      self.y = y
      gathered = GatheredRows(rows: rows, description, chunkRows: options.chunkRows)
      self.x = x
      self.file = file
    } catch {
      throw LockstepError(error).renaming(staged.temporary, to: path)
    }
    self.path = path
    self.rows = rows
    self.staged = staged
  }

  /// Adds rows after those already there.
  ///
  /// - Precondition: there are no more of them than the file was created for.
  public mutating func append(_ block: SourceRows) throws(LockstepError) {
    precondition(block.rows <= room, "more rows than announced")
    var start = 0
    while start < block.rows {
      start += gathered.take(block, from: start)
      if gathered.isFull { try flush() }
    }
  }

  /// How many rows can still be added.
  public var room: Int { rows - written - gathered.count }

  /// Writes what is left, makes the file durable and puts it in place.
  ///
  /// - Precondition: all rows were added.
  public consuming func commit() throws(LockstepError) {
    precondition(room == 0, "fewer rows than announced")
    try flush()
    do throws(HDF5Error) {
      try file.close()
    } catch {
      throw LockstepError(error).renaming(staged.temporary, to: path)
    }
    try staged.commit()
  }

  private mutating func flush() throws(LockstepError) {
    guard gathered.count > 0 else { return }
    do throws(HDF5Error) {
      try gathered.writeX(to: x, from: written)
      if let y { try gathered.writeY(to: y.dataset, from: written) }
      if let weights { try gathered.writeWeights(to: weights.dataset, from: written) }
    } catch {
      throw LockstepError(error).renaming(staged.temporary, to: path)
    }
    written += gathered.count
    gathered.clear()
  }

  private static func createTargets(
    _ description: DatasetDescription, rows: Int, format: DatasetFormat, in file: borrowing File
  ) throws(HDF5Error) -> OptionalDataset? {
    let (shape, type): ([Int], ElementType)
    switch description.targets {
    case .none: return nil
    case .values(let columns, let precision):
      (shape, type) = ([rows, columns], .float(bits: 8 * precision.bytes))
    case .labels(let bits): (shape, type) = ([rows], .integer(bits: bits, signed: true))
    }
    let y = try file.createDataset(
      "/y", shape: shape, type: type,
      options: format.options(shape: shape, rowBytes: description.rowBytes))
    try set(description.yAttributes, of: y)
    return OptionalDataset(y)
  }

  private static func createWeights(
    _ description: DatasetDescription, rows: Int, format: DatasetFormat, in file: borrowing File
  ) throws(HDF5Error) -> OptionalDataset? {
    guard let precision = description.weights else { return nil }
    let weights = try file.createDataset(
      "/weight", shape: [rows], type: .float(bits: 8 * precision.bytes),
      options: format.options(shape: [rows], rowBytes: description.rowBytes))
    try set(description.weightAttributes, of: weights)
    return OptionalDataset(weights)
  }

  private static func set(
    _ attributes: [String: AttributeValue], of object: borrowing some Attributed & ~Copyable
  )
    throws(HDF5Error)
  {
    // In the order of their names, so that equal contents give equal files.
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
      try object.setAttributeValue(name, value)
    }
  }

  private static func checkChunks(_ format: DatasetFormat, rows: Int, _ description: DatasetDescription)
    throws(LockstepError)
  {
    let width = max(description.features * description.precision.bytes, description.targets.columns * 8)
    let bytes = Double(min(format.chunkRows ?? 1, rows)) * Double(width)
    guard format.chunkRows == nil || bytes <= Double(ReadLimits().chunkBytes) else {
      throw LockstepError(
        .usage, "--chunk-rows", "makes chunks that are too large", found: "\(bytes) bytes",
        expected: "at most \(ReadLimits().chunkBytes)", remedy: "Choose fewer rows a chunk.")
    }
  }
}

extension DatasetOptions {
  /// The rows of a chunk, or nil if there are no chunks.
  fileprivate var chunkRows: Int? {
    if case .chunked(let chunk) = layout { return chunk.first }
    return nil
  }
}
