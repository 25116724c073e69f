import Primitives
import Testing

@Suite struct AlignedBufferTests {
  @Test(arguments: [0, 1, 3, 16, 17, 1000]) func theFirstElementStandsAtACacheLine(count: Int) {
    func check<Element: BitwiseCopyable>(_ value: Element) {
      let buffer = AlignedBuffer(repeating: value, count: count)
      #expect(Int(bitPattern: buffer.elements.baseAddress) % 64 == 0)
      #expect(buffer.count == count && buffer.elements.count == count)
    }
    check(Float(1))
    check(1.0)
    check(UInt8(1))
    check((Int8(1), Int64(2)))
  }

  @Test func allElementsHaveTheFirstValue() {
    #expect(AlignedBuffer(repeating: 2.5, count: 100).array == Array(repeating: 2.5, count: 100))
    #expect(AlignedBuffer(repeating: 2.5, count: 0).array.isEmpty)
    // More than are copied at a time, and more bytes a piece than one has.
    #expect(AlignedBuffer(repeating: UInt8(7), count: 100_001).array.allSatisfy { $0 == 7 })
    let pairs = AlignedBuffer(repeating: (Int64(-3), Int8(5)), count: 10_007)
    #expect(pairs.array.allSatisfy { $0 == (-3, 5) })
    let wide = AlignedBuffer(repeating: SIMD64<Double>(repeating: 4), count: 40)
    #expect(wide.array.allSatisfy { $0[63] == 4 })
  }

  @Test(arguments: [0, 1, 1000, 3_000_000]) func zerosNeedNotBeWritten(count: Int) throws {
    let buffer = try AlignedBuffer<Int32>(zeros: count)
    #expect(Int(bitPattern: buffer.elements.baseAddress) % 64 == 0)
    #expect(buffer.count == count && buffer.elements.allSatisfy { $0 == 0 })
    if count > 0 { buffer.elements[count - 1] = 5 }
    let error = #expect(throws: LockstepError.self) { _ = try AlignedBuffer<UInt8>(zeros: 1 << 60) }
    #expect(error?.kind == .memory)
  }

  @Test func aCopyHasTheValuesAndIsItsOwn() {
    let values = (0..<100).map(Int32.init)
    let buffer = AlignedBuffer(values, filler: -1)
    #expect(buffer.array == values)
    buffer.elements[7] = 70
    #expect(values[7] == 7 && buffer.array[7] == 70)
    #expect(AlignedBuffer(values[10..<20], filler: 0).array == Array(10..<20))
    #expect(AlignedBuffer([Double](), filler: 0).count == 0)
  }

  @Test func twoBuffersShareNoCacheLine() {
    let buffers = (0..<20).map { AlignedBuffer(repeating: UInt8(0), count: $0) }
    let lines = buffers.map { buffer -> Set<Int> in
      let start = Int(bitPattern: buffer.elements.baseAddress) / 64
      return Set(start...start + max(0, buffer.count - 1) / 64)
    }
    #expect(lines.reduce(0) { $0 + $1.count } == lines.reduce(Set()) { $0.union($1) }.count)
  }
}
