import HDF5
import Primitives

/// Numbers as they lie in a file.
struct StoredNumbers {
  private let type: ElementType
  private let bytes: UnsafeRawBufferPointer
  /// Whether their bytes are in the other order than this machine's.
  private let areSwapped: Bool

  /// The numbers of `type` that `bytes` are.
  ///
  /// - Precondition: the type is one that is ``areConverted(_:)`` here.
  init(_ type: ElementType, _ bytes: UnsafeRawBufferPointer, areSwapped: Bool = false) {
    self.type = type
    self.bytes = bytes
    self.areSwapped = areSwapped
  }

  /// Whether numbers of `type` are converted here.
  static func areConverted(_ type: ElementType) -> Bool {
    switch type {
    case .float(16), .float(32), .float(64): true
    case .integer(8, _), .integer(16, _), .integer(32, _), .integer(64, _): true
    case .float, .integer, .string, .other: false
    }
  }

  /// Converts all of them, rounding to nearest as libhdf5 does.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func convert<Element: Scalar>(to values: UnsafeMutableBufferPointer<Element>) {
    if type == .float(bits: Element.precision.bytes * 8), !areSwapped {
      UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
      return
    }
    switch type {
    case .float(16): convert(to: values) { Element(Self.half($0)) }
    case .float(32): convert(to: values) { Element(Float(bitPattern: $0)) }
    case .float(64): convert(to: values) { Element(Double(bitPattern: $0)) }
    case .integer(8, true): convert(to: values) { (number: Int8) in Element(number) }
    case .integer(16, true): convert(to: values) { (number: Int16) in Element(number) }
    case .integer(32, true): convert(to: values) { (number: Int32) in Element(number) }
    case .integer(64, true): convert(to: values) { (number: Int64) in Element(number) }
    case .integer(8, false): convert(to: values) { (number: UInt8) in Element(number) }
    case .integer(16, false): convert(to: values) { (number: UInt16) in Element(number) }
    case .integer(32, false): convert(to: values) { (number: UInt32) in Element(number) }
    case .integer(64, false): convert(to: values) { (number: UInt64) in Element(number) }
    case .float, .integer, .string, .other: preconditionFailure("\(type) is not converted here")
    }
  }

  /// Converts all of them to classes, and returns the first that is none: neither whole nor from 0 up.
  func convertToLabels(_ labels: UnsafeMutableBufferPointer<Int32>) -> (index: Int, value: String)? {
    switch type {
    case .float(16): label(labels, Self.half) { Int32(exactly: $0) }
    case .float(32): label(labels, Float.init(bitPattern:)) { Int32(exactly: $0) }
    case .float(64): label(labels, Double.init(bitPattern:)) { Int32(exactly: $0) }
    case .integer(8, true): label(labels) { (number: Int8) in Int32(exactly: number) }
    case .integer(16, true): label(labels) { (number: Int16) in Int32(exactly: number) }
    case .integer(32, true): label(labels) { (number: Int32) in Int32(exactly: number) }
    case .integer(64, true): label(labels) { (number: Int64) in Int32(exactly: number) }
    case .integer(8, false): label(labels) { (number: UInt8) in Int32(exactly: number) }
    case .integer(16, false): label(labels) { (number: UInt16) in Int32(exactly: number) }
    case .integer(32, false): label(labels) { (number: UInt32) in Int32(exactly: number) }
    case .integer(64, false): label(labels) { (number: UInt64) in Int32(exactly: number) }
    case .float, .integer, .string, .other: preconditionFailure("\(type) is not converted here")
    }
  }

  /// The number that is stored as these 16 bits. `Float16` takes a call for each, unless the CPU is known to have an instruction.
  static func half(_ bits: UInt16) -> Float {
    // The exponents' difference is 127 - 15. What is subnormal in 16 bits is no more in 32: the product is exact.
    let magnitude = Float(bitPattern: UInt32(bits & 0x7FFF) << 13) * 0x1p112
    let sign = UInt32(bits & 0x8000) << 16
    // All bits of the exponent say that it is none.
    let exponent: UInt32 = bits & 0x7C00 == 0x7C00 ? 0x7F80_0000 : 0
    return Float(bitPattern: magnitude.bitPattern | exponent | sign)
  }

  @inline(__always) private func convert<Stored: FixedWidthInteger & BitwiseCopyable, Element: Scalar>(
    to values: UnsafeMutableBufferPointer<Element>, _ number: (Stored) -> Element
  ) {
    precondition(bytes.count == values.count * MemoryLayout<Stored>.stride)
    // Two loops, so that neither decides anything for each number.
    if areSwapped {
      for index in values.indices { values[index] = number(stored(index, as: Stored.self).byteSwapped) }
    } else {
      for index in values.indices { values[index] = number(stored(index)) }
    }
  }

  @inline(__always) private func label<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ labels: UnsafeMutableBufferPointer<Int32>, _ exactly: (Stored) -> Int32?
  ) -> (index: Int, value: String)? {
    label(labels, { $0 }, exactly)
  }

  @inline(__always) private func label<Stored: FixedWidthInteger & BitwiseCopyable, Number>(
    _ labels: UnsafeMutableBufferPointer<Int32>, _ number: (Stored) -> Number,
    _ exactly: (Number) -> Int32?
  ) -> (index: Int, value: String)? {
    precondition(bytes.count == labels.count * MemoryLayout<Stored>.stride)
    for index in labels.indices {
      let bits = stored(index, as: Stored.self)
      let value = number(areSwapped ? bits.byteSwapped : bits)
      // The number of classes has to fit, too.
      guard let label = exactly(value), label >= 0, label < Int32.max else { return (index, "\(value)") }
      labels[index] = label
    }
    return nil
  }

  @inline(__always) private func stored<Stored: BitwiseCopyable>(
    _ index: Int, as _: Stored.Type = Stored.self
  )
    -> Stored
  {
    bytes.loadUnaligned(fromByteOffset: index &* MemoryLayout<Stored>.stride, as: Stored.self)
  }
}
