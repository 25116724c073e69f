import Primitives
import Testing

@Suite struct MatrixTests {
  @Test func elementsLieRowByRow() {
    let buffer = AlignedBuffer((0..<6).map(Double.init), filler: 0)
    let matrix = Matrix(UnsafeBufferPointer(buffer.elements), rows: 2, columns: 3)
    #expect(matrix.rows == 2 && matrix.columns == 3)
    #expect((0..<2).map { row in (0..<3).map { matrix[row, $0] } } == [[0, 1, 2], [3, 4, 5]])
    #expect(Array(matrix.row(0)) == [0, 1, 2] && Array(matrix.row(1)) == [3, 4, 5])
  }

  @Test func writingReachesTheOwner() {
    let buffer = AlignedBuffer(repeating: Float(0), count: 6)
    let matrix = MutableMatrix(buffer.elements, rows: 3, columns: 2)
    matrix[2, 0] = 5
    matrix.row(1)[1] = 7
    #expect(buffer.array == [0, 0, 0, 7, 5, 0])
    #expect(matrix[2, 0] == 5)
    #expect(matrix.readOnly[1, 1] == 7)
    #expect(matrix.readOnly.rows == 3 && matrix.readOnly.columns == 2)
  }

  @Test func aMatrixMayHaveNoRows() {
    let buffer = AlignedBuffer(repeating: 0.0, count: 0)
    #expect(Matrix(UnsafeBufferPointer(buffer.elements), rows: 0, columns: 3).rows == 0)
  }

  @Test func aShapeThatDoesNotFitTheElementsIsACallersError() async {
    await #expect(processExitsWith: .failure) {
      let buffer = AlignedBuffer(repeating: 0.0, count: 5)
      _ = MutableMatrix(buffer.elements, rows: 2, columns: 3)
    }
  }
}
