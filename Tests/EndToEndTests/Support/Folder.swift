import Foundation

/// A folder of a test's own, removed with what is in it.
final class Folder: Sendable {
  /// Where the test works.
  let path: String
  private let root: String

  init() throws {
    // Lower case: tests look for names of libhdf5's functions in messages, and these name files.
    root = FileManager.default.temporaryDirectory.path + "/lockstep-" + UUID().uuidString.lowercased()
    path = root + "/work"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    // Other users come in, too: some tests run the program as one without privileges.
    chmod(root, 0o755)
    for part in [path, streams] {
      try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// Where the output of programs is kept.
  var streams: String { root + "/streams" }

  /// The full path of a file in the folder.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file.
  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  /// The bytes of a file.
  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  /// The names of all files, hidden ones too, in order.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
