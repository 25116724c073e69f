import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Weights of rows")
struct WeightsTests {
  let folder: TemporaryFolder
  let location: DatasetLocation

  static let rows = 1003

  init() throws {
    folder = try TemporaryFolder()
    location = DatasetLocation(file: folder.file("d.h5"))
  }

  static let weights = (0..<rows).map { Float($0 % 7) / 2 }

  func write(_ body: (borrowing File) throws -> Void) throws {
    folder.remove("d.h5")
    try writeFile(location.file) { file in
      let x = (0..<2 * Self.rows).map { Float($0) }
      _ = try file.createDataset("x", x, shape: [Self.rows, 2])
      _ = try file.createDataset("y", (0..<Self.rows).map { Int32($0 % 3) })
      try body(file)
    }
  }

  func source(_ change: (inout DatasetLocation) -> Void = { _ in }) throws -> any RowSource<Float> {
    var location = location
    change(&location)
    return try SampleInput(location).rows(role: .labels)
  }

  func read(_ source: any RowSource<Float>, _ rows: Range<Int>) throws -> [Float] {
    let weights = AlignedBuffer<Float>(repeating: .nan, count: rows.count)
    let x = AlignedBuffer<Float>(repeating: .nan, count: rows.count * source.features)
    try source.makeReader().read(rows, into: RowPlace(x: x.elements, targets: nil, weights: weights.elements))
    return weights.array
  }

  func failure(_ body: () throws -> Void) -> LockstepError? {
    do {
      try body()
      return nil
    } catch {
      return error as? LockstepError
    }
  }

  @Test("are read whatever their type, and however stored")
  func types() throws {
    let bytes = Self.weights.map { UInt8($0) }
    try write { file in _ = try file.createDataset("weight", bytes) }
    #expect(try read(source(), 5..<900) == bytes[5..<900].map { Float($0) })
    try write { file in _ = try file.createDataset("weight", Self.weights.map { Double($0) }) }
    #expect(try read(source(), 0..<Self.rows) == Self.weights)
    for options in [
      DatasetOptions(layout: .chunked([64])),
      DatasetOptions(layout: .chunked([100]), deflate: 1, shuffle: true),
    ] {
      try write { file in
        let dataset = try file.createDataset(
          "weight", shape: [Self.rows], type: Float.elementType, options: options)
        try dataset.write(from: Self.weights)
      }
      #expect(try read(source(), 3..<1000) == Array(Self.weights[3..<1000]))
    }
  }

  @Test("are those beside the features, or those that are named, or none")
  func choices() throws {
    try write { file in
      _ = try file.createDataset("weight", Self.weights)
      _ = try file.createDataset("other", Self.weights.map { $0 + 1 })
    }
    #expect(try source().weightName == "\(location.file):/weight")
    #expect(try source { $0.weights = .none }.weightName == nil)
    #expect(try read(source { $0.weights = .dataset("other") }, 0..<2) == [1, 1.5])
    #expect(failure { _ = try source { $0.weights = .dataset("nothing") } }?.kind == .badData)
    #expect(WeightChoice(name: "none") == .none && WeightChoice(name: "a") == .dataset("a"))
    #expect(DatasetLocation(file: "a", x: "run/images").weightPath == "/run/weight")
    // Who learns weights is not weighted by them.
    let body = DatasetLocation(file: location.file, x: "/x", y: "/weight")
    #expect(try DatasetFile(body).weights == nil)
    try write { _ in }
    #expect(try source().weightName == nil)
  }

  @Test("must be a vector of as many numbers as there are rows")
  func shapes() throws {
    for shape in [[Self.rows - 1], [Self.rows, 1], [1, Self.rows]] {
      let values = Array(Self.weights.prefix(shape.reduce(1, *)))
      try write { file in _ = try file.createDataset("weight", values, shape: shape) }
      let error = failure { _ = try source() }
      #expect(error?.kind == .badData && error?.subject == "\(location.file):/weight")
      #expect(error?.found == "shape \(shape)" && error?.expected == "[\(Self.rows)]")
    }
  }

  @Test("go with their rows through every source", arguments: [1, 3])
  func sources(threads: Int) throws {
    try write { file in _ = try file.createDataset("weight", Self.weights) }
    let whole = try source()
    #expect(whole.rowBytes == 16)
    let selected = try SelectedRows(whole, #require(FeatureSelection(columns: [1])))
    #expect(try read(selected, 7..<19) == Array(Self.weights[7..<19]))
    let split = try Split(count: Self.rows, validationFraction: 0.3, seed: 5)
    let kept = KeptRows(whole, split: split, stride: 64)
    let keptRows = (0..<Self.rows).filter { !split.isValidation($0) }
    #expect(try read(kept, 3..<600) == keptRows[3..<600].map { Self.weights[$0] })
    let valid = ValidRows(whole, without: [0, 5, 6, 900])
    #expect(try read(valid, 0..<5) == [1, 2, 3, 4, 7].map { Self.weights[$0] })
    for loaded in [
      try SamplesLoader(whole, split: split, threads: threads).load(),
      try SamplesLoader(NormalizedRows(whole, normalization()), split: split, threads: threads).load(),
    ] {
      #expect(loaded.training?.weights?.array == keptRows.map { Self.weights[$0] })
      #expect(
        loaded.validation?.weights?.array
          == (0..<Self.rows).filter(split.isValidation).map { Self.weights[$0] })
    }
  }

  private func normalization() throws -> Normalization {
    let scaling = try #require(ColumnScaling(offsets: [1, 2], scales: [3, 4]))
    return Normalization(kind: .standard, x: scaling, y: nil)
  }

  @Test("are part of the digest, whatever the layout")
  func digests() throws {
    func digest(_ change: (inout DatasetLocation) -> Void = { _ in }) throws -> Digest {
      try SamplesLoader(source(change), threads: 2).load().digest
    }
    try write { file in _ = try file.createDataset("weight", Self.weights) }
    let (weighted, plain) = (try digest(), try digest { $0.weights = .none })
    #expect(weighted != plain)
    try write { file in
      let dataset = try file.createDataset(
        "weight", shape: [Self.rows], type: .float(bits: 64), options: DatasetOptions(layout: .chunked([17])))
      try dataset.write(from: Self.weights)
    }
    #expect(try digest() == weighted && digest { $0.weights = .none } == plain)
  }

  @Test("are finite and not negative, and not all zero")
  func refusals() throws {
    for wrong in [-1, .nan, .infinity, -.infinity, 1e300] {
      var weights = Self.weights.map { Double($0) }
      weights[501] = wrong
      try write { file in _ = try file.createDataset("weight", weights) }
      let error = failure { _ = try SamplesLoader(source(), threads: 2).load() }
      #expect(error?.kind == .badData && error?.subject == "\(location.file):/weight")
      #expect(error?.problem.contains("row 501") == true)
      let rows = try FileRows<Float>(DatasetFile(location), role: .labels)
      let valid = try rows.validRows(threads: 2)
      #expect(valid.skipped == 1 && valid.weightName != nil)
      #expect(try read(valid, 500..<502) == [Self.weights[500], Self.weights[502]])
      let report = try DatasetValidation(location).run()
      #expect(report.invalid.count == 1 && report.invalid.withWeights == 1)
      #expect(report.invalid.first.first?.part == .weights && report.invalid.first.first?.row == 501)
      #expect(report.refusal != nil && report.weightStatistics?.count == Self.rows - 1)
    }
    try write { file in _ = try file.createDataset("weight", [Float](repeating: 0, count: Self.rows)) }
    #expect(failure { _ = try SamplesLoader(source()).load() }?.problem == "all weights are zero")
    #expect(try DatasetValidation(location).run().refusal?.problem == "all weights are zero")
    // Minus zero is zero.
    try write { file in
      _ = try file.createDataset("weight", [-0.0] + [Float](repeating: 1, count: Self.rows - 1))
    }
    #expect(failure { _ = try SamplesLoader(source()).load() } == nil)
  }
}
