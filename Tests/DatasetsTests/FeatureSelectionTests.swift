import Primitives
import Testing

@testable import Datasets

@Suite("Features that are taken")
struct FeatureSelectionTests {
  let names = ["width", "height", "2", "mass"]

  func failure(_ texts: [String], _ names: [String] = []) -> LockstepError? {
    do throws(LockstepError) {
      _ = try FeatureSelection(texts, names: names, count: 4, of: "d.h5:/x")
      return nil
    } catch {
      return error
    }
  }

  @Test("are named by number or by name, in any order")
  func naming() throws {
    func columns(_ texts: [String], _ names: [String] = []) throws -> [Int] {
      try FeatureSelection(texts, names: names, count: 4, of: "").columns
    }
    #expect(try columns(["3", "0"]) == [3, 0])
    #expect(try columns(["mass", "1"], names) == [3, 1])
    // A name comes before a number.
    #expect(try columns(["2", "3"], ["2", "a", "b", "c"]) == [0, 3])
  }

  @Test("have to be there, once")
  func refusals() {
    for (texts, names, words) in [
      (["4"], [], "0 to 3"), (["-1"], [], "0 to 3"), (["x"], self.names, "width, height"),
      (["1", "1"], [], "twice"), (["height", "1"], self.names, "twice"), ([], [], "no column"),
    ] as [([String], [String], String)] {
      let error = failure(texts, names)
      #expect(error?.kind == .usage && error?.subject == "--features")
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
    #expect(FeatureSelection(columns: []) == nil && FeatureSelection(columns: [1, 1]) == nil)
    #expect(FeatureSelection(columns: [-1]) == nil && FeatureSelection(columns: [5, 0]) != nil)
  }

  @Test("are copied from whole rows")
  func copying() throws {
    let selection = try #require(FeatureSelection(columns: [2, 0]))
    let result = AlignedBuffer<Float>(repeating: 0, count: 4)
    [1, 2, 3, 4, 5, 6].withUnsafeBufferPointer { selection.copy(from: $0, width: 3, to: result.elements) }
    #expect(result.array == [3, 1, 6, 4])
  }
}
