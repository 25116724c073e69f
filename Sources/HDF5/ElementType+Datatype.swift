internal import CHDF5

extension ElementType {
  /// The identifier of the type as it is in this machine's memory, or a negative number if it is none of Swift's. To be
  /// called within `Library.call`.
  func nativeID() -> Int64 {
    switch self {
    case .float(let bits): chdf5_native_float(Int32(bits))
    case .integer(let bits, let signed): chdf5_native_integer(Int32(bits), signed ? 1 : 0)
    case .string, .other: -1
    }
  }

  /// A new datatype for a file. The corresponding C function is `H5Tcopy`.
  func makeDatatype(_ order: ByteOrder = .littleEndian, at place: Place) throws(HDF5Error) -> Handle {
    let handle: Handle
    switch self {
    case .float(bits: 16): handle = try ElementType.makeFloat16(at: place)
    case .float(let bits):
      handle = try Handle(.datatype, "H5Tcopy", at: place) { H5Tcopy(chdf5_standard_float(Int32(bits))) }
    case .integer(let bits, let signed):
      handle = try Handle(.datatype, "H5Tcopy", at: place) {
        H5Tcopy(chdf5_standard_integer(Int32(bits), signed ? 1 : 0))
      }
    case .string(let length): return try ElementType.makeString(length: length, at: place)
    case .other(let name):
      throw HDF5Error(
        .unsupportedType, at: place, function: "H5Tcopy", problem: "elements of this type cannot be created",
        found: name)
    }
    if order == .bigEndian {
      let id = handle.id
      try Library.call("H5Tset_order", at: place) { H5Tset_order(id, H5T_ORDER_BE) }
    }
    return handle
  }

  /// IEEE half precision, which libhdf5 1.10 has no name for; made as h5py makes it.
  private static func makeFloat16(at place: Place) throws(HDF5Error) -> Handle {
    let handle = try Handle(.datatype, "H5Tcopy", at: place) { H5Tcopy(chdf5_standard_float(32)) }
    let id = handle.id
    try Library.call("H5Tset_fields", at: place) { H5Tset_fields(id, 15, 10, 5, 0, 10) }
    try Library.call("H5Tset_size", at: place) { H5Tset_size(id, 2) }
    try Library.call("H5Tset_ebias", at: place) { H5Tset_ebias(id, 15) }
    return handle
  }

  private static func makeString(length: Int?, at place: Place) throws(HDF5Error) -> Handle {
    let handle = try Handle(.datatype, "H5Tcopy", at: place) { H5Tcopy(chdf5_c_string()) }
    let id = handle.id
    try Library.call("H5Tset_size", at: place) { H5Tset_size(id, length ?? chdf5_variable()) }
    try Library.call("H5Tset_cset", at: place) { H5Tset_cset(id, H5T_CSET_UTF8) }
    if length != nil {
      try Library.call("H5Tset_strpad", at: place) { H5Tset_strpad(id, H5T_STR_NULLPAD) }
    }
    return handle
  }

  /// The type that a datatype of libhdf5 is, and its byte order. The corresponding C functions are `H5Tget_class`,
  /// `H5Tget_size`, `H5Tget_sign`, `H5Tget_order` and `H5Tequal`.
  static func describe(_ id: Int64, at place: Place) throws(HDF5Error) -> (ElementType, ByteOrder?) {
    let kind = try Library.call("H5Tget_class", at: place) { H5Tget_class(id).rawValue }
    let size = try size(of: id, at: place)
    let candidate: ElementType
    switch kind {
    case H5T_INTEGER.rawValue:
      let sign = try Library.call("H5Tget_sign", at: place) { H5Tget_sign(id).rawValue }
      candidate = .integer(bits: 8 * min(size, 100), signed: sign != H5T_SGN_NONE.rawValue)
    case H5T_FLOAT.rawValue: candidate = .float(bits: 8 * min(size, 100))
    case H5T_STRING.rawValue:
      let isVariable = try Library.call("H5Tis_variable_str", at: place) { H5Tis_variable_str(id) } > 0
      return (.string(length: isVariable ? nil : size), nil)
    default: return (.other(name(ofClass: kind)), nil)
    }
    let order: ByteOrder =
      try Library.call("H5Tget_order", at: place) { H5Tget_order(id).rawValue } == H5T_ORDER_BE.rawValue
      ? .bigEndian : .littleEndian
    let standard = candidate.isStandard ? try candidate.makeDatatype(order, at: place) : nil
    switch standard {
    case .some(let standard):
      let standardID = standard.id
      let equal = try Library.call("H5Tequal", at: place) { H5Tequal(id, standardID) } > 0
      return equal ? (candidate, order) : (.other("a non-standard \(candidate)"), nil)
    case .none: return (.other("a non-standard \(candidate)"), nil)
    }
  }

  /// The bytes of one element of a datatype. The corresponding C function is `H5Tget_size`.
  static func size(of id: Int64, at place: Place) throws(HDF5Error) -> Int {
    var size = 0
    try Library.call("H5Tget_size", at: place) {
      size = H5Tget_size(id)
      return size > 0 ? 0 : -1
    }
    return size
  }

  private var isStandard: Bool {
    switch self {
    case .float(let bits): [16, 32, 64].contains(bits)
    case .integer(let bits, _): [8, 16, 32, 64].contains(bits)
    case .string, .other: false
    }
  }

  private static func name(ofClass kind: Int32) -> String {
    switch kind {
    case H5T_TIME.rawValue: "a time"
    case H5T_BITFIELD.rawValue: "a bit field"
    case H5T_OPAQUE.rawValue: "opaque bytes"
    case H5T_COMPOUND.rawValue: "a compound"
    case H5T_REFERENCE.rawValue: "a reference"
    case H5T_ENUM.rawValue: "an enumeration (h5py writes booleans so)"
    case H5T_VLEN.rawValue: "a variable-length sequence"
    case H5T_ARRAY.rawValue: "an array"
    default: "an unknown type"
    }
  }
}

/// The text in the bytes of a fixed-length string.
enum FixedString {
  /// Decodes the `length` bytes at the start of `bytes` by the padding that `type` declares; repairs broken UTF-8.
  static func decode(
    _ bytes: some Collection<UInt8>, datatype id: Int64, at place: Place
  ) throws(HDF5Error) -> String {
    let padding = try Library.call("H5Tget_strpad", at: place) { H5Tget_strpad(id).rawValue }
    let end = bytes.firstIndex(of: 0) ?? bytes.endIndex
    var text = bytes[..<end]
    if padding == H5T_STR_SPACEPAD.rawValue {
      let spaces = text.reversed().prefix { $0 == 0x20 }.count
      text = text.prefix(text.count - spaces)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
