import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Rows without those that are invalid")
struct ValidRowsTests {
  let folder: TemporaryFolder
  let location: DatasetLocation

  init() throws {
    folder = try TemporaryFolder()
    location = DatasetLocation(file: folder.file("d.h5"))
  }

  static let rows = 503

  static let layouts: [DatasetOptions] = [
    DatasetOptions(), DatasetOptions(layout: .chunked([64, 2])),
    DatasetOptions(layout: .chunked([100, 1]), deflate: 1),
  ]

  /// Rows whose first number is their own, but for those that are invalid; labels likewise.
  func write(_ invalid: Set<Int>, _ options: DatasetOptions = DatasetOptions(), badLabels: Set<Int> = [])
    throws
  {
    folder.remove("d.h5")
    try writeFile(location.file) { file in
      let x: [Float] = (0..<Self.rows).flatMap { [invalid.contains($0) ? Float.nan : Float($0), 1] }
      let dataset = try file.createDataset(
        "x", shape: [Self.rows, 2], type: Float.elementType, options: options)
      try dataset.write(from: x)
      _ = try file.createDataset("y", (0..<Self.rows).map { badLabels.contains($0) ? Int64(-1) : Int64($0) })
    }
  }

  func valid(_ role: TargetRole, threads: Int = 1, most: Int = 1000) throws -> ValidRows<Float> {
    try FileRows<Float>(try DatasetFile(location), role: role).validRows(threads: threads, most: most)
  }

  static let patterns: [Set<Int>] = [
    [], [0], [502], [0, 1, 2, 500, 501, 502], Set(stride(from: 0, to: 503, by: 2)), Set(1..<503),
    Set(0..<502),
    [63, 64, 127, 128, 300],
  ]

  @Test("are the others, in order, in whatever pieces they are read", arguments: patterns, layouts)
  func reading(_ invalid: Set<Int>, _ options: DatasetOptions) throws {
    try write(invalid, options)
    let expected = (0..<Self.rows).filter { !invalid.contains($0) }
    for threads in [1, 2, 3] {
      let valid = try valid(.values, threads: threads)
      #expect(valid.count == expected.count && valid.skipped == invalid.count)
      let reader = try valid.makeReader()
      for pieces in [1, 2, 50, expected.count] {
        for start in stride(from: 0, to: expected.count, by: pieces) {
          let rows = start..<min(start + pieces, expected.count)
          valid.willRead([rows], .rows)
          let place = ReadRows(valid, rows.count)
          try reader.read(rows, into: place.place)
          #expect(place.x.array == expected[rows].flatMap { [Float($0), 1] })
          #expect(place.values.array == expected[rows].map { Float($0) })
        }
      }
    }
  }

  @Test("do not have labels that are no classes, which are never read")
  func labels() throws {
    try write([7], badLabels: [0, 7, 9, 502])
    let valid = try valid(.labels, threads: 2)
    #expect(valid.count == 499)
    let place = ReadRows(valid, 499)
    try valid.makeReader().read(0..<499, into: place.place)
    #expect(place.labels.array == (0..<503).filter { ![0, 7, 9, 502].contains($0) })
    // As numbers, -1 is as good as any.
    #expect(try self.valid(.values).skipped == 1)
  }

  @Test("may be as many as are left over, but not none, and not too many may be left out")
  func bounds() throws {
    try write(Set(0..<503))
    let none = #expect(throws: LockstepError.self) { try valid(.values) }
    #expect(none?.kind == .badData && none?.problem == "no row is left")
    try write(Set(0..<10))
    #expect(try valid(.values, most: 10).count == 493)
    let many = #expect(throws: LockstepError.self) { try valid(.values, most: 9) }
    #expect(many?.kind == .badData && many?.found == "more than 9 of 503")
    #expect(many?.remedy?.contains("convert --skip-invalid") == true)
  }
}
