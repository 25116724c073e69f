internal import CHDF5

/// One step that chunks go through on their way into the file.
public enum Filter: Sendable, Hashable, CustomStringConvertible {
  /// Compression by zlib, level 0 to 9.
  case deflate(level: Int)
  /// Bytes sorted by significance, which helps compression.
  case shuffle
  /// A checksum per chunk.
  case fletcher32
  /// A filter that this module does not decode: its registered number and its name.
  case other(id: Int, name: String)

  /// The filter's usual name.
  public var description: String {
    switch self {
    case .deflate(let level): "deflate level \(level)"
    case .shuffle: "shuffle"
    case .fletcher32: "fletcher32"
    case .other(let id, let name): "\(name.escaped), filter \(id)"
    }
  }

  /// Names registered with the HDF Group, for filters met in the wild.
  private static let wellKnown: [Int: String] = [
    4: "szip", 5: "nbit", 6: "scale-offset", 305: "lzo", 307: "bzip2", 32000: "lzf", 32001: "blosc",
    32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32017: "sz", 32018: "fcidecomp",
    32024: "sz3", 32026: "blosc2", 32028: "sperr",
  ]

  /// Those that Python's hdf5plugin brings.
  private static let inPlugin: Set<Int> = [
    307, 32001, 32004, 32008, 32013, 32015, 32017, 32018, 32024, 32026, 32028,
  ]

  /// How to rid a file of the filter numbered `id`, where that filter can be had.
  static func remedy(id: Int) -> String {
    switch id {
    case 4, 5, 6: "libhdf5's own tool has that filter: h5repack -f GZIP=4 OLD NEW"
    case 32000: "h5py has that filter: copy the data with it into a dataset with compression=\"gzip\"."
    case _ where inPlugin.contains(id):
      "Python's hdf5plugin has that filter: import it beside h5py, and copy the data into a dataset with "
        + "compression=\"gzip\" (or, with its plugins: h5repack -f GZIP=4 OLD NEW)."
    default: "Repack the file where that filter is installed: h5repack -f GZIP=4 OLD NEW"
    }
  }

  /// The filters in a creation property list. The corresponding C functions are `H5Pget_nfilters` and
  /// `H5Pget_filter2`.
  static func list(of list: Int64, at place: Place) throws(HDF5Error) -> [Filter] {
    let count = try Library.call("H5Pget_nfilters", at: place) { H5Pget_nfilters(list) }
    var filters: [Filter] = []
    for index in 0..<UInt32(max(0, count)) { filters.append(try Filter(index: index, of: list, at: place)) }
    return filters
  }

  private init(index: UInt32, of list: Int64, at place: Place) throws(HDF5Error) {
    var flags: UInt32 = 0
    var values: [UInt32] = [0]
    var valueCount = values.count
    var name = [CChar](repeating: 0, count: 64)
    let id = Int(
      try Library.call("H5Pget_filter2", at: place) {
        H5Pget_filter2(list, index, &flags, &valueCount, &values, name.count - 1, &name, nil)
      })
    switch id {
    case Int(H5Z_FILTER_DEFLATE): self = .deflate(level: Int(values[0]))
    case Int(H5Z_FILTER_SHUFFLE): self = .shuffle
    case Int(H5Z_FILTER_FLETCHER32): self = .fletcher32
    default:
      let stored = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      self = .other(id: id, name: Filter.wellKnown[id] ?? (stored.isEmpty ? "unknown" : stored))
    }
  }
}
