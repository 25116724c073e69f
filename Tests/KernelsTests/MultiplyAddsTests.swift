import Primitives
import Testing

@testable import Kernels

/// Multiply-adds for their own sake.
@Suite struct MultiplyAddsTests {
  private func check<Element: Scalar>(_ variant: KernelVariant, rounds: Int, as type: Element.Type) {
    let kernel = MultiplyAdds<Element>(variant)
    var expected = kernel.values.array
    for _ in 0..<rounds { expected = expected.map { Element(1).addingProduct($0, 0.5) } }
    #expect(kernel.run(rounds: rounds) == rounds * expected.count)
    #expect(kernel.values.array == expected, "\(variant.name), \(rounds) rounds")
  }

  @Test func areAllMade() {
    for variant in KernelVariant.all {
      for rounds in [0, 1, 2, 7, 100] {
        check(variant, rounds: rounds, as: Float.self)
        check(variant, rounds: rounds, as: Double.self)
      }
    }
  }

  @Test func fillWholeVectors() {
    for variant in KernelVariant.all {
      #expect(MultiplyAdds<Float>(variant).values.count % 16 == 0)
      #expect(MultiplyAdds<Double>(variant).values.count % 8 == 0)
    }
  }
}
