import Lockstep
import Testing

@testable import Training

@Suite("The norm of a gradient")
struct GradientNormTests {
  @Test("is the same sum whoever adds up what", arguments: [1, 511, 512, 513, 5000])
  func sameBits(count: Int) {
    let random = CounterRandom(seed: 3, purpose: .testing)
    let gradient = AlignedBuffer((0..<count).map { Float(random.uniforms(UInt64($0)).0 - 0.5) }, filler: 0)
    func sum(workers: Int) -> Double {
      let norm = GradientNorm(parameters: count)
      for worker in 0..<workers {
        Range(worker: worker, of: workers, count: count, unit: GradientNorm.block)
          .forEachPiece(of: GradientNorm.block) { block in
            norm.view.measure(
              UnsafeBufferPointer(rebasing: gradient.elements[block]), first: block.lowerBound,
              kernels: FastKernels(.current))
          }
      }
      return norm.view.sum()
    }
    let expected = gradient.array.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(sum(workers: 1) - expected) <= 1e-13 * expected)
    for workers in 2...9 { #expect(sum(workers: workers).bitPattern == sum(workers: 1).bitPattern) }
  }
}
