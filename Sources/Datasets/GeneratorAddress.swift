import Primitives

/// Generated rows, named by a text that can stand where a file's name does:
/// `generate:NAME?key=value&key=value`, as in `generate:linear?rows=1000000&coefficients=3,2&noise=0.1&seed=1`.
///
/// The keys are the options of `lockstep generate NAME` without their dashes, with the same defaults.
public struct GeneratorAddress: Sendable {
  /// What every address begins with.
  public static let scheme = "generate:"

  /// The address as it was written.
  public let text: String
  /// The number of rows.
  public let rows: Int
  /// What makes them. To be asked by `check(as:)` whether it can, before it does.
  public let generator: any RowGenerator

  /// Whether a text is meant to be an address.
  public static func isAddress(_ text: String) -> Bool { text.hasPrefix(scheme) }

  /// The rows that `text` names.
  ///
  /// - Throws: ``LockstepError`` of kind `usage` that names what is unknown and lists what there is.
  public init(_ text: String) throws(LockstepError) {
    let body = text.hasPrefix(Self.scheme) ? text.dropFirst(Self.scheme.count) : text[...]
    let parts = body.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    guard Self.isAddress(text), let type = Generators.all.first(where: { $0.name == name }) else {
      throw LockstepError(
        .usage, text,
        Self.isAddress(text) ? "there is no such generator" : "is not the address of a generator",
        found: "\"\(name)\"", expected: Generators.all.map { $0.name }.joined(separator: ", "),
        remedy: "Write \(Self.scheme)NAME?key=value&key=value.")
    }
    let known = [Generators.rows.summary, Generators.seed.summary] + type.parameters
    let texts = try Self.texts(parts.count == 2 ? parts[1] : "", of: text, keys: known.map(\.name))
    let values = GeneratorValues(texts, subject: text)
    self.text = text
    rows = try values.value(Generators.rows)
    generator = try type.init(values)
  }

  /// The values by key.
  private static func texts(_ query: Substring, of address: String, keys: [String]) throws(LockstepError)
    -> [String: String]
  {
    var texts: [String: String] = [:]
    if query.isEmpty { return texts }
    for pair in query.split(separator: "&", omittingEmptySubsequences: false) {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2 else {
        throw LockstepError(
          .usage, address, "this is not a key and its value", found: "\"\(pair)\"", expected: "key=value",
          remedy: "Join several by &.")
      }
      let key = String(sides[0])
      guard keys.contains(key) else {
        throw LockstepError(
          .usage, address, "there is no such key", found: "\"\(key)\"",
          expected: keys.joined(separator: ", "), remedy: "Keys are options without their dashes.")
      }
      guard texts.updateValue(String(sides[1]), forKey: key) == nil else {
        throw LockstepError(
          .usage, address, "a key is given twice", found: "\"\(key)\"", remedy: "Give it once.")
      }
    }
    return texts
  }
}

extension RowGenerator {
  /// The address of `rows` rows of this generator, complete with all values.
  public func address(rows: Int) -> String {
    let values = [("rows", "\(rows)")] + arguments.map { ($0.name, $0.value) } + [("seed", "\(seed)")]
    return GeneratorAddress.scheme + name + "?" + values.map { "\($0)=\($1)" }.joined(separator: "&")
  }

  /// The command that writes `rows` rows of this generator to a file of this format, without what does not show in it.
  public func command(rows: Int, precision: Precision, format: DatasetFormat = DatasetFormat()) -> String {
    var words = ["lockstep generate \(name)", "--rows \(rows)"]
    for (name, value) in arguments {
      let isLong = value.utf8.count { $0 == UInt8(ascii: ",") } >= DatasetFormat.mostInAttribute
      words.append("--\(name) \(isLong ? "(those of /\(name))" : value.isEmpty ? "\"\"" : value)")
    }
    words.append("--seed \(seed) --precision \(precision.rawValue)")
    if let rows = format.chunkRows { words.append("--chunk-rows \(rows)") }
    if let level = format.compression { words.append("--compression gzip:\(level)") }
    return words.joined(separator: " ")
  }
}
