import Glibc
import Primitives

/// A folder of a test's own, removed with what is in it.
final class Folder: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/primitives-tests-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp"
    }
  }

  deinit {
    guard path != "/tmp" else { return }
    for name in names { unlink(file(name)) }
    rmdir(path)
  }

  /// The path of the file `name` in this folder.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The names in this folder, sorted.
  var names: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// Makes `text` the contents of the file at `path`.
func write(_ text: String, to path: String) {
  let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
  defer { close(file) }
  _ = Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
}

/// The contents of the file at `path`, or nil.
func text(of path: String) -> String? {
  let file = open(path, O_RDONLY)
  guard file >= 0 else { return nil }
  defer { close(file) }
  return text(of: file)
}

/// What an open file holds from its start.
func text(of file: Int32) -> String {
  var bytes = [UInt8](repeating: 0, count: 4096)
  let count = pread(file, &bytes, bytes.count, 0)
  return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

/// The error that `body` throws, or nil.
func error(_ body: () throws(LockstepError) -> Void) -> LockstepError? {
  do throws(LockstepError) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// Pearson's statistic of `counts`, all of which are expected to be equal.
func chiSquare(_ counts: [Int]) -> Double {
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
}
