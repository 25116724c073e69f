import Foundation
import Testing

/// The program under test.
enum Lockstep {
  /// The executable: what `LOCKSTEP_EXECUTABLE` names, or `lockstep` beside or above the test bundle.
  static let executable: String = {
    if let named = ProcessInfo.processInfo.environment["LOCKSTEP_EXECUTABLE"] {
      return URL(fileURLWithPath: named).path
    }
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    for _ in 0..<5 {
      let candidate = folder.appendingPathComponent("lockstep").path
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
        return candidate
      }
      folder.deleteLastPathComponent()
    }
    return "lockstep"
  }()

  /// Starts the program with these arguments, in `folder`.
  static func start(
    _ arguments: [String], in folder: Folder, output: RunningProgram.Stream = .captured,
    errors: RunningProgram.Stream = .captured, environment: [String: String] = [:]
  ) throws -> RunningProgram {
    try RunningProgram(
      [executable] + arguments, in: folder, output: output, errors: errors, environment: environment)
  }

  /// Runs the program to its end, which must come within `limit` seconds.
  static func run(
    _ arguments: [String], in folder: Folder, output: RunningProgram.Stream = .captured,
    errors: RunningProgram.Stream = .captured, environment: [String: String] = [:], limit: Double = 60,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> RunningProgram.Outcome {
    let outcome = try start(
      arguments, in: folder, output: output, errors: errors, environment: environment
    ).finish(limit: limit)
    #expect(!outcome.timedOut, "lockstep \(arguments.joined(separator: " "))", sourceLocation: sourceLocation)
    return outcome
  }

  /// Runs the program, which must succeed and print what `--json` promises: one object, and nothing else.
  @discardableResult static func json(
    _ arguments: [String], in folder: Folder, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JSONObject {
    let outcome = try run(arguments + ["--json"], in: folder, sourceLocation: sourceLocation)
    try #require(
      outcome.exitCode == 0, "lockstep \(arguments.joined(separator: " ")): \(outcome.errors)",
      sourceLocation: sourceLocation)
    return try #require(JSONObject(outcome.output), "\(outcome.output)", sourceLocation: sourceLocation)
  }

  /// Writes a regression dataset, y = 3 x0 + 2 x1, with the program itself.
  static func generate(
    _ name: String = "linear.h5", rows: Int, _ options: [String] = [], in folder: Folder,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try json(
      ["generate", "linear", "--rows", "\(rows)", "--output", name] + options, in: folder,
      sourceLocation: sourceLocation)
  }
}

/// A JSON object that was printed.
struct JSONObject {
  private let values: [String: Any]

  /// The object in `text`, which must hold nothing else.
  init?(_ text: String) {
    guard let values = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
      return nil
    }
    self.values = values
  }

  private init(values: [String: Any]) { self.values = values }

  var keys: Set<String> { Set(values.keys) }

  func number(_ key: String) -> Double? { (values[key] as? NSNumber)?.doubleValue }
  func integer(_ key: String) -> Int? { (values[key] as? NSNumber)?.intValue }
  func boolean(_ key: String) -> Bool? { values[key] as? Bool }
  func string(_ key: String) -> String? { values[key] as? String }
  func isTrue(_ key: String) -> Bool { (values[key] as? NSNumber)?.boolValue ?? false }
  func isNull(_ key: String) -> Bool { values[key] is NSNull }
  func list(_ key: String) -> [String]? { values[key] as? [String] }
  func strings(_ key: String) -> [String: String]? { values[key] as? [String: String] }
  func numbers(_ key: String, _ inner: String) -> [Double]? {
    ((values[key] as? [String: Any])?[inner] as? [NSNumber])?.map(\.doubleValue)
  }
  func objects(_ key: String) -> [JSONObject]? {
    (values[key] as? [[String: Any]])?.map(JSONObject.init(values:))
  }
  func number(_ key: String, _ inner: String) -> Double? {
    ((values[key] as? [String: Any])?[inner] as? NSNumber)?.doubleValue
  }
  func table(_ key: String) -> [[Int]]? { values[key] as? [[Int]] }
  func integer(_ key: String, _ inner: String) -> Int? {
    ((values[key] as? [String: Any])?[inner] as? NSNumber)?.intValue
  }
}

/// Expects that a program failed as the product promises: with this exit code, nothing on standard output, and one
/// line on standard error that mentions all of `mentions` and says what to do.
func expectFailure(
  _ outcome: RunningProgram.Outcome, _ exitCode: Int32, mentions: [String], notes: Int = 0,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(outcome.exitCode == exitCode, "\(outcome)", sourceLocation: sourceLocation)
  #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
  let lines = outcome.errorLines
  #expect(lines.count == 1 + notes, "\(lines)", sourceLocation: sourceLocation)
  let line = lines.last ?? ""
  #expect(line.hasPrefix("lockstep: error: "), "\(line)", sourceLocation: sourceLocation)
  for mention in mentions {
    #expect(line.contains(mention), "\(line)", sourceLocation: sourceLocation)
  }
  // A remedy follows the sentence about what is wrong, or help is pointed to.
  #expect(line.contains(". ") || line.contains("(See 'lockstep"), "\(line)", sourceLocation: sourceLocation)
  #expect(
    !line.contains("H5"), "libhdf5's own words are for --verbose: \(line)", sourceLocation: sourceLocation)
}
