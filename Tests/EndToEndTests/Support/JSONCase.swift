import Foundation

/// A conversion to be made, as a script prints it.
struct JSONCase: Codable {
  var name: String
  /// The words after `lockstep convert`.
  var words: [String]

  /// The cases in a JSON text.
  static func list(_ text: String) throws -> [JSONCase] {
    try JSONDecoder().decode([JSONCase].self, from: Data(text.utf8))
  }

  /// Their names as JSON.
  static func names(_ cases: [JSONCase]) -> String {
    "[\(cases.map { "\"\($0.name)\"" }.joined(separator: ", "))]"
  }
}
