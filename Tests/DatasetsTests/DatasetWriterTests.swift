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

  @Test("compresses rows in chunks like the blocks of a shuffle, features and targets alike")
  func chunks() throws {
    _ = try bytes(rows: 5000, format: DatasetFormat(compression: 1), threads: 1)
    let file = try File(opening: folder.file("d.h5"))
    let rows = BlockShape(rowBytes: 12, count: 0).blockRows
    #expect(try file.openDataset("/x").layout == .chunked([rows, 2]))
    #expect(try file.openDataset("/y").layout == .chunked([rows, 1]))
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

  @Test("writes what every generator makes, contiguous or in chunks, on any number of threads")
  func generators() throws {
    for generator in someGenerators {
      for (format, threads) in [
        (DatasetFormat(), 1), (DatasetFormat(), 3), (DatasetFormat(chunkRows: 7), 2),
        (DatasetFormat(compression: 1), 1),
      ] {
        let path = folder.file("g.h5")
        try DatasetWriter<Float>(generator, rows: 1001, format: format, source: "test")
          .write(to: path, threads: threads)
        let file = try File(opening: path)
        let expected = Rows<Float>(generator, 1001)
        let y = try file.openDataset("/y")
        #expect(try file.openDataset("/x").readAll(as: Float.self) == expected.x)
        if case .labels = generator.targets {
          #expect(y.type == .integer(bits: 32, signed: true) && y.shape == [1001])
          #expect(try y.readAll(as: Int32.self) == expected.labels)
        } else {
          #expect(y.type == .float(bits: 32) && y.shape == [1001, generator.targets.columns])
          #expect(try y.readAll(as: Float.self) == expected.values)
        }
      }
    }
  }

  @Test("writes more rows than all threads hold at a time, in whatever order they are done")
  func manyContiguousBlocks() throws {
    let path = folder.file("d.h5")
    let rows = 500_001
    var files: [Data] = []
    for threads in [1, 2, 5] {
      var told: [Int] = []
      try DatasetWriter<Double>(Moons(seed: 3), rows: rows, format: DatasetFormat(), source: "test")
        .write(to: path, threads: threads) { told.append($0) }
      #expect(told.count > 1 && told.last == rows && told == Set(told).sorted())
      files.append(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    #expect(files[1] == files[0] && files[2] == files[0])
    let expected = Rows<Double>(Moons(seed: 3), rows)
    let file = try File(opening: path)
    #expect(try file.openDataset("/x").readAll(as: Double.self) == expected.x)
    #expect(try file.openDataset("/y").readAll(as: Int32.self) == expected.labels)
  }

  @Test("records parameters as attributes, and what is large or a matrix as datasets")
  func records() throws {
    let path = folder.file("d.h5")
    let blobs = Blobs(classes: 4, features: 3, seed: 9)
    try DatasetWriter<Float>(blobs, rows: 8, format: DatasetFormat(), source: "test")
      .write(to: path, threads: 1)
    let file = try File(opening: path)
    #expect(try file.attribute("generator") == "blobs")
    #expect(try file.attribute("classes") == 4)
    #expect(try file.attribute("center_range") == [-10.0, 10.0])
    #expect(try file.openDataset("/y").attribute("long_name") == "class")
    let centers = try file.openDataset("/centers")
    #expect(centers.shape == [4, 3])
    #expect(try centers.readAll(as: Double.self) == blobs.centers)
    let wide = LinearProblem(coefficients: (0..<1001).map(Double.init))
    try DatasetWriter<Float>(wide, rows: 2, format: DatasetFormat(), source: "test")
      .write(to: path, threads: 1)
    #expect(
      try File(opening: path).openDataset("/coefficients").readAll(as: Double.self) == wide.coefficients)
  }

  @Test("refuses more rows than the disk has space for, before it writes any")
  func space() throws {
    for rows in [1 << 45, Int.max / 64, Int.max] {
      let error = #expect(throws: LockstepError.self) {
        try DatasetWriter<Float>(LinearProblem(), rows: rows, format: DatasetFormat(), source: "")
          .write(to: folder.file("d.h5"), threads: 2)
      }
      #expect(error?.kind == .inputOutput && error?.problem.contains("space") == true)
    }
    #expect(folder.names.isEmpty)
  }
}
