import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Validation")
struct DatasetValidationTests {
  let folder: TemporaryFolder
  let location: DatasetLocation

  init() throws {
    folder = try TemporaryFolder()
    location = DatasetLocation(file: folder.file("d.h5"))
  }

  static let features = 3

  /// Numbers that float32 holds, the third column constant but for row 700.
  static func x(_ rows: Int) -> [Double] {
    (0..<rows).flatMap { row -> [Double] in
      let (a, b) = CounterRandom(seed: 3, purpose: .testing).uniforms(UInt64(row))
      return [Double(Float(1000 + a)), Double(Float(b - 0.5)), row == 700 ? 8 : 7]
    }
  }

  static let layouts: [DatasetOptions] = [
    DatasetOptions(), DatasetOptions(layout: .chunked([64, 3])),
    DatasetOptions(layout: .chunked([333, 3]), deflate: 1, shuffle: true, fletcher32: true),
    DatasetOptions(layout: .chunked([100, 2]), deflate: 1),
  ]

  func write<X: HDF5Element, Y: HDF5Element>(
    _ x: [X], _ y: [Y], _ options: DatasetOptions = DatasetOptions()
  ) throws {
    folder.remove("d.h5")
    try writeFile(location.file) { file in
      let dataset = try file.createDataset(
        "x", shape: [x.count / Self.features, Self.features], type: X.elementType, options: options)
      try dataset.write(from: x)
      _ = try file.createDataset("y", y, shape: [x.count / Self.features, y.count * Self.features / x.count])
    }
  }

  func report(_ change: (inout DatasetValidation.Options) -> Void = { _ in }) throws -> ValidationReport {
    var options = DatasetValidation.Options()
    change(&options)
    return try DatasetValidation(location, options).run()
  }

  /// The statistics of rows, by the pass that normalisation makes, over numbers in the precision that is trained in.
  static func statistics(_ values: [Double], columns: Int, without rows: Set<Int> = []) -> ColumnStatistics {
    var pass = StatisticsPass<Float>(columns: columns)
    for row in 0..<values.count / columns where !rows.contains(row) {
      values[row * columns..<(row + 1) * columns].map { Float($0) }.withUnsafeBufferPointer { pass.take($0) }
    }
    return pass.statistics
  }

  @Test("measures what normalisation does, to the bit, for any layout and threads", arguments: layouts)
  func statistics(_ options: DatasetOptions) throws {
    let (x, y) = (Self.x(5003), (0..<2 * 5003).map { Double(Float($0) / 3) })
    for isDouble in [false, true] {
      if isDouble {
        try write(x, y, options)
      } else {
        try write(x.map { Float($0) }, y.map { Float($0) }, options)
      }
      for threads in [1, 2, 3] {
        let found = try report { $0.threads = threads }
        #expect(found.features == Self.statistics(x, columns: 3))
        #expect(found.targets == Self.statistics(y, columns: 2))
        #expect(found.refusal == nil && found.invalid == .init() && found.classes == nil)
        #expect(found.constantFeatures == [] && found.constantTargets == [])
        #expect(found.rows == 5003 && found.x.type == (isDouble ? "float64" : "float32"))
      }
    }
  }

  @Test("names rows that are not finite, and leaves them out of everything", arguments: layouts)
  func invalid(_ options: DatasetOptions) throws {
    var x = Self.x(2001)
    var y = (0..<2001).map { Double($0) }
    let xPlaces = [
      (0, 1, Double.nan), (700, 2, -.infinity), (700, 0, .infinity), (1001, 2, 1e39), (2000, 0, .nan),
    ]
    for (row, column, value) in xPlaces { x[3 * row + column] = value }
    for (row, value) in [(700, Double.nan), (701, -.infinity)] { y[row] = value }
    try write(x, y, options)
    for threads in [1, 2, 3] {
      let found = try report { $0.threads = threads }
      #expect(found.invalid.count == 5 && found.invalid.withFeatures == 4 && found.invalid.withTargets == 2)
      let places = found.invalid.first.map { "\($0.part) \($0.row) \($0.column) \($0.value)" }
      #expect(
        places == [
          "x 0 1 nan", "x 700 0 inf", "x 700 2 -inf", "y 700 0 nan", "y 701 0 -inf", "x 1001 2 1e+39",
          "x 2000 0 nan",
        ])
      let rows: Set = [0, 700, 701, 1001, 2000]
      #expect(found.features == Self.statistics(x, columns: 3, without: rows))
      #expect(found.targets == Self.statistics(y, columns: 1, without: rows))
      #expect(found.constantFeatures == [2])
      #expect(found.refusal?.kind == .badData)
      #expect(found.refusal?.problem.contains("5 of 2001 rows; row 0, column 1 is not finite") == true)
    }
    // What float32 has no room for is fine in float64.
    let double = try report { $0.precision = .float64 }
    #expect(double.invalid.count == 4 && double.features.most[2] == 1e39)
  }

  @Test("agrees with training on what float32 holds")
  func precision() throws {
    let edge = Double(Float.greatestFiniteMagnitude)
    for (value, isTaken) in [
      (edge, true), (0x1.ffffffp127.nextDown, true), (0x1.ffffffp127, false), (-0x1.ffffffp127, false),
    ] {
      try write([value, 0, 0], [1.0])
      #expect(Float(value).isFinite == isTaken)
      #expect(try report().invalid.count == (isTaken ? 0 : 1))
    }
  }

  @Test("counts classes, and names labels that are none")
  func labels() throws {
    let x = Self.x(1000)
    try write(x, (0..<1000).map { Int64($0 % 7 == 3 ? 9 : $0 % 7) })
    let found = try report { $0.threads = 3 }
    let classes = try #require(found.classes)
    #expect(found.role == .labels && found.targets == nil && found.refusal == nil)
    #expect(classes.least == 0 && classes.largest == 9 && classes.classes == 10)
    #expect(classes.perClass == [143, 143, 143, 0, 143, 143, 142, 0, 0, 143])
    #expect(classes.missing == [3, 7, 8])

    var labels = (0..<1000).map { Double($0 % 2) }
    for (row, value) in [(5, -1), (6, 0.5), (7, .nan), (8, 2_147_483_647), (9, -.infinity), (10, -0.0)] {
      labels[row] = value
    }
    try write(x, labels)
    let bad = try report { $0.role = .labels }
    #expect(bad.invalid.count == 5 && bad.invalid.withTargets == 5 && bad.invalid.withFeatures == 0)
    #expect(bad.invalid.first.map(\.row) == [5, 6, 7, 8, 9])
    #expect(bad.invalid.first.allSatisfy { $0.problem == .notAClass })
    #expect(bad.classes?.perClass == [498, 497] && bad.features.count == 995)
    // As numbers, only two of them are wrong.
    #expect(try report { $0.role = .values }.invalid.count == 2)
  }

  @Test("does not count classes beyond bounds, and doubts numbers that are hardly classes")
  func manyClasses() throws {
    try write(Self.x(3), [0, 7, 2_000_000_000] as [Int64])
    let found = try report()
    #expect(found.classes?.perClass == nil && found.classes?.missing == nil)
    #expect(found.classes?.classes == 2_000_000_001)
    #expect(found.refusal?.problem.contains("more than rows") == true)
    #expect(try report { $0.role = .labels }.refusal == nil)
    #expect(try report { $0.role = .values }.refusal == nil)
    try write(Self.x(1), [-4] as [Int8])
    let none = try report()
    #expect(none.classes == ClassCounts() && none.classes?.classes == 0 && none.invalid.count == 1)
  }

  @Test("looks at one row, and at rows that are all wrong")
  func extremes() throws {
    try write([1, 2, 3] as [Float], [4] as [Float])
    let one = try report { $0.duplicates = .xy }
    #expect(
      one.features.means == [1, 2, 3] && one.constantFeatures == [0, 1, 2] && one.constantTargets == [0])
    #expect(one.refusal == nil && one.duplicates?.rows == 0)
    try write([Double](repeating: .nan, count: 3 * 501), [Double](repeating: 1, count: 501))
    for threads in [1, 2, 3] {
      let none = try report {
        ($0.threads, $0.duplicates) = (threads, .x)
      }
      #expect(none.invalid.count == 501 && none.invalid.first.count == DatasetValidation.mostTold)
      #expect(none.features.count == 0 && none.constantFeatures == [] && none.refusal != nil)
      #expect(none.duplicates?.rows == 500)
    }
  }

  @Test("finds duplicates in any memory", arguments: layouts)
  func duplicates(_ options: DatasetOptions) throws {
    let rows = 3001
    let x = (0..<rows).flatMap { row in [Double(row % 2500), 0.5, Double(row % 2500) * 2] }
    try write(x, (0..<rows).map { Double($0 < 2600 ? 0 : 1) }, options)
    for (kind, expected) in [(DuplicateKind.x, 501), (.xy, 100)] {
      let whole = try report { $0.duplicates = kind }.duplicates
      #expect(whole?.rows == expected && whole?.passes == 1)
      #expect(whole?.pairs.first == .init(first: 0, row: 2500) && whole?.pairs.count == 10)
      for threads in [1, 2, 3] {
        var parts = try report {
          ($0.duplicates, $0.threads, $0.duplicateBytes) = (kind, threads, 20_000)
        }.duplicates
        #expect(try #require(parts?.passes) > 4)
        parts?.passes = 1
        #expect(parts == whole)
      }
    }
  }

  @Test("tells progress to the end")
  func progress() throws {
    try write(Self.x(2000), [Double](repeating: 1, count: 2000))
    var options = DatasetValidation.Options()
    (options.duplicates, options.duplicateBytes) = (.xy, 20_000)
    var last = (done: 0, total: 0)
    let found = try DatasetValidation(location, options).run { done, total in
      #expect(done > last.done && total > 2000)
      last = (done, total)
    }
    #expect(last.done == last.total && last.total == 2000 * (found.duplicates?.passes ?? 0))
  }

  @Test("refuses what has no shape to be looked at")
  func shapes() throws {
    try write(Self.x(10), [Int64](repeating: 0, count: 20))
    let matrix = #expect(throws: LockstepError.self) { try report() }
    #expect(matrix?.problem == "classes must be a vector")
    #expect(try report { $0.role = .values }.y.width == 2)
    folder.remove("d.h5")
    try writeFile(location.file) { file in _ = try file.createDataset("x", [1.0, 2], shape: [2, 1]) }
    #expect(throws: LockstepError.self) { try report() }
  }
}
