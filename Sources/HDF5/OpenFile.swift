internal import CHDF5
import Synchronization

/// What keeps a file open: shared by the `File` and by every group and dataset that was opened through it.
///
/// Swift ends the life of a `File` after its last use, which may come before that of its datasets. So the file stays
/// open until the last of them is gone, or until `File.close()`.
public final class OpenFile: Sendable {
  let id: Int64
  private let isClosed = Atomic(false)

  /// Takes over an identifier that `create` makes by one call of libhdf5.
  init(_ function: StaticString, at place: Place, _ create: () -> hid_t) throws(HDF5Error) {
    id = try Library.call(function, at: place, create)
  }

  /// Closes the file, if that was not done before. The corresponding C function is `H5Fclose`.
  func close(at place: Place) throws(HDF5Error) {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let id = id
    let objects = openObjects
    do {
      try Library.call("H5Fclose", at: place) { H5Fclose(id) }
    } catch {
      Handle.abandon(objects)
      throw error
    }
  }

  /// The identifiers of what was opened through the file and is still open. The corresponding C function is
  /// `H5Fget_obj_ids`.
  private var openObjects: [Int64] {
    let id = id
    let types = UInt32(H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR | H5F_OBJ_DATATYPE)
    let place = Place(file: "")
    let most = (try? Library.call("H5Fget_obj_count", at: place) { H5Fget_obj_count(id, types) }) ?? 0
    guard most > 0 else { return [] }
    var objects = [Int64](repeating: 0, count: most)
    let count =
      (try? Library.call("H5Fget_obj_ids", at: place) { H5Fget_obj_ids(id, types, most, &objects) }) ?? 0
    return Array(objects.prefix(Int(count)))
  }

  deinit {
    // Nobody is left to hear of a failure; who wants to hear calls `File.close()`.
    try? close(at: Place(file: ""))
  }
}
