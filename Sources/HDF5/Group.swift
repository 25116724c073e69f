/// An open group: a folder of groups and datasets within a file.
///
/// Sendable: the stored properties never change, and every call is made under the library's lock.
public struct Group: ~Copyable, Location, Sendable {
  /// The identifier that libhdf5 knows the group by, for C functions that this module does not wrap.
  public var id: Int64 { handle.id }

  /// The file and the group's path in it.
  public let place: Place

  /// The group's path within the file.
  public var path: String { place.object }

  /// What keeps the file open.
  public let openFile: OpenFile

  private let handle: Handle

  init(_ handle: consuming Handle, at place: Place, in openFile: OpenFile) {
    self.openFile = openFile
    self.handle = handle
    self.place = place
  }
}
