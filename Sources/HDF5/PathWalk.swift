internal import CHDF5

/// Paths within a file.
enum PathName {
  private static let maximumDepth = 32

  /// The components of a path; `.` stands for nothing, as in libhdf5, and `..` is a name like any other.
  static func components(of path: String, at place: Place) throws(HDF5Error) -> [String] {
    let names = path.split(separator: "/").map(String.init).filter { $0 != "." }
    if path.utf8.contains(0) {
      throw HDF5Error(
        .refused, at: place.child(path), function: "H5Oopen", problem: "the path contains a NUL character")
    }
    if names.count > maximumDepth {
      throw HDF5Error(
        .refused, at: place.child(path), function: "H5Oopen", problem: "the path is too deep",
        found: "\(names.count) components", expected: "at most \(maximumDepth)")
    }
    return names
  }
}

/// The group in which the last component of a path is looked up, with that component.
struct Parent: ~Copyable {
  private let handle: Handle?
  private let ownerID: Int64
  let place: Place
  let name: String

  /// The group's identifier.
  var id: Int64 {
    switch handle {
    case .some(let handle): handle.id
    case .none: ownerID
    }
  }

  init(_ handle: consuming Handle?, ownerID: Int64, place: Place, name: String) {
    self.handle = handle
    self.ownerID = ownerID
    self.place = place
    self.name = name
  }

  /// The type of the link, or nil if there is none. The corresponding C functions are `H5Lexists` and `H5Lget_info`.
  func linkType() throws(HDF5Error) -> Int32? {
    let (id, name, place) = (id, name, place.child(name))
    guard try Library.call("H5Lexists", at: place, { H5Lexists(id, name, chdf5_default()) }) > 0 else {
      return nil
    }
    var type: Int32 = -1
    var address: UInt64 = 0
    try Library.call("H5Lget_info", at: place) { chdf5_link_info(id, name, &type, &address) }
    return type
  }

  /// What the name stands for, or nil if there is none.
  func kind() throws(HDF5Error) -> Child.Kind? {
    guard let type = try linkType() else { return nil }
    return try Links.kind(of: Links.Link(name: name, type: type, address: 0), in: id, at: place.child(name))
  }

  /// Opens the object, which must be a hard link to what is expected. The corresponding C functions are `H5Oopen`
  /// and `H5Iget_type`.
  func open(expecting kind: Child.Kind) throws(HDF5Error) -> Handle {
    guard let type = try linkType() else { throw notFound() }
    let (id, name, place) = (id, name, place.child(name))
    if let link = Links.kind(ofLinkType: type) {
      let target = try externalLink()
      let description = target.map { "\(link) to \($0.object.escaped) in \($0.file.escaped)" } ?? "\(link)"
      throw HDF5Error(
        .refused, at: place, function: "H5Lget_info",
        problem: "this is \(description), and links are refused because they can lead out of the file",
        remedy: "Copy the data into the file with h5repack or h5copy.", otherFile: target?.file)
    }
    let handle = try Handle(.object, "H5Oopen", at: place) { H5Oopen(id, name, chdf5_default()) }
    let objectID = handle.id
    let found: Child.Kind =
      switch try Library.call("H5Iget_type", at: place, { H5Iget_type(objectID).rawValue }) {
      case H5I_GROUP.rawValue: .group
      case H5I_DATASET.rawValue: .dataset
      case H5I_DATATYPE.rawValue: .datatype
      default: .other
      }
    guard found == kind else { throw Parent.wrongKind(found, expected: kind, at: place) }
    return handle
  }

  static func wrongKind(_ found: Child.Kind, expected: Child.Kind, at place: Place) -> HDF5Error {
    HDF5Error(
      .mismatch, at: place, function: "H5Iget_type", problem: "this is not what was asked for",
      found: "\(found)", expected: "\(expected)")
  }

  /// The error that says what is here instead.
  func notFound() -> HDF5Error {
    let shown = 20
    // A group whose names cannot be listed either is reported as one without names.
    let names = ((try? Links.list(in: id, at: place, maximum: 1000)) ?? []).map(\.name)
    var list = names.prefix(shown).map { "\"\($0.escaped)\"" }.joined(separator: ", ")
    if names.count > shown { list += ", ..." }
    let container = place.object == "/" ? "the file" : place.object.escaped
    let nearest = Spelling.nearest(to: name, among: names)
    return HDF5Error(
      .notFound, at: place.child(name), function: "H5Lexists",
      problem: "there is no object of this name",
      found: names.isEmpty ? "nothing in \(container)" : "\(list) in \(container)",
      remedy: nearest.map { "Did you mean \"\($0.escaped)\"?" })
  }
}

extension Location where Self: ~Copyable {
  /// Walks to the last component's group, one hard link at a time. With `creatingGroups`, missing groups are created.
  func parent(
    of path: String, _ names: [String], creatingGroups: Bool = false
  ) throws(HDF5Error) -> Parent {
    var handle: Handle?
    var current = place
    if path.hasPrefix("/"), place.object != "/" {
      let (id, root) = (id, Place(file: place.file, object: "/"))
      handle = try Handle(.object, "H5Gopen2", at: root) { H5Gopen2(id, "/", chdf5_default()) }
      current = root
    }
    for name in names.dropLast() {
      let step = Parent(handle, ownerID: id, place: current, name: name)
      current = current.child(name)
      if creatingGroups, try step.linkType() == nil {
        handle = try step.createGroup()
      } else {
        handle = try step.open(expecting: .group)
      }
    }
    return Parent(handle, ownerID: id, place: current, name: names.last ?? ".")
  }
}

/// Suggestions for misspelt names.
enum Spelling {
  /// The name nearest to `name`, if any is near.
  static func nearest(to name: String, among names: [String]) -> String? {
    let limit = max(1, name.count / 3)
    let distances = names.map {
      (name: $0, distance: distance(Array(name.lowercased()), Array($0.lowercased())))
    }
    return distances.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
  }

  /// The least number of single-character edits between two words (Levenshtein).
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    guard max(a.count, b.count) <= 256 else { return .max }
    var row = Array(0...b.count)
    for (i, left) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, right) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count]
  }
}
