import HDF5
import Testing

@testable import Datasets

@Suite struct StoredNumbersTests {
  @Test func `every half is the number that Float16 has`() {
    let all = Array(UInt16.min...UInt16.max)
    for bits in all {
      let (found, expected) = (StoredNumbers.half(bits), Float(Float16(bitPattern: bits)))
      if expected.isNaN {
        #expect(found.isNaN)
      } else {
        #expect(found.bitPattern == expected.bitPattern, "bits \(bits)")
      }
    }
    var floats = [Float](repeating: 0, count: all.count)
    all.withUnsafeBytes { bytes in
      floats.withUnsafeMutableBufferPointer { StoredNumbers(.float(bits: 16), bytes).convert(to: $0) }
    }
    for (bits, number) in zip(all, floats) where !number.isNaN {
      #expect(number == StoredNumbers.half(bits))
    }
  }

  @Test func `the order of bytes makes no difference`() {
    func check<Stored: FixedWidthInteger & BitwiseCopyable>(
      _ type: ElementType, _ stored: [Stored], _ numbers: [Double]
    ) {
      #expect(StoredNumbers.areConverted(type))
      for isSwapped in [false, true] {
        let bits = isSwapped ? stored.map(\.byteSwapped) : stored
        var doubles = [Double](repeating: .nan, count: bits.count)
        var floats = [Float](repeating: .nan, count: bits.count)
        bits.withUnsafeBytes { bytes in
          let numbers = StoredNumbers(type, bytes, areSwapped: isSwapped)
          doubles.withUnsafeMutableBufferPointer { numbers.convert(to: $0) }
          floats.withUnsafeMutableBufferPointer { numbers.convert(to: $0) }
        }
        #expect(doubles == numbers, "\(type)")
        #expect(floats == numbers.map { Float($0) }, "\(type)")
      }
    }
    let numbers = [0, 1, -2.5, 1024, 0.1]
    check(.float(bits: 16), numbers.map { Float16($0).bitPattern }, numbers.map { Double(Float16($0)) })
    check(.float(bits: 32), numbers.map { Float($0).bitPattern }, numbers.map { Double(Float($0)) })
    check(.float(bits: 64), numbers.map(\.bitPattern), numbers)
    func integers<Stored: FixedWidthInteger & BitwiseCopyable>(_: Stored.Type) {
      let values: [Stored] = [0, 1, 77, .max, .min]
      check(.integer(bits: Stored.bitWidth, signed: Stored.isSigned), values, values.map { Double($0) })
    }
    integers(Int8.self)
    integers(Int16.self)
    integers(Int32.self)
    integers(Int64.self)
    integers(UInt8.self)
    integers(UInt16.self)
    integers(UInt32.self)
    integers(UInt64.self)
  }

  @Test func `classes are whole numbers of any type and order of bytes`() {
    func labels<Stored: FixedWidthInteger & BitwiseCopyable>(
      _ type: ElementType, _ stored: [Stored], areSwapped: Bool
    ) -> (labels: [Int32], bad: String?) {
      var labels = [Int32](repeating: -1, count: stored.count)
      let bad = stored.withUnsafeBytes { bytes in
        labels.withUnsafeMutableBufferPointer {
          StoredNumbers(type, bytes, areSwapped: areSwapped).convertToLabels($0)
        }
      }
      return (labels, bad.map { "\($0.index): \($0.value)" })
    }
    #expect(
      labels(.integer(bits: 16, signed: true), [Int16(3), 700].map(\.byteSwapped), areSwapped: true).labels
        == [3, 700])
    #expect(labels(.float(bits: 16), [Float16(3), 9].map(\.bitPattern), areSwapped: false).labels == [3, 9])
    let broken = [Float(3), 1.5].map { $0.bitPattern.byteSwapped }
    #expect(labels(.float(bits: 32), broken, areSwapped: true).bad == "1: 1.5")
    #expect(labels(.integer(bits: 64, signed: true), [Int64(0), -1], areSwapped: false).bad == "1: -1")
  }
}
