import Primitives
import Testing

@testable import Kernels

@Suite struct ElementwiseTests {
  @Test(arguments: [0, 1, 2, 7, 16, 31]) func clearAndAddReachEveryElement(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 1)
        let (a, b) = (numbers.buffer(count, as: type), numbers.buffer(count, as: type))
        let (first, second) = (a.array, b.array)
        Elementwise.add(a.readOnly, to: b.elements)
        #expect(a.array == first && b.array == zip(first, second).map { $1 + $0 })
        a.elements.update(repeating: .nan)
        Elementwise.clear(a.elements)
        #expect(a.array == Array(repeating: 0, count: count))
      }
      check(type)
    }
  }

  @Test(arguments: allKernels) func finiteNumbersOfAnySizeAreFinite(kernels: KernelVariant?) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let values: [Element] = [
          .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0, 0, 1,
          .leastNormalMagnitude, .greatestFiniteMagnitude,
        ]
        let buffer = Misaligned(Array((0..<520).map { _ in values }.joined()))
        #expect(Elementwise.firstNonFinite(buffer.readOnly, variant: kernels) == nil)
        let none = UnsafeBufferPointer<Element>(start: nil, count: 0)
        #expect(Elementwise.firstNonFinite(none, variant: kernels) == nil)
      }
      check(type)
    }
  }

  /// Around the ends of the blocks in which the search runs.
  @Test(arguments: allKernels, [1, 2, 127, 128, 129, 255, 256, 257, 513])
  func theFirstNonFiniteNumberIsFoundAnywhere(kernels: KernelVariant?, count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let buffer = Misaligned(Array(repeating: Element(1), count: count))
        func first() -> Int? { Elementwise.firstNonFinite(buffer.readOnly, variant: kernels) }
        let places = [0, 1, 126, 127, 128, 129, 254, 255, 256, 257, 511, 512].filter { $0 < count }
        for (index, place) in places.enumerated() {
          for value in [Element.nan, .infinity, -.infinity, .signalingNaN] {
            buffer.elements[place] = value
            #expect(first() == place)
            for later in places[(index + 1)...] {
              buffer.elements[later] = -.infinity
              #expect(first() == place)
              buffer.elements[later] = 1
            }
          }
          buffer.elements[place] = 1
        }
        #expect(first() == nil)
      }
      check(type)
    }
  }

  @Test(arguments: allKernels)
  func theFirstNonFiniteNumberIsFoundAtEveryPositionOfAShortVector(kernels: KernelVariant?) {
    let buffer = Misaligned(Array(repeating: Float(1), count: 67))
    for place in 0..<67 {
      buffer.elements[place] = .infinity
      #expect(Elementwise.firstNonFinite(buffer.readOnly, variant: kernels) == place)
      buffer.elements[place] = 1
    }
  }

  @Test(arguments: allKernels) func infinitiesOfBothSignsDoNotCancel(kernels: KernelVariant?) {
    let buffer = Misaligned([1, .infinity, -.infinity, 1] as [Double])
    #expect(Elementwise.firstNonFinite(buffer.readOnly, variant: kernels) == 1)
  }

  @Test func weightsAreFiniteAndNotNegative() {
    let buffer = Misaligned([0, -0.0, 2, .greatestFiniteMagnitude, 1] as [Float])
    #expect(Elementwise.firstNotAWeight(buffer.readOnly) == nil)
    for bad in [-1, .nan, .infinity, -.infinity, -.leastNonzeroMagnitude] as [Float] {
      buffer.elements[3] = bad
      #expect(Elementwise.firstNotAWeight(buffer.readOnly) == 3)
    }
  }

  @Test(arguments: [0, 1, 15, 16, 17, 100]) func sumsOfSquaresAreInDoublePrecision(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 9)
        let values = numbers.buffer(count, as: type)
        let expected = values.doubles.reduce(0) { $0 + $1 * $1 }
        #expect(
          abs(Elementwise.sumOfSquares(values.readOnly) - expected) <= Double(count) * expected * 0x1p-52)
      }
      check(type)
    }
    // What would overflow as a Float.
    let large = AlignedBuffer(repeating: Float(0x1p100), count: count)
    #expect(Elementwise.sumOfSquares(large.readOnly) == Double(count) * 0x1p200)
  }
}
