internal import CHDF5

/// Something that holds groups and datasets by name: a file (its root group) or a group.
///
/// Paths are like those of file systems: `a/b` counts from here, `/a/b` from the root. Every component must be a
/// hard link, that is, a plain name. Soft, external and user-defined links are refused wherever they stand in a path:
/// they can lead out of the file, and a check of the last component alone is known to have been deceived.
public protocol Location: Attributed, ~Copyable {
  /// What keeps the file open.
  var openFile: OpenFile { get }
}

extension Location where Self: ~Copyable {
  /// Opens a group. The corresponding C function is `H5Oopen`.
  ///
  /// - Throws: `.notFound` with the names that are there, `.mismatch` if it is not a group, `.refused` for a link
  ///   that is not hard, `.damaged`.
  public func openGroup(_ path: String) throws(HDF5Error) -> Group {
    let names = try PathName.components(of: path, at: place)
    guard !names.isEmpty else { return try openSelf(path) }
    let parent = try parent(of: path, names)
    let place = parent.place.child(parent.name)
    return Group(try parent.open(expecting: .group), at: place, in: openFile)
  }

  /// Opens a dataset and checks that it is safe to read: see `Dataset.verify(_:)`. The corresponding C function is
  /// `H5Oopen`.
  ///
  /// - Throws: `.notFound` with the names that are there, `.mismatch` if it is not a dataset, `.refused`,
  ///   `.unsupportedType`, `.unsupportedFilter`, `.damaged`, `.truncated`.
  public func openDataset(_ path: String, limits: ReadLimits = ReadLimits()) throws(HDF5Error) -> Dataset {
    try openDataset(path, checking: limits)
  }

  /// Opens a dataset without the checks of `openDataset(_:limits:)`: reading it may then read other files, return
  /// fill values for data that were never written, or exhaust memory. For files of one's own.
  public func openDataset(trusting path: String) throws(HDF5Error) -> Dataset {
    try openDataset(path, checking: nil)
  }

  /// Opens a dataset that may be virtual or have external storage, so as to learn where its data are: see
  /// `Dataset.virtualMappings` and `Dataset.externalPieces`. It is checked as far as its own file can tell; to read it is to
  /// read these, since `Dataset.read` gives fill values for what is missing.
  ///
  /// - Throws: as `openDataset(_:limits:)`, but for data in other files.
  public func openDataset(locating path: String) throws(HDF5Error) -> Dataset {
    var limits = ReadLimits()
    limits.allowsOtherFiles = true
    return try openDataset(path, checking: limits)
  }

  private func openDataset(_ path: String, checking limits: ReadLimits?) throws(HDF5Error) -> Dataset {
    let names = try PathName.components(of: path, at: place)
    guard !names.isEmpty else { throw Parent.wrongKind(.group, expected: .dataset, at: place) }
    let parent = try parent(of: path, names)
    let place = parent.place.child(parent.name)
    return try Dataset.open(
      try parent.open(expecting: .dataset), at: place, in: openFile, checking: limits)
  }

  /// Whether there is anything of this name, a link that leads nowhere included. The corresponding C function is
  /// `H5Lexists`.
  ///
  /// - Throws: `.refused` if the path goes through a link that is not hard.
  public func exists(_ path: String) throws(HDF5Error) -> Bool {
    try kindIfPresent(of: path) != nil
  }

  /// What is at `path`; links are not followed.
  ///
  /// - Throws: `.notFound`, `.refused` if the path goes through a link that is not hard.
  public func kind(of path: String) throws(HDF5Error) -> Child.Kind {
    let names = try PathName.components(of: path, at: place)
    guard !names.isEmpty else { return .group }
    let parent = try parent(of: path, names)
    guard let kind = try parent.kind() else { throw parent.notFound() }
    return kind
  }

  private func kindIfPresent(of path: String) throws(HDF5Error) -> Child.Kind? {
    let names = try PathName.components(of: path, at: place)
    guard !names.isEmpty else { return .group }
    do throws(HDF5Error) {
      return try parent(of: path, names).kind()
    } catch  where error.kind == .notFound || error.kind == .mismatch {
      return nil
    }
  }

  /// The names here, in ascending order, and what they are. The corresponding C function is `H5Literate`.
  ///
  /// Groups can contain themselves by way of others; `Child.address` tells when one is met again.
  ///
  /// - Throws: `.refused` if there are more than `maximum`.
  public func children(maximum: Int = 10_000) throws(HDF5Error) -> [Child] {
    let links = try Links.list(in: id, at: place, maximum: maximum + 1)
    guard links.count <= maximum else {
      throw HDF5Error(
        .refused, at: place, function: "H5Literate", problem: "the group has too many members",
        found: "more than \(maximum)", expected: "at most \(maximum)")
    }
    var children: [Child] = []
    for link in links {
      children.append(
        Child(
          name: link.name, kind: try Links.kind(of: link, in: id, at: place.child(link.name)),
          address: link.address))
    }
    return children
  }

  /// Removes the name at `path`, and with it the object if it has no other name. The corresponding C function is
  /// `H5Ldelete`.
  ///
  /// The file does not become smaller.
  ///
  /// - Throws: `.notFound`, `.permissionDenied`, `.refused`.
  public func delete(_ path: String) throws(HDF5Error) {
    let names = try PathName.components(of: path, at: place)
    guard !names.isEmpty else {
      throw HDF5Error(.refused, at: place, function: "H5Ldelete", problem: "a group cannot delete itself")
    }
    let parent = try parent(of: path, names)
    guard try parent.linkType() != nil else { throw parent.notFound() }
    let (id, name) = (parent.id, parent.name)
    try Library.call("H5Ldelete", at: parent.place.child(name)) { H5Ldelete(id, name, chdf5_default()) }
  }

  /// This group again, or the root for a path such as `/`.
  private func openSelf(_ path: String) throws(HDF5Error) -> Group {
    let (id, rooted) = (id, path.hasPrefix("/"))
    let place = rooted ? Place(file: place.file, object: "/") : place
    let handle = try Handle(.object, "H5Gopen2", at: place) {
      H5Gopen2(id, rooted ? "/" : ".", chdf5_default())
    }
    return Group(handle, at: place, in: openFile)
  }
}
