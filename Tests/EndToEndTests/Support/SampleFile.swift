import HDF5

/// Dataset files that the program did not write.
enum SampleFile {
  /// Writes numbers as /x and /y.
  static func write(
    _ path: String, x: [Double], _ xShape: [Int], y: [Double], _ yShape: [Int], xName: String? = "/x",
    yName: String? = "/y"
  ) throws {
    let file = try File(creating: path)
    if let xName { _ = try file.createDataset(xName, x, shape: xShape) }
    if let yName { _ = try file.createDataset(yName, y, shape: yShape) }
    try file.close()
  }

  /// Writes numbers as /x and whole numbers as /y.
  static func write(_ path: String, x: [Double], _ xShape: [Int], labels: [Int64]) throws {
    let file = try File(creating: path)
    _ = try file.createDataset("/x", x, shape: xShape)
    _ = try file.createDataset("/y", labels, shape: [labels.count])
    try file.close()
  }

  /// `count` numbers from 0 to 1 without a pattern.
  static func numbers(_ count: Int) -> [Double] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 40) / Double(1 << 24)
    }
  }

  /// Writes `rows` rows of four numbers, and as label the place of the largest of the first three.
  static func writeLabelled(_ path: String, rows: Int) throws {
    let x = numbers(4 * rows)
    let labels = (0..<rows).map { row in Int64((0..<3).max { x[4 * row + $0] < x[4 * row + $1] } ?? 0) }
    try write(path, x: x, [rows, 4], labels: labels)
  }
}
