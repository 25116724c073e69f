import Kernels
import Primitives
import Testing

@Suite struct GatherTests {
  @Test(arguments: [1, 2, 3, 17]) func rowsAreCopiedInTheOrderAskedFor(width: Int) {
    let count = 11
    let source = AlignedBuffer((0..<count * width).map(Int32.init), filler: 0)
    for indices in [[], [0], [10], [10, 0, 5, 5, 3], Array((0..<count).reversed())] {
      let chosen = AlignedBuffer(indices, filler: 0)
      let destination = AlignedBuffer(repeating: Int32(-1), count: indices.count * width)
      Gather.rows(
        of: source.readOnly, width: width, indices: chosen.readOnly, to: destination.elements)
      #expect(destination.array == indices.flatMap { row in (0..<width).map { Int32(row * width + $0) } })
    }
  }

  @Test func bitsOfNotANumberAreKept() {
    let patterns: [UInt32] = [0x7fc0_0001, 0xffc1_2345, 0x8000_0000]
    let source = AlignedBuffer(patterns.map { Float(bitPattern: $0) }, filler: 0)
    let indices = AlignedBuffer([2, 1, 0], filler: 0)
    let destination = AlignedBuffer(repeating: Float(0), count: 3)
    Gather.rows(of: source.readOnly, width: 1, indices: indices.readOnly, to: destination.elements)
    #expect(destination.array.map(\.bitPattern) == patterns.reversed())
  }
}
