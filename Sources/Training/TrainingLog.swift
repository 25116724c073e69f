import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A text file with one line an epoch, written as training goes on, for other programs to read and draw.
///
/// The columns are those of a checkpoint's history, after the numbers of epochs and steps completed. A validation loss that
/// there is none of is empty in a table, `null` in JSON.
public struct TrainingLog: ~Copyable {
  /// How a log is written, as its name ends.
  public enum Format: String, Sendable, CaseIterable {
    /// A table with a header line.
    case csv
    /// One JSON object a line.
    case jsonl

    /// The format that the ending of `path` names.
    public init?(path: String) {
      guard let dot = path.lastIndex(of: "."),
        let format = Self(rawValue: String(path[path.index(after: dot)...]))
      else { return nil }
      self = format
    }
  }

  /// The names of the columns.
  public static let columns = ["epoch", "step"] + EpochRecord.columns.map(\.name)

  private let path: String
  private let format: Format
  private let stepsPerEpoch: Int
  private let descriptor: Int32

  /// Begins the log at `path` with the epochs that are completed already: those of a checkpoint that is gone on from. What
  /// was there before is replaced.
  ///
  /// - Throws: ``LockstepError`` if the file cannot be written, or if its name does not end in a known way.
  init(path: String, stepsPerEpoch: Int, history: [EpochRecord]) throws(LockstepError) {
    guard let format = Format(path: path) else {
      throw LockstepError(
        .usage, "--log", "has an ending that says nothing", found: path, expected: "a name in .csv or .jsonl")
    }
    var text = format == .csv ? Self.columns.joined(separator: ",") + "\n" : ""
    for (index, record) in history.enumerated() {
      text += Self.line(index + 1, record, stepsPerEpoch: stepsPerEpoch, format)
    }
    try StagedFile.write(text, to: path)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw StagedFile.failure(path, "cannot be opened to go on") }
    self.path = path
    self.format = format
    self.stepsPerEpoch = stepsPerEpoch
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Adds the line of `epoch`, the first being 1.
  func append(_ epoch: Int, _ record: EpochRecord) throws(LockstepError) {
    let line = Self.line(epoch, record, stepsPerEpoch: stepsPerEpoch, format)
    guard StagedFile.append(line, to: descriptor) else {
      throw StagedFile.failure(path, "cannot be written")
    }
  }

  private static func line(
    _ epoch: Int, _ record: EpochRecord, stepsPerEpoch: Int, _ format: Format
  ) -> String {
    let values = EpochRecord.columns.map { record[keyPath: $0.column] }
    let empty = format == .csv ? "" : "null"
    // Swift's shortest text that gives the same number again, whatever the locale.
    let texts = ["\(epoch)", "\(epoch * stepsPerEpoch)"] + values.map { $0.isFinite ? "\($0)" : empty }
    switch format {
    case .csv: return texts.joined(separator: ",") + "\n"
    case .jsonl:
      return "{" + zip(columns, texts).map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}\n"
    }
  }
}
