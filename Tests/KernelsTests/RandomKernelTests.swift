import Primitives
import Testing

@testable import Kernels

@Suite struct RandomKernelTests {
  /// Sizes around those of a group of vectors, and positions at which the words of the counter overflow.
  @Test(arguments: [0, 1, 2, 7, 8, 31, 32, 33, 64, 100, 517], [0, 3, 0xffff_fff5, UInt64.max - 20])
  func everyVariantGivesTheNumbersOfTheStream(blocks: Int, first: UInt64) {
    let random = CounterRandom(seed: 0xdead_beef_0123_4567, purpose: .testing, stream: 0xffff_0001)
    var uniforms: [Double] = []
    var normals: [Double] = []
    for block in 0..<blocks {
      let (u, v) = random.uniforms(first &+ UInt64(block))
      let (a, b) = random.normals(first &+ UInt64(block))
      uniforms += [u, v]
      normals += [a, b]
    }
    for variant in allKernels {
      // One number before and two behind, which must stay as they are.
      let numbers = AlignedBuffer(repeating: -1.0, count: 2 * blocks + 3)
      let middle = UnsafeMutableBufferPointer(rebasing: numbers.elements[1..<1 + 2 * blocks])
      random.copyUniforms(from: first, into: middle, variant: variant)
      #expect(numbers.array == [-1] + uniforms + [-1, -1], "\(variant.title)")
      random.copyNormals(from: first, into: middle, variant: variant)
      #expect(numbers.array == [-1] + normals + [-1, -1], "\(variant.title)")
    }
  }
}
