import Testing

@testable import Datasets

@Suite("Advice about storage")
struct StorageAdviceTests {
  @Test("counts how often blocks meet chunks")
  func decoding() {
    for (rows, chunk, block) in [
      (1, 1, 1), (1000, 100, 64), (1000, 64, 64), (1000, 333, 16), (999, 1000, 128), (4096, 1024, 256),
      (1003, 7, 64), (1024, 384, 256),
    ] {
      var pairs = Set<[Int]>()
      for row in 0..<rows { pairs.insert([row / block, row / chunk]) }
      let expected = Double(pairs.count) / Double((rows - 1) / chunk + 1)
      let found = StorageAdvice.decodesPerEpoch(rows: rows, chunkRows: chunk, blockRows: block)
      #expect(found == expected, "\(rows) rows, chunks of \(chunk), blocks of \(block)")
    }
  }

  @Test("gives chunks that blocks are made of, of half a megabyte at most")
  func chunks() {
    for (bytes, block, expected) in [(12, 4096, 4096), (3140, 256, 128), (600_000, 1, 1), (12, 64, 64)] {
      #expect(StorageAdvice.chunkRows(sampleBytes: bytes, blockRows: block) == expected)
    }
  }

  /// The advice about features that are stored so, beside contiguous targets.
  func advice(
    rows: Int = 300_000, width: Int = 1, chunk: [Int], deflate: Int? = nil, filters: [String] = [],
    type: String = "float32", bytes: Int = 4
  ) -> StorageAdvice {
    let y = StoredDataset(
      path: "/y", shape: [rows], type: "float32", layout: "contiguous", filters: [], storedBytes: 4 * rows,
      numberBytes: 4, isReadInParallel: true)
    var x = y
    (x.path, x.shape, x.type, x.numberBytes, x.filters) = ("/x", [rows, width], type, bytes, filters)
    (x.layout, x.chunk, x.deflateLevel) = ("chunked", chunk, deflate)
    return StorageAdvice(x: x, y: y, rowBytes: 4 * width + 4)
  }

  @Test("has nothing to say about chunks that suit")
  func good() {
    for rows in [1024, 4096] {
      let advice = advice(chunk: [rows, 1], deflate: 4)
      #expect(advice.sentences == [] && advice.format == nil)
    }
    // One chunk is not too many, and a single window is not streamed.
    #expect(advice(rows: 100, chunk: [100, 1]).sentences == [])
    #expect(advice(rows: 250_000, chunk: [100_000, 1]).sentences == [])
  }

  @Test("says what does not suit, and what would")
  func bad() {
    let small = advice(chunk: [16, 1])
    #expect(small.sentences.count == 1 && small.sentences[0].contains("too small"))
    #expect(small.format == DatasetFormat())
    let large = advice(chunk: [100_000, 1], deflate: 6, filters: ["fletcher32"])
    #expect(large.sentences.count == 1 && large.sentences[0].contains("decoded 25 times an epoch"))
    #expect(large.format == DatasetFormat(chunkRows: 4096, compression: 6))
    let checked = advice(chunk: [20_000, 1], filters: ["fletcher32"])
    #expect(checked.sentences[0].contains("decoded 5.9 times"))
    #expect(checked.format == DatasetFormat(chunkRows: 4096))
    let split = advice(width: 4, chunk: [1000, 2], deflate: 1)
    #expect(split.sentences.count == 1 && split.sentences[0].contains("not whole rows"))
    let huge = advice(width: 100, chunk: [50_000, 100])
    #expect(huge.sentences.count == 2 && huge.sentences[1].contains("holds two of 19 MiB"))
    let images = advice(chunk: [16, 1], deflate: 1, type: "uint8", bytes: 1)
    #expect(images.sentences.last?.contains("4 times as many bytes") == true)
    var half = StoredDataset(
      path: "/x", shape: [100, 1], type: "float16", layout: "contiguous", filters: [], storedBytes: 200,
      numberBytes: 2, isReadInParallel: false)
    let converted = StorageAdvice(x: half, y: half, rowBytes: 8)
    #expect(converted.sentences.count == 2 && converted.sentences[0].contains("one thread"))
    half.layout = "compact"
    #expect(StorageAdvice(x: half, y: half, rowBytes: 8).sentences == [])
  }

  @Test("advises chunks that it has nothing to say about")
  func stability() throws {
    for width in [1, 3, 100, 784] {
      let bad = advice(width: width, chunk: [1, width], deflate: 1)
      let rows = try #require(bad.format?.chunkRows)
      let again = advice(width: width, chunk: [rows, width], deflate: 1)
      #expect(again.sentences == [], "\(width) columns in chunks of \(rows) rows")
    }
  }
}
