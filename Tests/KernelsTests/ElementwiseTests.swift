import Kernels
import Primitives
import Testing

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

  @Test func finiteNumbersOfAnySizeAreFinite() {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let values: [Element] = [
          .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0, 0, 1,
          .leastNormalMagnitude, .greatestFiniteMagnitude,
        ]
        let buffer = AlignedBuffer(Array((0..<520).map { _ in values }.joined()), filler: 0)
        #expect(Elementwise.firstNonFinite(buffer.readOnly) == nil)
        #expect(Elementwise.firstNonFinite(UnsafeBufferPointer<Element>(start: nil, count: 0)) == nil)
      }
      check(type)
    }
  }

  /// Around the ends of the blocks in which the search runs.
  @Test(arguments: [1, 2, 4095, 4096, 4097, 8193]) func theFirstNonFiniteNumberIsFoundAnywhere(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        let buffer = AlignedBuffer(repeating: Element(1), count: count)
        let places = [0, 1, 4094, 4095, 4096, 4097, 8191, 8192].filter { $0 < count }
        for (index, place) in places.enumerated() {
          for value in [Element.nan, .infinity, -.infinity, .signalingNaN] {
            buffer.elements[place] = value
            #expect(Elementwise.firstNonFinite(buffer.readOnly) == place)
            for later in places[(index + 1)...] {
              buffer.elements[later] = -.infinity
              #expect(Elementwise.firstNonFinite(buffer.readOnly) == place)
              buffer.elements[later] = 1
            }
          }
          buffer.elements[place] = 1
        }
        #expect(Elementwise.firstNonFinite(buffer.readOnly) == nil)
      }
      check(type)
    }
  }

  @Test func theFirstNonFiniteNumberIsFoundAtEveryPositionOfAShortVector() {
    let buffer = AlignedBuffer(repeating: Float(1), count: 67)
    for place in 0..<67 {
      buffer.elements[place] = .infinity
      #expect(Elementwise.firstNonFinite(buffer.readOnly) == place)
      buffer.elements[place] = 1
    }
  }

  @Test func infinitiesOfBothSignsDoNotCancel() {
    let buffer = AlignedBuffer([1, .infinity, -.infinity, 1] as [Double], filler: 0)
    #expect(Elementwise.firstNonFinite(buffer.readOnly) == 1)
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
