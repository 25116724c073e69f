import Primitives
import Testing

@testable import Kernels

@Suite struct GatherTests {
  /// Fewer rows than are asked for ahead, and more.
  private static func choices(of count: Int) -> [[Int]] {
    [[0], [count - 1], [10, 0, 5, 5, 3], Array((0..<count).reversed()), (0..<90).map { $0 * 7 % count }]
  }

  /// Widths around the sizes of every copy, and beyond the widest vector.
  @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 100, 129])
  func rowsAreCopiedInTheOrderAskedFor(width: Int) {
    let count = 11
    let source = Misaligned((0..<count * width).map(Int32.init))
    for indices in [[]] + Self.choices(of: count) {
      let chosen = AlignedBuffer(indices, filler: 0)
      let expected = indices.flatMap { row in (0..<width).map { Int32(row * width + $0) } }
      for variant in allKernels {
        // One number more, which must stay as it is.
        let destination = AlignedBuffer(repeating: Int32(-1), count: indices.count * width + 1)
        Gather.rows(
          of: source.readOnly, width: width, indices: chosen.readOnly,
          to: UnsafeMutableBufferPointer(rebasing: destination.elements.dropLast()), variant: variant)
        #expect(destination.array == expected + [-1], "\(variant.title)")
      }
    }
  }

  @Test func bitsOfNotANumberAreKept() {
    let patterns: [UInt32] = [0x7fc0_0001, 0xffc1_2345, 0x8000_0000]
    let source = AlignedBuffer(patterns.map { Float(bitPattern: $0) }, filler: 0)
    let indices = AlignedBuffer([2, 1, 0], filler: 0)
    for variant in allKernels {
      let destination = AlignedBuffer(repeating: Float(0), count: 3)
      Gather.rows(
        of: source.readOnly, width: 1, indices: indices.readOnly, to: destination.elements, variant: variant)
      #expect(destination.array.map(\.bitPattern) == patterns.reversed())
    }
  }

  @Test(arguments: [1, 3, 7, 8, 9, 15, 16, 17, 32, 40, 64, 100, 129])
  func rowsAreCopiedIntoPanels(width: Int) {
    check(width: width, as: Float.self)
    check(width: width, as: Double.self)
  }

  private func check<Element: Scalar>(width: Int, as: Element.Type) {
    let (count, lanes) = (11, PanelKernels<Element>.lanes)
    let source = Misaligned((0..<count * width).map { Element($0) })
    for indices in Self.choices(of: count) {
      let chosen = AlignedBuffer(indices, filler: 0)
      let panelStride = (indices.count + 2) * lanes
      for variant in KernelVariant.all {
        let size = PanelKernels<Element>.padded(width) / lanes * panelStride
        let panels = AlignedBuffer(repeating: Element(-1), count: size)
        var expected = panels.array
        for (row, index) in indices.enumerated() {
          for column in 0..<width {
            expected[column / lanes * panelStride + row * lanes + column % lanes] = Element(
              index * width + column)
          }
        }
        guard let start = panels.elements.baseAddress else { continue }
        PanelKernels<Element>(variant).gather(
          of: source.readOnly, width: width, indices: chosen.readOnly, to: start, panelStride: panelStride)
        #expect(panels.array == expected, "\(variant.name)")
      }
    }
  }
}
