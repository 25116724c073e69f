import CHDF5
import Glibc
import Testing

@testable import HDF5

/// A folder of a test's own, removed with what is in it.
final class Folder: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/hdf5-tests-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp"
    }
  }

  deinit {
    guard path != "/tmp", let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      unlink("\(path)/\(name)")
    }
    closedir(directory)
    rmdir(path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file of the given bytes and returns its path.
  func file(_ name: String, _ bytes: some Collection<UInt8>) -> String {
    let path = file(name)
    let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    defer { close(descriptor) }
    _ = Array(bytes).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    return path
  }
}

/// The bytes of a file.
func bytes(of path: String) -> [UInt8] {
  let descriptor = open(path, O_RDONLY)
  guard descriptor >= 0 else { return [] }
  defer { close(descriptor) }
  let size = Int(lseek(descriptor, 0, SEEK_END))
  return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
  }
}

/// The error that `body` throws, or nil.
func error(_ body: () throws(HDF5Error) -> Void) -> HDF5Error? {
  do throws(HDF5Error) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// Opening a file for reading and reading its dataset `x` entirely: the values, or what went wrong.
func readX(_ path: String) -> Result<[Double], HDF5Error> {
  do throws(HDF5Error) {
    let file = try File(opening: path)
    return .success(try file.openDataset("x").readAll())
  } catch {
    return .failure(error)
  }
}

/// Calls of libhdf5 that the module does not make, under its lock, to make files that it must refuse.
func raw(_ body: () -> Int32) {
  _ = try? Library.call("test", at: Place(file: "")) { body() }
}
