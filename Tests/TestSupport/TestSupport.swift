import Foundation
import HDF5

/// A folder for one test's files, removed with the last reference to it.
public final class TemporaryFolder {
  /// Where it is.
  public let path: String

  /// A new, empty folder.
  public init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("lockstep-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a text file.
  public func write(_ text: some StringProtocol, to name: String) throws {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
  }

  /// Removes a file, if it is there.
  public func remove(_ name: String) { try? FileManager.default.removeItem(atPath: file(name)) }

  /// Changes the bytes of a file where it is.
  public func change(_ name: String, _ body: (inout [UInt8]) -> Void) throws {
    let url = URL(fileURLWithPath: file(name))
    var bytes = [UInt8](try Data(contentsOf: url))
    body(&bytes)
    // Not to a new file beside it: whoever has it open is to see this.
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  /// What is in a text file.
  public func text(_ name: String) throws -> String {
    try String(contentsOfFile: file(name), encoding: .utf8)
  }

  /// The names in the folder, hidden ones included.
  public var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// Writes a file with the given datasets.
public func writeFile(_ path: String, _ body: (borrowing File) throws -> Void) throws {
  let file = try File(creating: path)
  try body(file)
  try file.close()
}
