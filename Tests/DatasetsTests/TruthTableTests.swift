import Datasets
import HDF5
import Primitives
import TestSupport
import Testing

@Suite("Truth tables")
struct TruthTableTests {
  @Test("say what the functions are", arguments: TruthTable.allCases)
  func rows(_ table: TruthTable) {
    for row in 0..<4 {
      let (a, b) = (table.features[2 * row] == 1, table.features[2 * row + 1] == 1)
      let expected =
        switch table {
        case .and: a && b
        case .or: a || b
        case .xor: a != b
        }
      #expect(table.targets[row] == (expected ? 1 : 0))
    }
    #expect(table.features == [0, 0, 0, 1, 1, 0, 1, 1], "each pair once")
  }

  @Test("are read as they were written", arguments: TruthTable.allCases)
  func file(_ table: TruthTable) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("t.h5")
    try table.write(to: path, source: "test", as: Double.self)
    let file = try File(opening: path)
    #expect(try file.openDataset("/x").shape == [4, 2])
    #expect(try file.openDataset("/y").shape == [4, 1])
    #expect(try file.attribute("schema") == "lockstep-dataset")
    #expect(try file.attribute("formula") == "y = x0 \(table.rawValue) x1")
    var x = [Double](repeating: .nan, count: 8)
    try x.withUnsafeMutableBufferPointer { try file.openDataset("/x").read(.rows(0..<4), into: $0) }
    var y = [Double](repeating: .nan, count: 4)
    try y.withUnsafeMutableBufferPointer { try file.openDataset("/y").read(.rows(0..<4), into: $0) }
    #expect(x == table.features && y == table.targets)
    let samples: Samples<Double> = table.samples()
    #expect(samples.x.array == x && samples.count == 4 && samples.outputs == 1)
  }

  @Test("leave nothing behind when writing fails")
  func failure() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: LockstepError.self) {
      try TruthTable.xor.write(to: folder.file("missing/t.h5"), source: "", as: Float.self)
    }
    #expect(error?.kind == .cannotCreate)
    #expect(folder.names.isEmpty)
  }
}
