internal import CHDF5
import Synchronization

/// An identifier of libhdf5, closed when it is dropped.
///
/// Sendable: it is an integer that never changes, and every call that takes it is made under the library's lock.
/// Identifiers are not used again by libhdf5, so closing one whose file is closed already (which closes all that
/// belongs to the file) fails harmlessly.
struct Handle: ~Copyable, Sendable {
  /// What the identifier stands for, hence how it is closed.
  enum Kind: Sendable {
    case file, object, attribute, datatype, dataspace, propertyList
  }

  let id: Int64
  let kind: Kind

  /// Takes over an identifier that `create` makes by one call of libhdf5.
  init(_ kind: Kind, _ function: StaticString, at place: Place, _ create: () -> hid_t) throws(HDF5Error) {
    self.id = try Library.call(function, at: place, create)
    self.kind = kind
  }

  /// Closes the handle and says whether that went well; it counts as closed in either case.
  consuming func close(at place: Place) throws(HDF5Error) {
    let (id, kind) = (id, kind)
    discard self
    try Handle.close(id, kind, at: place)
  }

  deinit {
    // Nobody is left to hear of a failure; who wants to hear calls `close`.
    try? Handle.close(id, kind, at: Place(file: ""))
  }

  /// What belonged to files that could not be closed, because the disk was full for example.
  private static let abandoned = Mutex<Set<Int64>>([])

  /// Lets identifiers be, for good: libhdf5 1.10 keeps those of a file whose closing failed, frees what they stand for,
  /// and crashes when they are closed.
  static func abandon(_ ids: [Int64]) { abandoned.withLock { $0.formUnion(ids) } }

  private static func close(_ id: Int64, _ kind: Kind, at place: Place) throws(HDF5Error) {
    if abandoned.withLock({ !$0.isEmpty && $0.contains(id) }) { return }
    switch kind {
    case .file: try Library.call("H5Fclose", at: place) { H5Fclose(id) }
    case .object: try Library.call("H5Oclose", at: place) { H5Oclose(id) }
    case .attribute: try Library.call("H5Aclose", at: place) { H5Aclose(id) }
    case .datatype: try Library.call("H5Tclose", at: place) { H5Tclose(id) }
    case .dataspace: try Library.call("H5Sclose", at: place) { H5Sclose(id) }
    case .propertyList: try Library.call("H5Pclose", at: place) { H5Pclose(id) }
    }
  }
}
