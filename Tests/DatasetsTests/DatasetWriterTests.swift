import Datasets
import Foundation
import HDF5
import Primitives
import TestSupport
import Testing

@Suite("Writing generated datasets")
struct DatasetWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func bytes(rows: Int, format: DatasetFormat = DatasetFormat(), threads: Int) throws -> Data {
    let path = folder.file("d.h5")
    try DatasetWriter<Float>(LinearProblem(seed: 2), rows: rows, format: format, source: "test")
      .write(to: path, threads: threads)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  @Test(
    "gives the same bytes for any number of threads",
    arguments: [DatasetFormat(), DatasetFormat(chunkRows: 100), DatasetFormat(compression: 1)])
  func sameBytes(format: DatasetFormat) throws {
    let one = try bytes(rows: 3001, format: format, threads: 1)
    for threads in [2, 3, 7] { #expect(try bytes(rows: 3001, format: format, threads: threads) == one) }
  }

  @Test("writes more rows than it holds at a time")
  func manyBlocks() throws {
    let path = folder.file("d.h5")
    var told: [Int] = []
    let rows = 800_001
    try DatasetWriter<Float>(
      LinearProblem(coefficients: [3, 2]), rows: rows, format: DatasetFormat(chunkRows: 1000),
      source: "test"
    ).write(to: path, threads: 2) { told.append($0) }
    #expect(told.count > 1 && told.last == rows && told == told.sorted())
    let file = try File(opening: path)
    #expect(try file.openDataset("/x").shape == [rows, 2])
    let last: [Float] = try {
      var values = [Float](repeating: 0, count: 2)
      try values.withUnsafeMutableBufferPointer {
        try file.openDataset("/x").read(.rows(rows - 1..<rows), into: $0)
      }
      return values
    }()
    let expected: Samples<Float> = LinearProblem(coefficients: [3, 2]).samples(rows)
    #expect(last == Array(expected.x.elements.suffix(2)))
  }

  @Test("records what the rows are")
  func attributes() throws {
    _ = try bytes(rows: 10, threads: 1)
    let file = try File(opening: folder.file("d.h5"))
    #expect(try file.attribute("schema") == "lockstep-dataset")
    #expect(try file.attribute("schema_version") == 1)
    #expect(try file.attribute("formula") == "y = 3*x0 + 2*x1")
    #expect(try file.attribute("seed") == UInt64(2))
    #expect(try file.openDataset("/x").attribute("column_names") == ["x0", "x1"])
  }

  @Test("leaves nothing behind when it fails")
  func failure() throws {
    let error = #expect(throws: LockstepError.self) {
      try DatasetWriter<Float>(LinearProblem(), rows: 10, format: DatasetFormat(), source: "")
        .write(to: folder.file("missing/d.h5"), threads: 1)
    }
    #expect(error?.kind == .cannotCreate)
    #expect(folder.names.isEmpty)
  }
}
