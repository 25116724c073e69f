import Primitives

/// What could be better about the way that samples are stored.
public struct StorageAdvice: Sendable, Equatable {
  /// What could be better, in whole sentences; none if nothing could.
  public private(set) var sentences: [String] = []
  /// How to store the samples instead; nil if they are stored well.
  public private(set) var format: DatasetFormat?

  /// Advice about datasets of features, targets and weights; `rowBytes` are the bytes of a row in memory as it is trained on.
  public init(x: StoredDataset, y: StoredDataset, weights: StoredDataset? = nil, rowBytes: Int) {
    let shape = BlockShape(rowBytes: rowBytes, count: x.rows)
    let datasets = [x, y] + (weights.map { [$0] } ?? [])
    let sampleBytes = datasets.reduce(0) { $0 + $1.width * $1.numberBytes }
    for dataset in datasets {
      sentences += Self.sentences(dataset, shape, sampleBytes: sampleBytes)
    }
    guard !sentences.isEmpty else { return }
    let isCompressed = x.deflateLevel != nil || y.deflateLevel != nil
    // Checksums are worth keeping, and come with chunks.
    let isChunked = isCompressed || (x.filters + y.filters).contains("fletcher32")
    format = DatasetFormat(
      chunkRows: isChunked ? Self.chunkRows(sampleBytes: sampleBytes, blockRows: shape.partRows) : nil,
      compression: isCompressed ? max(x.deflateLevel ?? 0, y.deflateLevel ?? 0) : nil)
    if x.type.contains("int"), x.numberBytes < 4 {
      sentences.append(
        "Repacked, \(x.path) takes \(4 / x.numberBytes) times as many bytes before compression: it becomes float32."
      )
    }
  }

  /// The largest power of two of rows that is part of a block and takes at most half a megabyte.
  static func chunkRows(sampleBytes: Int, blockRows: Int) -> Int {
    var rows = blockRows
    while rows > 1, rows > (512 << 10) / max(sampleBytes, 1) { rows /= 2 }
    return rows
  }

  /// How often a chunk is decoded on average in an epoch that takes the rows block by block, in any order.
  static func decodesPerEpoch(rows: Int, chunkRows: Int, blockRows: Int) -> Double {
    let (chunks, blocks) = ((rows - 1) / chunkRows + 1, (rows - 1) / blockRows + 1)
    // A block meets one chunk more for each end of a chunk within it.
    let (unit, overflow) = chunkRows.multipliedReportingOverflow(by: blockRows / gcd(chunkRows, blockRows))
    let common = overflow ? 0 : (rows - 1) / unit
    return Double(blocks + chunks - 1 - common) / Double(chunks)
  }

  /// For so many bytes of samples a chunk, finding chunks (about two microseconds each) takes half as long as reading them.
  private static var leastChunkBytes: Int { 8 << 10 }
  /// Above so many bytes of a chunk, the two of them that each thread holds become a burden.
  private static var mostChunkBytes: Int { 16 << 20 }

  private static func sentences(_ dataset: StoredDataset, _ shape: BlockShape, sampleBytes: Int) -> [String] {
    guard let chunk = dataset.chunk else {
      // Compact datasets are a few kilobytes.
      return dataset.isReadInParallel || dataset.layout == "compact" ? [] : [form(dataset)]
    }
    let text = chunk.map(String.init).joined(separator: " x ")
    guard let rows = dataset.chunkRows else {
      return [
        "Chunks of \(text) in \(dataset.path) are not whole rows: only one thread at a time can read them, by libhdf5."
      ]
    }
    var sentences: [String] = []
    if !dataset.isReadInParallel { sentences.append(form(dataset)) }
    if rows < dataset.rows, rows * sampleBytes < leastChunkBytes {
      sentences.append(
        "Chunks of \(text) in \(dataset.path) are too small: finding them takes about as long as reading their numbers."
      )
    }
    // What makes up a single window is hardly ever streamed.
    if dataset.rows > shape.windowRows, rows > shape.blockRows {
      let decodes = decodesPerEpoch(rows: dataset.rows, chunkRows: rows, blockRows: shape.blockRows)
      sentences.append(
        """
        Chunks of \(text) in \(dataset.path) are larger than a shuffle block of \(shape.blockRows) rows: where samples are \
        streamed in shuffled order, each chunk is decoded \(rounded(decodes)) times an epoch.
        """)
    }
    let bytes = rows * dataset.width * dataset.numberBytes
    if bytes > mostChunkBytes {
      sentences.append(
        "Chunks of \(text) in \(dataset.path) are large: each thread that reads holds two of \(bytes >> 20) MiB."
      )
    }
    return sentences
  }

  private static func form(_ dataset: StoredDataset) -> String {
    "The numbers of \(dataset.path) (\(dataset.type)) are in a form that only libhdf5 reads, for one thread at a time."
  }

  private static func rounded(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 || tenths >= 100 ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)"
  }

  private static func gcd(_ a: Int, _ b: Int) -> Int { b == 0 ? a : gcd(b, a % b) }
}
