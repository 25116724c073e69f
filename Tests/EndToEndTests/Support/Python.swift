import Foundation
import Testing

/// Python with h5py and Keras, as `scripts/prepare-python` makes it, to check files with programs of other people.
enum Python {
  private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  private static let interpreter: String = {
    if let named = ProcessInfo.processInfo.environment["LOCKSTEP_PYTHON"] { return "\(named)/bin/python" }
    return here.appendingPathComponent("../../../.build/python/bin/python").standardized.path
  }()

  /// Runs `Python/<script>.py` in `folder`; it must succeed.
  ///
  /// - Returns: what it printed.
  @discardableResult static func run(
    _ script: String, _ arguments: [String], in folder: Folder,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    try #require(
      FileManager.default.isExecutableFile(atPath: interpreter),
      "\(interpreter) is missing: run scripts/prepare-python", sourceLocation: sourceLocation)
    let path = here.appendingPathComponent("../Python/\(script).py").standardized.path
    let outcome = try RunningProgram(
      [interpreter, path] + arguments, in: folder,
      environment: ["KERAS_BACKEND": "numpy", "KERAS_HOME": folder.streams, "PYTHONDONTWRITEBYTECODE": "1"]
    ).finish(limit: 120)
    try #require(
      outcome.exitCode == 0,
      "\(script).py failed; if a module is missing, run scripts/prepare-python\n\(outcome.errors)",
      sourceLocation: sourceLocation)
    return outcome.output
  }

  /// `values` as text for a script to parse.
  static func json(_ values: [[String: Any]]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self)
  }
}
