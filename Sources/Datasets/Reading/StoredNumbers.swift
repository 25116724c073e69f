import HDF5
import Primitives

/// Numbers as they lie in a file, in this machine's order of bytes.
struct StoredNumbers {
  private let type: ElementType
  private let bytes: UnsafeRawBufferPointer

  /// The numbers of `type` that `bytes` are.
  init(_ type: ElementType, _ bytes: UnsafeRawBufferPointer) {
    self.type = type
    self.bytes = bytes
  }

  /// Converts all of them, rounding to nearest as libhdf5 does.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func convert<Element: Scalar>(to values: UnsafeMutableBufferPointer<Element>) {
    if type == .float(bits: Element.precision.bytes * 8) {
      UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
      return
    }
    switch type {
    case .float(32): convert(Float.self, to: values) { Element($0) }
    case .float(64): convert(Double.self, to: values) { Element($0) }
    case .integer(8, true): convert(Int8.self, to: values) { Element($0) }
    case .integer(16, true): convert(Int16.self, to: values) { Element($0) }
    case .integer(32, true): convert(Int32.self, to: values) { Element($0) }
    case .integer(64, true): convert(Int64.self, to: values) { Element($0) }
    case .integer(8, false): convert(UInt8.self, to: values) { Element($0) }
    case .integer(16, false): convert(UInt16.self, to: values) { Element($0) }
    case .integer(32, false): convert(UInt32.self, to: values) { Element($0) }
    case .integer(64, false): convert(UInt64.self, to: values) { Element($0) }
    case .float, .integer, .string, .other: preconditionFailure("\(type) is not converted here")
    }
  }

  /// Converts all of them to classes, and returns the first that is none: neither whole nor from 0 up.
  func convertToLabels(_ labels: UnsafeMutableBufferPointer<Int32>) -> (index: Int, value: String)? {
    switch type {
    case .float(32): label(Float.self, labels) { Int32(exactly: $0) }
    case .float(64): label(Double.self, labels) { Int32(exactly: $0) }
    case .integer(8, true): label(Int8.self, labels) { Int32(exactly: $0) }
    case .integer(16, true): label(Int16.self, labels) { Int32(exactly: $0) }
    case .integer(32, true): label(Int32.self, labels) { Int32(exactly: $0) }
    case .integer(64, true): label(Int64.self, labels) { Int32(exactly: $0) }
    case .integer(8, false): label(UInt8.self, labels) { Int32(exactly: $0) }
    case .integer(16, false): label(UInt16.self, labels) { Int32(exactly: $0) }
    case .integer(32, false): label(UInt32.self, labels) { Int32(exactly: $0) }
    case .integer(64, false): label(UInt64.self, labels) { Int32(exactly: $0) }
    case .float, .integer, .string, .other: preconditionFailure("\(type) is not converted here")
    }
  }

  @inline(__always) private func convert<Stored: BitwiseCopyable, Element: Scalar>(
    _: Stored.Type, to values: UnsafeMutableBufferPointer<Element>, _ number: (Stored) -> Element
  ) {
    precondition(bytes.count == values.count * MemoryLayout<Stored>.stride)
    for index in values.indices {
      values[index] = number(
        bytes.loadUnaligned(fromByteOffset: index &* MemoryLayout<Stored>.stride, as: Stored.self))
    }
  }

  @inline(__always) private func label<Stored: BitwiseCopyable>(
    _: Stored.Type, _ labels: UnsafeMutableBufferPointer<Int32>, _ exactly: (Stored) -> Int32?
  ) -> (index: Int, value: String)? {
    precondition(bytes.count == labels.count * MemoryLayout<Stored>.stride)
    for index in labels.indices {
      let value = bytes.loadUnaligned(fromByteOffset: index &* MemoryLayout<Stored>.stride, as: Stored.self)
      // The number of classes has to fit, too.
      guard let label = exactly(value), label >= 0, label < Int32.max else { return (index, "\(value)") }
      labels[index] = label
    }
    return nil
  }
}
