import HDF5
import Primitives

/// Writes generated rows to a dataset file, making some while others are being written.
///
/// The memory is bounded whatever the number of rows. The bytes of the file depend on the generator, rows and format alone.
public struct DatasetWriter<Element: Scalar & HDF5Element> {
  let generator: any RowGenerator
  let rows: Int
  let format: DatasetFormat
  private let source: String

  /// A writer of `rows` rows of `generator`; `source` is the command to be recorded.
  public init(_ generator: any RowGenerator, rows: Int, format: DatasetFormat, source: String) {
    precondition(rows > 0)
    self.generator = generator
    self.rows = rows
    self.format = format
    self.source = source
  }

  /// Writes the file and puts it in place at once when it is whole.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - threads: how many threads make rows.
  ///   - progress: called on this thread with the number of rows written so far.
  /// - Throws: ``LockstepError`` if the file would not fit on the disk, or cannot be created or written; nothing is left
  ///   behind then.
  public func write(
    to path: String, threads: Int, progress: (Int) -> Void = { _ in }
  ) throws(LockstepError) {
    try generator.check(as: Element.self)
    try checkChunks()
    let bytes = try checkSize()
    let staged = try StagedFile(replacing: path)
    do throws(LockstepError) {
      // How well the data compress is not known before.
      if format.compression == nil { try staged.requireSpace(bytes, for: "\(rows) rows") }
      try write(toTemporary: staged.temporary, threads: threads, progress: progress)
    } catch {
      // Messages speak of the file that was asked for, not of its temporary or full name.
      throw error.renaming(staged.temporary, to: path).renaming(staged.target, to: path)
    }
    try staged.commit()
  }

  private func write(
    toTemporary path: String, threads: Int, progress: (Int) -> Void
  ) throws(LockstepError) {
    if format.isContiguous {
      let layout = try withHDF5Errors { () throws(HDF5Error) in try createContiguous(path) }
      try fill(path, layout, threads: threads, progress: progress)
      return
    }
    try withHDF5Errors { () throws(HDF5Error) in
      let file = try File(creating: path)
      let datasets = try create(in: file)
      try writeChunks(x: datasets.x, y: datasets.y, threads: threads, progress: progress)
      try file.close()
    }
  }

  private func createContiguous(_ path: String) throws(HDF5Error) -> ContiguousLayout {
    let file = try File(creating: path)
    let datasets = try create(in: file)
    guard let layout = ContiguousLayout(x: try datasets.x.offset, y: try datasets.y.offset) else {
      preconditionFailure("contiguous datasets have their place when they are created")
    }
    // The file gets its whole length, and libhdf5 has done with it: what is missing is the numbers.
    try file.close()
    return layout
  }

  /// The shape of `/y`.
  private var targetShape: [Int] {
    switch generator.targets {
    case .values(let columns): [rows, columns]
    case .labels: [rows]
    }
  }

  private var targetType: ElementType {
    switch generator.targets {
    case .values: Element.elementType
    case .labels: Int32.elementType
    }
  }

  /// The bytes of one target.
  var targetBytes: Int {
    switch generator.targets {
    case .values: MemoryLayout<Element>.stride
    case .labels: MemoryLayout<Int32>.stride
    }
  }

  /// The bytes of a row of features.
  var featureRowBytes: Int { generator.features * MemoryLayout<Element>.stride }
  /// The bytes of a row of targets.
  var targetRowBytes: Int { generator.targets.columns * targetBytes }

  private func create(in file: borrowing File) throws(HDF5Error) -> RowDatasets {
    try describe(file)
    let shape = [rows, generator.features]
    let x = try file.createDataset(
      "/x", shape: shape, type: Element.elementType, options: options(shape))
    let y = try file.createDataset(
      "/y", shape: targetShape, type: targetType, options: options(targetShape))
    try x.setAttribute("long_name", "features")
    try x.setAttribute("units", "1")
    if generator.features <= DatasetFormat.mostInAttribute {
      try x.setAttribute("column_names", generator.featureNames)
    }
    let isClass = if case .labels = generator.targets { true } else { false }
    try y.setAttribute("long_name", isClass ? "class" : "target")
    try y.setAttribute("units", "1")
    if generator.targets.columns <= DatasetFormat.mostInAttribute {
      try y.setAttribute("column_names", generator.targetNames)
    }
    return RowDatasets(x: x, y: y)
  }

  private func options(_ shape: [Int]) -> DatasetOptions {
    format.options(shape: shape, rowBytes: featureRowBytes + targetRowBytes)
  }

  private func describe(_ file: borrowing File) throws(HDF5Error) {
    try file.setAttribute("schema", "lockstep-dataset")
    try file.setAttribute("schema_version", 1)
    try file.setAttribute("title", "\(rows) samples of \(generator.formula)")
    try file.setAttribute("source", source)
    try file.setAttribute("generator", generator.name)
    try file.setAttribute("seed", generator.seed)
    try file.setAttribute("formula", generator.formula)
    for record in generator.records {
      if case .reals(let numbers) = record.value,
        record.shape != nil || numbers.count > DatasetFormat.mostInAttribute
      {
        try file.createDataset("/\(record.name)", numbers, shape: record.shape)
      } else {
        try file.setAttributeValue(record.name, record.value)
      }
    }
  }

  private func checkChunks() throws(LockstepError) {
    guard let chunkRows = format.chunkRows else { return }
    let bytes = Double(min(chunkRows, rows)) * Double(max(featureRowBytes, targetRowBytes))
    // Readers hold whole chunks in memory, and refuse larger ones.
    guard bytes <= Double(ReadLimits().chunkBytes) else {
      throw LockstepError(
        .usage, "--chunk-rows", "makes chunks that are too large", found: "\(bytes) bytes",
        expected: "at most \(ReadLimits().chunkBytes)", remedy: "Choose fewer rows a chunk.")
    }
  }

  /// The bytes of all rows.
  private func checkSize() throws(LockstepError) -> Int {
    let (bytes, overflow) = rows.multipliedReportingOverflow(by: featureRowBytes + targetRowBytes)
    // Readers refuse larger files, whose sizes are signed numbers.
    guard !overflow, bytes < Int.max / 2 else {
      throw LockstepError(
        .inputOutput, "--rows", "no disk has space for so many", found: "\(rows)",
        remedy: "Choose fewer rows.")
    }
    return bytes
  }
}

/// The two datasets that hold rows.
private struct RowDatasets: ~Copyable {
  let x: Dataset
  let y: Dataset
}
