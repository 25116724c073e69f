import HDF5
import Primitives
import TestSupport
import Testing

@testable import Datasets

@Suite("Statistics written into the file")
struct StatisticsAttributesTests {
  let folder: TemporaryFolder
  let location: DatasetLocation

  init() throws {
    folder = try TemporaryFolder()
    location = DatasetLocation(file: folder.file("d.h5"), x: "run/features", y: "run/mass")
  }

  func write(rows: Int = 100, width: Int, _ y: [Double]? = nil) throws {
    folder.remove("d.h5")
    try writeFile(location.file) { file in
      let group = try file.createGroup("run")
      let x = (0..<rows * width).map { Float($0 % 17) }
      _ = try group.createDataset("features", x, shape: [rows, width])
      _ = try group.createDataset("mass", y ?? (0..<rows).map { Double($0) })
    }
  }

  func validate(writing: Bool = true, _ role: TargetRole? = nil) throws -> ValidationReport {
    var options = DatasetValidation.Options()
    (options.writesStatistics, options.role) = (writing, role)
    return try DatasetValidation(location, options).run()
  }

  func attribute(_ name: String, of dataset: String) throws -> [Double]? {
    try File(opening: location.file).openDataset(dataset).attribute(name, as: [Double].self)
  }

  @Test("are those that were measured, and replace older ones")
  func writing() throws {
    try write(width: 3)
    for _ in 0..<2 {
      let found = try validate()
      #expect(found.written == ["/run/features", "/run/mass"] && found.tooWide == [])
      #expect(try attribute("mean", of: location.x) == found.features.means)
      #expect(
        try attribute("standard_deviation", of: location.x)
          == (0..<3).map { found.features.standardDeviation($0) })
      #expect(try attribute("minimum", of: location.y) == [0] && attribute("maximum", of: location.y) == [99])
    }
    #expect(try validate(writing: false).written == [])
  }

  @Test("are not written of labels, nor if no row has any")
  func nothing() throws {
    try write(width: 1, (0..<100).map { Double($0 % 2) })
    #expect(try validate(.labels).written == ["/run/features"])
    #expect(try attribute("mean", of: location.y) == nil)
    try write(width: 1, [Double](repeating: .nan, count: 100))
    #expect(try validate().written == [])
    #expect(try attribute("mean", of: location.x) == nil)
  }

  @Test("fit for as many columns as an attribute holds")
  func width() throws {
    let most = StatisticsAttributes.mostColumns
    try write(rows: 2, width: most)
    #expect(try validate().written == ["/run/features", "/run/mass"])
    #expect(try attribute("maximum", of: location.x)?.count == most)
    try write(rows: 2, width: most + 1)
    let wide = try validate()
    #expect(wide.written == ["/run/mass"] && wide.tooWide == ["/run/features"])
  }

  @Test("do not go into another file of the name")
  func replacement() throws {
    try write(width: 2)
    let found = try validate(writing: false)
    let old = try RawFile(try File(opening: location.file))
    try write(width: 2)
    // The old file is kept by `old`, so the new one is another.
    let error = #expect(throws: LockstepError.self) {
      try StatisticsAttributes(found).write(to: location, if: old)
    }
    #expect(error?.problem == "the file was replaced while it was read")
    #expect(try attribute("mean", of: location.x) == nil)
  }
}
