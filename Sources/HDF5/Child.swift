internal import CHDF5

/// One name in a group.
public struct Child: Sendable, Hashable {
  /// What a name in a group stands for.
  public enum Kind: Sendable, Hashable, CustomStringConvertible {
    /// A group.
    case group
    /// A dataset.
    case dataset
    /// A datatype that was given a name.
    case datatype
    /// The path of another object in this file; refused on opening.
    case softLink
    /// The path of an object in another file; refused on opening.
    case externalLink
    /// A link of a kind that some program defined; refused on opening.
    case userDefinedLink
    /// An object unknown to this module.
    case other

    /// The kind in words, with its article.
    public var description: String {
      switch self {
      case .group: "a group"
      case .dataset: "a dataset"
      case .datatype: "a named datatype"
      case .softLink: "a soft link"
      case .externalLink: "an external link"
      case .userDefinedLink: "a user-defined link"
      case .other: "an unknown object"
      }
    }
  }

  /// The name, a single component.
  public let name: String

  /// What it stands for.
  public let kind: Kind

  /// Where the object is in the file: equal for two names of one object. 0 for links.
  public let address: UInt64
}

/// Links as libhdf5 lists them.
enum Links {
  struct Link: Sendable {
    let name: String
    let type: Int32
    let address: UInt64
  }

  private struct Collector {
    var links: [Link] = []
    let maximum: Int
  }

  /// The first `maximum` links of a group, by name.
  static func list(in group: Int64, at place: Place, maximum: Int) throws(HDF5Error) -> [Link] {
    var collector = Collector(maximum: maximum)
    try Library.call("H5Literate", at: place) {
      withUnsafeMutablePointer(to: &collector) { pointer in
        chdf5_visit_links(
          group,
          { name, type, address, context in
            guard let name, let context else { return 0 }
            let collector = context.assumingMemoryBound(to: Collector.self)
            guard collector.pointee.links.count < collector.pointee.maximum else { return 1 }
            collector.pointee.links.append(Link(name: String(cString: name), type: type, address: address))
            return 0
          }, pointer)
      }
    }
    return collector.links
  }

  /// What a link stands for: links are not followed.
  static func kind(of link: Link, in group: Int64, at place: Place) throws(HDF5Error) -> Child.Kind {
    if let kind = kind(ofLinkType: link.type) { return kind }
    var type: Int32 = -1
    try Library.call("H5Oget_info_by_name2", at: place) { chdf5_object_type(group, link.name, &type) }
    switch type {
    case H5O_TYPE_GROUP.rawValue: return .group
    case H5O_TYPE_DATASET.rawValue: return .dataset
    case H5O_TYPE_NAMED_DATATYPE.rawValue: return .datatype
    default: return .other
    }
  }

  /// The kind of a link that is not hard.
  static func kind(ofLinkType type: Int32) -> Child.Kind? {
    switch type {
    case H5L_TYPE_HARD.rawValue: nil
    case H5L_TYPE_SOFT.rawValue: .softLink
    case H5L_TYPE_EXTERNAL.rawValue: .externalLink
    default: .userDefinedLink
    }
  }
}
