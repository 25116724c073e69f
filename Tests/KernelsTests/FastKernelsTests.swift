import Primitives
import Testing

@testable import Kernels

@Suite struct FastKernelsTests {
  static let sizes = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 41, 64, 100, 1023]

  @Test func thereIsAVariantForEveryCPU() {
    #expect(KernelVariant.all.last?.name == "baseline" || KernelVariant.all.last?.name == "neon")
    #expect(KernelVariant.named("none") == nil)
  }

  private func checkUpdates<Element: Scalar>(_ variant: KernelVariant, count: Int, as type: Element.Type) {
    let fast = FastKernels<Element>(variant)
    let plain = FastKernels<Element>(nil)
    func run(_ kernels: FastKernels<Element>) -> [[UInt8]] {
      let gradient = Misaligned<Element>(numbers(count, stream: 1))
      let w = Misaligned<Element>(numbers(count, stream: 2))
      let m = Misaligned<Element>(numbers(count, stream: 3))
      let v = Misaligned<Element>(numbers(count, stream: 4).map { $0 * $0 })
      kernels.add(gradient.readOnly, to: w.elements)
      kernels.gradientDescent(
        parameters: w.elements, gradient: gradient.readOnly, scale: 0.3, decay: 0.01, rate: 0.01)
      kernels.momentum(
        parameters: w.elements, gradient: gradient.readOnly, velocity: m.elements, scale: 0.3,
        decay: 0.01, rate: 0.01, momentum: 0.9)
      kernels.nesterov(
        parameters: w.elements, gradient: gradient.readOnly, velocity: m.elements, scale: 0.3,
        decay: 0.01, rate: 0.01, momentum: 0.9)
      kernels.adaGrad(
        parameters: w.elements, gradient: gradient.readOnly, squares: v.elements, scale: 0.3,
        decay: 0.01, rate: 0.01, epsilon: 1e-8)
      kernels.rmsProp(
        parameters: w.elements, gradient: gradient.readOnly, squares: v.elements, scale: 0.3,
        decay: 0.01, rate: 0.01, oneMinusRho: 0.1, epsilon: 1e-8)
      let steps = Misaligned<Element>(numbers(count, stream: 5).map { $0 * $0 })
      kernels.adaDelta(
        parameters: w.elements, gradient: gradient.readOnly, squares: v.elements, steps: steps.elements,
        scale: 0.3, decay: 0.01, rate: 0.7, oneMinusRho: 0.1, epsilon: 1e-6)
      kernels.adam(
        parameters: w.elements, gradient: gradient.readOnly, firstMoment: m.elements,
        secondMoment: v.elements, scale: 0.3, decay: 0.01, shrink: 0.99, rate: 0.01, rootScale: 1.7,
        oneMinusBeta1: 0.1, oneMinusBeta2: 0.001, epsilon: 1e-8)
      return [w.bits, m.bits, v.bits, steps.bits]
    }
    #expect(run(fast) == run(plain), "\(variant.name), \(count) numbers")
  }

  @Test func updatesHaveTheBitsOfTheirSpecification() {
    for variant in KernelVariant.all {
      for count in Self.sizes {
        checkUpdates(variant, count: count, as: Float.self)
        checkUpdates(variant, count: count, as: Double.self)
      }
    }
  }

  @Test func sumsOfSquaresHaveTheBitsOfTheirSpecification() {
    func check<Element: Scalar>(_ variant: KernelVariant, count: Int, as type: Element.Type) {
      let values = Misaligned<Element>(numbers(count, stream: 6))
      let fast = FastKernels<Element>(variant).sumOfSquares(values.readOnly)
      #expect(
        fast.bitPattern == Elementwise.sumOfSquares(values.readOnly).bitPattern, "\(variant.name), \(count)")
    }
    for variant in KernelVariant.all {
      for count in Self.sizes {
        check(variant, count: count, as: Float.self)
        check(variant, count: count, as: Double.self)
      }
    }
  }

  @Test(arguments: [1, 5, 255, 256, 257, 289, 1000, 4097, 99_991, 100_000, 1 << 20, 1 << 40])
  func permutationsAreThoseOfTheirSpecification(count: Int) {
    let permutation = KeyedPermutation(
      count: count, random: CounterRandom(seed: 9, purpose: .testing, stream: 2))
    for variant in KernelVariant.all {
      for (start, length) in [(0, min(count, 700)), (count / 3, min(count / 2, 333)), (count - 1, 1)] {
        var indices = [Int](repeating: -1, count: length)
        indices.withUnsafeMutableBufferPointer {
          permutation.copyIndices(from: start, into: $0, variant: variant)
        }
        #expect(indices == (start..<start + length).map { permutation[$0] }, "\(variant.name)")
        // Prepared ahead, the same.
        let prepared = PreparedPermutation(permutation, variant: variant)
        var others = [Int](repeating: -1, count: length)
        withExtendedLifetime(prepared) {
          others.withUnsafeMutableBufferPointer { prepared.view.copyIndices(from: start, into: $0) }
        }
        #expect(others == indices, "\(variant.name), prepared")
      }
    }
  }
}
