/// Where in which file something is: what every error names first.
public struct Place: Sendable, Hashable, CustomStringConvertible {
  /// The path of the file, as it was given.
  public let file: String

  /// The absolute path of the object within the file, or empty where the file as a whole is meant.
  public let object: String

  /// `FILE:OBJECT`, or `FILE` alone where no object is meant.
  public var description: String { object.isEmpty ? file.escaped : "\(file.escaped):\(object.escaped)" }

  /// A place in a file; names no object by default.
  public init(file: String, object: String = "") {
    self.file = file
    self.object = object
  }

  /// The place of the child called `name`.
  func child(_ name: String) -> Place {
    Place(file: file, object: object.hasSuffix("/") ? object + name : "\(object)/\(name)")
  }
}

extension String {
  /// Fit for one line of a terminal: control characters are spelled out, and very long names are cut.
  var escaped: String {
    let longest = 300
    var result = ""
    for (index, scalar) in unicodeScalars.enumerated() {
      if index == longest { return result + "..." }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
