import HDF5
import Primitives

/// An array in NumPy's .npy format: a file, or a member of an .npz archive.
final class NPYArray: NumericArray {
  let name: String
  let rows: Int
  let width: Int
  let header: NPYHeader
  var type: ElementType { header.type }
  private let bytes: ByteRange

  /// Reads the header of the array in `bytes`, which messages call `name`.
  init(_ bytes: ByteRange, name: String) throws(LockstepError) {
    let header = try NPYHeader(bytes, name: name)
    (rows, width) = try rowsAndWidth(header.shape, name: name)
    guard !header.isFortran || header.shape.count <= 2 else {
      throw LockstepError(
        .badData, name, "more than two dimensions in Fortran's order are not read",
        found: "shape \(header.shape)",
        remedy: "Save numpy.ascontiguousarray(a) instead.")
    }
    self.name = name
    self.bytes = bytes
    self.header = header
  }

  func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Double>) throws(LockstepError) {
    let size = type.bytes
    // A single column or row is the same in both orders.
    guard header.isFortran, width > 1, self.rows > 1 else {
      let count = rows.count * width
      try readNumbers(from: rows.lowerBound * width, count) { raw in
        decode(raw, size: size, stride: 1, into: values)
      }
      return
    }
    for column in 0..<width {
      try readNumbers(from: column * self.rows + rows.lowerBound, rows.count) { raw in
        decode(raw, size: size, stride: width, into: UnsafeMutableBufferPointer(rebasing: values[column...]))
      }
    }
  }

  private func readNumbers(
    from first: Int, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(LockstepError) {
    let size = type.bytes
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: count * size, alignment: 16)
    defer { raw.deallocate() }
    try bytes.read(at: header.dataOffset + first * size, into: raw)
    body(UnsafeRawBufferPointer(raw))
  }

  private func decode(
    _ raw: UnsafeRawBufferPointer, size: Int, stride: Int, into values: UnsafeMutableBufferPointer<Double>
  ) {
    switch type {
    case .float(bits: 16): decode(raw, UInt16.self, stride, values) { Self.half($0) }
    case .float(bits: 32): decode(raw, UInt32.self, stride, values) { Double(Float(bitPattern: $0)) }
    case .float: decode(raw, UInt64.self, stride, values) { Double(bitPattern: $0) }
    case .integer(8, signed: true): decode(raw, Int8.self, stride, values) { Double($0) }
    case .integer(8, _): decode(raw, UInt8.self, stride, values) { Double($0) }
    case .integer(16, signed: true): decode(raw, Int16.self, stride, values) { Double($0) }
    case .integer(16, _): decode(raw, UInt16.self, stride, values) { Double($0) }
    case .integer(32, signed: true): decode(raw, Int32.self, stride, values) { Double($0) }
    case .integer(32, _): decode(raw, UInt32.self, stride, values) { Double($0) }
    case .integer(_, signed: true): decode(raw, Int64.self, stride, values) { Double($0) }
    default: decode(raw, UInt64.self, stride, values) { Double($0) }
    }
  }

  @inline(__always)
  private func decode<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ raw: UnsafeRawBufferPointer, _ stored: Stored.Type, _ stride: Int,
    _ values: UnsafeMutableBufferPointer<Double>, _ number: (Stored) -> Double
  ) {
    let swaps = header.isBigEndian
    for index in 0..<raw.count / MemoryLayout<Stored>.size {
      let bits = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
      values[index * stride] = number(swaps ? Stored(bigEndian: bits) : Stored(littleEndian: bits))
    }
  }

  /// The number that the bits of an IEEE 754 binary16 stand for. `Float16` is not there on every system.
  static func half(_ bits: UInt16) -> Double {
    let sign: Double = bits >> 15 == 1 ? -1 : 1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Double(bits & 1023)
    return switch exponent {
    case 0: sign * fraction * 0x1p-24
    case 31: fraction == 0 ? sign * .infinity : .nan
    default: sign * (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
    }
  }
}
