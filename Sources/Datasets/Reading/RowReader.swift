import HDF5
import Primitives

/// Reads rows of one dataset on one thread at a time: it owns scratch memory, and remembers the chunk that it decoded last.
final class RowReader {
  let source: StoredRows
  /// Where rows may be already that were announced.
  private let announced: AnnouncedRows?
  private let decoder: ChunkDecoder?
  /// Bytes as they are in the file, where they are to be converted.
  private let scratch: AlignedBuffer<UInt8>
  /// The chunk that was decoded last, and its bytes, which lie in the decoder.
  private var last: (chunk: Int, bytes: UnsafeRawBufferPointer)?

  /// A reader of `source`, that looks first where announced rows come to.
  ///
  /// - Throws: ``LockstepError`` of kind `memory` if there is none for decoding.
  init(_ source: StoredRows, _ announced: AnnouncedRows? = nil) throws(LockstepError) {
    self.source = source
    self.announced = announced
    var scratchBytes = 0
    switch source.access {
    case .chunks(let rows):
      decoder = ChunkDecoder(
        filters: source.dataset.filters, elementBytes: source.elementBytes,
        chunkBytes: rows * source.rowBytes)
      guard decoder != nil else {
        throw LockstepError(.memory, source.name, "there is no memory to decode its chunks")
      }
    case .contiguous:
      decoder = nil
      scratchBytes = Self.pieceBytes
    case .library: decoder = nil
    }
    scratch = AlignedBuffer(repeating: 0, count: scratchBytes)
  }

  /// The bytes that are converted at a time: so few that they stay in the cache.
  private static var pieceBytes: Int { 64 << 10 }

  /// Reads numbers, row-major, rounding them to `Element`.
  ///
  /// - Precondition: `values` has exactly the rows' numbers.
  func read<Element: Scalar & HDF5Element>(
    _ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Element>
  )
    throws(LockstepError)
  {
    precondition(values.count == rows.count * source.width)
    if withStagedBytes(of: rows, { source.numbers($0).convert(to: values) }) { return }
    let isWantedAsStored = source.areStored(as: Element.self)
    if isWantedAsStored, let part = source.part(rows) {
      try withHDF5Errors { () throws(HDF5Error) in
        try source.file.read(at: part.lowerBound, into: UnsafeMutableRawBufferPointer(values))
      }
      return
    }
    guard
      try readPieces(
        rows, into: isWantedAsStored ? UnsafeMutableRawBufferPointer(values) : nil,
        { first, bytes in
          let part = first * source.width..<first * source.width + bytes.count / source.elementBytes
          let place = UnsafeMutableBufferPointer(rebasing: values[part])
          // Whole chunks may have been decoded where they belong.
          guard bytes.baseAddress != UnsafeRawPointer(place.baseAddress) else { return }
          source.numbers(bytes).convert(to: place)
        })
    else {
      try withHDF5Errors { () throws(HDF5Error) in try source.dataset.read(.rows(rows), into: values) }
      return
    }
  }

  /// Reads classes, whole numbers from 0 up.
  ///
  /// - Throws: ``LockstepError`` of kind `badData` naming the row of a number that is none.
  func readLabels(_ rows: Range<Int>, into labels: UnsafeMutableBufferPointer<Int32>) throws(LockstepError) {
    precondition(labels.count == rows.count && source.width == 1)
    var bad: (row: Int, value: String)?
    func take(_ first: Int, _ bytes: UnsafeRawBufferPointer) {
      let part = first..<first + bytes.count / source.elementBytes
      let numbers = source.numbers(bytes)
      if let (index, value) = numbers.convertToLabels(UnsafeMutableBufferPointer(rebasing: labels[part])),
        bad == nil
      {
        bad = (rows.lowerBound + first + index, value)
      }
    }
    var isDone = withStagedBytes(of: rows) { take(0, $0) }
    if !isDone { isDone = try readPieces(rows, take) }
    if !isDone { bad = try readLabelsByLibrary(rows, into: labels) }
    if let bad {
      throw LockstepError(
        .badData, source.name, "row \(bad.row) is not a class", found: bad.value,
        expected: "a whole number from 0 up",
        remedy: "Number the classes from 0, or choose --loss mse for regression.")
    }
  }

  /// Calls `body` with the rows' bytes if they are where announced rows come to.
  private func withStagedBytes(of rows: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
    guard case .reads(let reads)? = announced, let part = source.part(rows) else { return false }
    return reads.withBytes(of: part, body) != nil
  }

  /// Hands the rows' bytes out piece by piece, each with the number of its first row among `rows`; false if only libhdf5 can
  /// read them. If they are wanted as they are stored, at `place`, a piece may lie there already.
  private func readPieces(
    _ rows: Range<Int>, into place: UnsafeMutableRawBufferPointer? = nil,
    _ body: (_ first: Int, UnsafeRawBufferPointer) -> Void
  ) throws(LockstepError) -> Bool {
    switch source.access {
    case .library: return false
    case .contiguous(let offset):
      let rowBytes = source.rowBytes
      try readContiguous(at: offset + rows.lowerBound * rowBytes, rows: rows.count, rowBytes: rowBytes, body)
    case .chunks(let chunkRows):
      var row = rows.lowerBound
      while row < rows.upperBound {
        let chunk = row / chunkRows
        let end = min((chunk + 1) * chunkRows, rows.upperBound)
        let rowBytes = source.rowBytes
        let first = (row - rows.lowerBound) * rowBytes
        let whole = end - row == chunkRows ? place.map { $0[first..<first + chunkRows * rowBytes] } : nil
        let part = (row - chunk * chunkRows) * rowBytes..<(end - chunk * chunkRows) * rowBytes
        if let kept = try kept(chunk, rows: chunkRows) {
          body(
            row - rows.lowerBound,
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(kept.elements)[part]))
        } else {
          let bytes = try decoded(
            chunk, rows: chunkRows, into: whole.map { UnsafeMutableRawBufferPointer(rebasing: $0) })
          body(row - rows.lowerBound, UnsafeRawBufferPointer(rebasing: bytes[part]))
        }
        if case .chunks(let chunks)? = announced { chunks.wasTaken(chunk) }
        row = end
      }
    }
    return true
  }

  private func readContiguous(
    at offset: Int, rows: Int, rowBytes: Int, _ body: (_ first: Int, UnsafeRawBufferPointer) -> Void
  ) throws(LockstepError) {
    let most = max(1, Self.pieceBytes / max(rowBytes, 1))
    // A row may be wider than a piece.
    let wide = rowBytes > Self.pieceBytes ? AlignedBuffer<UInt8>(repeating: 0, count: rowBytes) : scratch
    var row = 0
    while row < rows {
      let count = min(most, rows - row)
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(wide.elements)[..<(count * rowBytes)])
      try withHDF5Errors { () throws(HDF5Error) in
        try source.file.read(at: offset + row * rowBytes, into: bytes)
      }
      body(row, UnsafeRawBufferPointer(bytes))
      row += count
    }
  }

  /// The bytes of a chunk that others want, too, if there is room to keep it; they are valid as long as what has them.
  private func kept(_ chunk: Int, rows: Int) throws(LockstepError) -> KeptChunks.Bytes? {
    guard case .chunks(let chunks)? = announced else { return nil }
    if let bytes = chunks.bytes(of: chunk) { return bytes }
    guard let place = chunks.place(for: chunk) else { return nil }
    do throws(LockstepError) {
      let memory = UnsafeMutableRawBufferPointer(place.elements)
      let bytes = try decoded(chunk, rows: rows, into: memory)
      if bytes.baseAddress != UnsafeRawPointer(memory.baseAddress) { memory.copyMemory(from: bytes) }
    } catch {
      chunks.keep(nil, as: chunk)
      throw error
    }
    chunks.keep(place, as: chunk)
    return place
  }

  /// The bytes of a chunk: in `place`, where it wants them all, or in memory of the reader's own, where they are remembered.
  private func decoded(_ chunk: Int, rows: Int, into place: UnsafeMutableRawBufferPointer?)
    throws(LockstepError)
    -> UnsafeRawBufferPointer
  {
    if let last, last.chunk == chunk { return last.bytes }
    guard let decoder else { preconditionFailure("chunks have a decoder") }
    last = nil
    let origin = [chunk * rows] + source.dataset.shape.dropFirst().map { _ in 0 }
    let stored = try withHDF5Errors { () throws(HDF5Error) in
      try source.dataset.readStoredChunk(at: origin, into: decoder.stored)
    }
    do throws(ChunkDecoder.Damage) {
      let bytes = try decoder.decode(stored, count: rows * source.rowBytes, into: place)
      if place == nil || bytes.baseAddress != UnsafeRawPointer(place?.baseAddress) { last = (chunk, bytes) }
      return bytes
    } catch {
      throw damage(error, rows: chunk * rows..<min((chunk + 1) * rows, source.rows))
    }
  }

  private func damage(_ damage: ChunkDecoder.Damage, rows: Range<Int>) -> LockstepError {
    let place = "the chunk with rows \(rows.lowerBound) to \(rows.upperBound - 1)"
    let (problem, found, expected): (String, String?, String?) =
      switch damage {
      case .checksum: ("\(place) is damaged: its checksum (fletcher32) is wrong", nil, nil)
      case .compression: ("\(place) is damaged: it cannot be decompressed", nil, nil)
      case .size(let found, let expected):
        ("\(place) has a wrong size", "\(found) bytes", "\(expected) bytes")
      }
    return LockstepError(
      .badData, source.name, problem, found: found, expected: expected,
      remedy: "Restore the file from its source, or write it again.")
  }

  /// The first row that is not a class, if any.
  private func readLabelsByLibrary(_ rows: Range<Int>, into labels: UnsafeMutableBufferPointer<Int32>)
    throws(LockstepError) -> (row: Int, value: String)?
  {
    func read<Stored: HDF5Element>(_ zero: Stored) throws(LockstepError) -> (row: Int, value: String)? {
      let buffer = AlignedBuffer(repeating: zero, count: rows.count)
      try withHDF5Errors { () throws(HDF5Error) in
        try source.dataset.read(.rows(rows), into: buffer.elements)
      }
      return StoredNumbers(Stored.elementType, UnsafeRawBufferPointer(buffer.elements))
        .convertToLabels(labels).map { (rows.lowerBound + $0, $1) }
    }
    switch source.dataset.type {
    case .integer(_, signed: true): return try read(Int64(0))
    case .integer(_, signed: false): return try read(UInt64(0))
    default: return try read(0.0)
    }
  }
}
