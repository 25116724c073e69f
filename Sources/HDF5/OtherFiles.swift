internal import CHDF5

// What leads out of a file is told here and never followed: opening other files is for the caller, who can check them.

/// A link to an object in another file.
public struct ExternalLink: Sendable, Hashable {
  /// The other file's path, as it is recorded.
  public let file: String

  /// The object's path in it.
  public let object: String
}

/// A piece of another file that elements of a dataset are in.
public struct ExternalPiece: Sendable, Hashable {
  /// The other file's path, as it is recorded.
  public let file: String

  /// Where in it the piece begins.
  public let offset: Int

  /// The bytes of the piece, or nil for all that are wanted.
  public let count: Int?
}

/// Elements of a virtual dataset that are those of another dataset.
public struct VirtualMapping: Sendable, Hashable {
  /// The other file's path, as it is recorded; `.` for the same file.
  public let file: String

  /// The path of the dataset in it.
  public let dataset: String

  /// The elements of the virtual dataset, or nil if they are no box, or one without an end.
  public let target: Hyperslab?

  /// The elements of the other dataset, as many, or nil likewise.
  public let source: Hyperslab?
}

extension Location where Self: ~Copyable {
  /// The first external link on the way to `path`, with what is left of the path behind it; nil if there is none before the
  /// end, or before something that is missing. The corresponding C functions are `H5Lget_val` and `H5Lunpack_elink_val`.
  ///
  /// - Throws: `.refused` for links of other kinds on the way.
  public func externalLink(on path: String) throws(HDF5Error) -> (link: ExternalLink, rest: String)? {
    let names = try PathName.components(of: path, at: place)
    let root = path.hasPrefix("/") ? "/" : ""
    for count in names.indices.map({ $0 + 1 }) {
      let parent: Parent
      do throws(HDF5Error) {
        parent = try self.parent(
          of: root + names[..<count].joined(separator: "/"), Array(names[..<count]))
      } catch  where error.kind == .notFound || error.kind == .mismatch {
        return nil
      }
      if let link = try parent.externalLink() { return (link, names[count...].joined(separator: "/")) }
    }
    return nil
  }
}

extension Parent {
  /// Where the name leads if it is an external link; else nil.
  func externalLink() throws(HDF5Error) -> ExternalLink? {
    guard try linkType() == H5L_TYPE_EXTERNAL.rawValue else { return nil }
    let (id, name, place) = (id, name, place.child(name))
    var size = 0
    try Library.call("H5Lget_info", at: place) { chdf5_link_value_size(id, name, &size) }
    var value = [UInt8](repeating: 0, count: size)
    try Library.call("H5Lget_val", at: place) { H5Lget_val(id, name, &value, value.count, chdf5_default()) }
    var flags: UInt32 = 0
    var (file, object): (UnsafePointer<CChar>?, UnsafePointer<CChar>?)
    var link: ExternalLink?
    try Library.call("H5Lunpack_elink_val", at: place) {
      let status = H5Lunpack_elink_val(value, value.count, &flags, &file, &object)
      if status >= 0, let file, let object {
        link = ExternalLink(file: String(cString: file), object: String(cString: object))
      }
      return status
    }
    return link
  }
}

extension ExternalPiece {
  /// The pieces in a creation property list. The corresponding C functions are `H5Pget_external_count` and
  /// `H5Pget_external`.
  static func list(of list: Int64, at place: Place) throws(HDF5Error) -> [ExternalPiece] {
    let count = try Library.call("H5Pget_external_count", at: place) { H5Pget_external_count(list) }
    var pieces: [ExternalPiece] = []
    for index in 0..<UInt32(max(0, count)) {
      var name = [CChar](repeating: 0, count: 4097)
      var offset: off_t = 0
      var size: hsize_t = 0
      try Library.call("H5Pget_external", at: place) {
        H5Pget_external(list, index, name.count - 1, &name, &offset, &size)
      }
      pieces.append(
        ExternalPiece(
          file: String(terminated: name), offset: Int(offset),
          count: size == chdf5_unlimited() ? nil : try Int(checking: size, at: place)))
    }
    return pieces
  }
}

extension VirtualMapping {
  /// The mappings in a creation property list. The corresponding C functions are `H5Pget_virtual_count`,
  /// `H5Pget_virtual_filename`, `H5Pget_virtual_dsetname`, `H5Pget_virtual_vspace` and `H5Pget_virtual_srcspace`.
  static func list(of list: Int64, at place: Place) throws(HDF5Error) -> [VirtualMapping] {
    var mappings: [VirtualMapping] = []
    for index in 0..<(try count(in: list, at: place)) {
      let file = try text("H5Pget_virtual_filename", at: place) {
        H5Pget_virtual_filename(list, index, $0, $1)
      }
      let dataset = try text("H5Pget_virtual_dsetname", at: place) {
        H5Pget_virtual_dsetname(list, index, $0, $1)
      }
      let target = try Handle(.dataspace, "H5Pget_virtual_vspace", at: place) {
        H5Pget_virtual_vspace(list, index)
      }
      let source = try Handle(.dataspace, "H5Pget_virtual_srcspace", at: place) {
        H5Pget_virtual_srcspace(list, index)
      }
      mappings.append(
        VirtualMapping(
          file: file, dataset: dataset, target: try Hyperslab(selectedIn: target.id, at: place),
          source: try Hyperslab(selectedIn: source.id, at: place)))
    }
    return mappings
  }

  /// The shape of a virtual dataset that has mappings, else nil. To ask libhdf5 for it in the usual way can open other files.
  static func shape(of list: Int64, _ layout: Dataset.Layout, at place: Place) throws(HDF5Error) -> [Int]? {
    guard layout == .virtual, try count(in: list, at: place) > 0 else { return nil }
    let space = try Handle(.dataspace, "H5Pget_virtual_vspace", at: place) { H5Pget_virtual_vspace(list, 0) }
    return try Dataspace.shape(of: space.id, at: place)
  }

  private static func count(in list: Int64, at place: Place) throws(HDF5Error) -> Int {
    var count = 0
    try Library.call("H5Pget_virtual_count", at: place) { H5Pget_virtual_count(list, &count) }
    return count
  }

  private static func text(
    _ function: StaticString, at place: Place, _ get: (UnsafeMutablePointer<CChar>?, Int) -> Int
  ) throws(HDF5Error) -> String {
    let count = try Library.call(function, at: place) { get(nil, 0) }
    var text = [CChar](repeating: 0, count: count + 1)
    try Library.call(function, at: place) { get(&text, text.count) }
    return String(terminated: text)
  }
}

extension Hyperslab {
  /// What is selected in a dataspace, or nil if that is no box, or one without an end. The corresponding C functions are
  /// `H5Sget_select_type` and `H5Sget_regular_hyperslab`.
  fileprivate init?(selectedIn space: Int64, at place: Place) throws(HDF5Error) {
    let type = try Library.call("H5Sget_select_type", at: place) { H5Sget_select_type(space).rawValue }
    let rank = Int(
      try Library.call("H5Sget_simple_extent_ndims", at: place) { H5Sget_simple_extent_ndims(space) })
    switch type {
    case H5S_SEL_ALL.rawValue: self = .all
    case H5S_SEL_NONE.rawValue:
      self = Hyperslab(offset: Array(repeating: 0, count: rank), count: Array(repeating: 0, count: rank))
    case H5S_SEL_HYPERSLABS.rawValue:
      guard try Library.call("H5Sis_regular_hyperslab", at: place, { H5Sis_regular_hyperslab(space) }) > 0
      else { return nil }
      let none = [hsize_t](repeating: 0, count: rank)
      var (starts, strides, counts, blocks) = (none, none, none, none)
      try Library.call("H5Sget_regular_hyperslab", at: place) {
        H5Sget_regular_hyperslab(space, &starts, &strides, &counts, &blocks)
      }
      var (offset, count): ([Int], [Int]) = ([], [])
      for index in 0..<rank {
        let (product, overflow) = counts[index].multipliedReportingOverflow(by: blocks[index])
        guard counts[index] == 1 || strides[index] == blocks[index], !overflow, product < Int.max else {
          return nil
        }
        offset.append(try Int(checking: starts[index], at: place))
        count.append(Int(product))
      }
      self = Hyperslab(offset: offset, count: count)
    default: return nil
    }
  }
}

extension String {
  /// The text before the first NUL; broken UTF-8 is repaired.
  fileprivate init(terminated characters: [CChar]) {
    self.init(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
