import Foundation
import HDF5
import Primitives
import TestSupport

@testable import Datasets

/// All rows of a source, gathered.
struct Gathered: Equatable {
  var x: [Double] = []
  var y: [Double] = []
  var rows = 0
  var skipped = 0
  var classes: [String]?

  /// Surveys and reads `source`, twice, since sources can be read again.
  init(_ source: any ConversionSource) throws {
    let survey = try source.survey { _ in }
    (skipped, classes) = (survey.skipped, survey.classes)
    for _ in 0..<2 {
      (x, y, rows) = ([], [], 0)
      var gathered = self
      try source.read(progress: { _ in }) { block in
        gathered.x += block.x
        gathered.y += block.y
        gathered.rows += block.rows
      }
      self = gathered
    }
    guard survey.rows == rows else { throw Miscounted(announced: survey.rows, found: rows) }
  }

  struct Miscounted: Error {
    var announced: Int
    var found: Int
  }
}

/// A folder of text files.
struct TextFolder {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func write(_ text: String, to name: String = "data.csv") throws -> String {
    try write(Array(text.utf8), to: name)
  }

  func write(_ bytes: [UInt8], to name: String = "data.csv") throws -> String {
    let path = folder.file(name)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// The rows of `text` as a target and features; sizes tell how the file is cut into pieces.
  func rows(
    _ text: String, _ options: ConversionOptions = ConversionOptions(),
    sizes: CSVPieces.Sizes = CSVPieces.Sizes()
  ) throws -> Gathered {
    try Gathered(try CSVSource([try write(text)], options, sizes: sizes))
  }

  /// The error that reading `text` ends in, without the name of the folder; nil if there is none.
  func message(
    _ text: String, _ options: ConversionOptions = ConversionOptions(),
    sizes: CSVPieces.Sizes = CSVPieces.Sizes()
  ) throws -> String? {
    do {
      _ = try rows(text, options, sizes: sizes)
      return nil
    } catch let error as LockstepError {
      return error.description.replacingOccurrences(of: folder.path + "/", with: "")
    }
  }
}

/// How files are cut in tests: blocks and parts of so many bytes.
let awkwardSizes = [(1, 1), (2, 1), (3, 2), (7, 3), (16, 1), (64, 16), (1000, 10)].map {
  CSVPieces.Sizes(block: $0, part: $1)
}

func options(_ change: (inout ConversionOptions) -> Void) -> ConversionOptions {
  var options = ConversionOptions()
  options.precision = .float64
  change(&options)
  return options
}
