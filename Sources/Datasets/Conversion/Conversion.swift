import HDF5
import Primitives

/// Turns a source of rows into a dataset file.
public struct Conversion {
  /// What became of the input.
  public struct Report: Sendable {
    /// The rows written.
    public var rows: Int
    /// The rows dropped.
    public var skipped: Int
    /// How they are stored.
    public var description: DatasetDescription
    /// The names of the classes, if they were numbered on the way.
    public var classes: [String]?
    /// What could not be taken over, in words.
    public var notes: [String]
  }

  private let source: any ConversionSource
  private let format: DatasetFormat
  private let title: String
  private let command: String

  /// A conversion of `source`; `title` and `command` are recorded in the file.
  public init(_ source: any ConversionSource, format: DatasetFormat, title: String, command: String) {
    self.source = source
    self.format = format
    self.title = Self.shortened(title)
    self.command = Self.shortened(command)
  }

  /// Writes the file and puts it in place at once when it is whole. The memory is bounded.
  ///
  /// - Throws: ``LockstepError`` if the input cannot be read or has a row that cannot be taken, or if the file cannot be
  ///   created or written; nothing is left behind then.
  public func write(
    to path: String, progress: (ConversionProgress) -> Void = { _ in }
  ) throws(LockstepError) -> Report {
    let survey = try source.survey(progress: progress)
    var description = survey.description
    // What a file was made by before it was repacked is worth knowing still.
    if let original = description.attributes["source"] {
      description.attributes["original_source"] = original
    }
    description.attributes["source"] = .string(command)
    description.attributes["title"] = description.attributes["title"] ?? .string(title)
    var output = try DatasetOutput(path, rows: survey.rows, description, format: format)
    try source.read(progress: progress) { block throws(LockstepError) in
      guard block.rows <= output.room else { throw Self.changed(title) }
      try output.append(block)
    }
    guard output.room == 0 else { throw Self.changed(title) }
    try output.commit()
    return Report(
      rows: survey.rows, skipped: survey.skipped, description: description, classes: survey.classes,
      notes: survey.notes)
  }

  /// A text that fits into an attribute: thousands of files can be named in a command.
  private static func shortened(_ text: String) -> String {
    text.utf8.count <= 16_000 ? text : "\(text.prefix(4_000)) ..."
  }

  private static func changed(_ title: String) -> LockstepError {
    LockstepError(
      .inputOutput, "", "the input changed while it was read: \(title)",
      remedy: "Convert it again when nobody writes to it.")
  }
}
