/// What went wrong, in the terms of a person who runs the program.
///
/// Everything above `HDF5` throws this one type: a failure's kind decides the exit code, its sentences
/// are the message. The rendered form is one line,
/// `SUBJECT: problem (found X, expected Y). Remedy.`
public struct LockstepError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The classes of failure that a caller may want to tell apart.
  public enum Kind: String, Sendable, Equatable {
    /// An argument is outside what the function or option accepts.
    case usage
    /// A dataset or checkpoint is damaged, inconsistent or unsuitable.
    case badData
    /// An input does not exist or is not a regular file.
    case noInput
    /// The numbers left the representable range (loss or parameters are not finite).
    case diverged
    /// Something that the program promises did not hold.
    case internalError
    /// The work needs more memory than there is.
    case memory
    /// An output cannot be created.
    case cannotCreate
    /// Reading or writing failed.
    case inputOutput
    /// Stopped on request after saving, or the output is in use: run again to go on.
    case tryAgain
    /// The system refuses access.
    case permission
    /// The configuration contradicts itself or the checkpoint that is to be resumed.
    case configuration
  }

  /// The class of the failure.
  public var kind: Kind
  /// What it is about: a file, `FILE:DATASET`, or an option. Empty if nothing in particular.
  public var subject: String
  /// What is wrong, as a clause without a full stop.
  public var problem: String
  /// What was found, if that helps.
  public var found: String?
  /// What was expected, if that helps.
  public var expected: String?
  /// What to do about it: whole sentences.
  public var remedy: String?
  /// Technical detail for a verbose report (libhdf5's error stack, for instance). Never in `description`.
  public var detail: String?

  /// Makes an error; see the properties for the meaning of each part.
  public init(
    _ kind: Kind, _ subject: String, _ problem: String, found: String? = nil,
    expected: String? = nil, remedy: String? = nil, detail: String? = nil
  ) {
    self.kind = kind
    self.subject = subject
    self.problem = problem
    self.found = found
    self.expected = expected
    self.remedy = remedy
    self.detail = detail
  }

  /// The same error about another file: for a failure of a temporary name that nobody asked for.
  public func renaming(_ name: String, to other: String) -> LockstepError {
    var copy = self
    if subject.hasPrefix(name) { copy.subject = other + subject.dropFirst(name.count) }
    return copy
  }

  /// The message as one line; characters that steer a terminal or break a line are escaped.
  public var description: String {
    var text = subject.isEmpty ? "" : subject + ": "
    text += problem
    switch (found, expected) {
    case (let found?, let expected?): text += " (found \(found), expected \(expected))"
    case (let found?, nil): text += " (found \(found))"
    case (nil, let expected?): text += " (expected \(expected))"
    case (nil, nil): break
    }
    text += "."
    if let remedy { text += " " + remedy }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
          switch scalar.properties.generalCategory {
          case .control, .lineSeparator, .paragraphSeparator:
            Array(scalar.escaped(asASCII: true).unicodeScalars)
          default: [scalar]
          }
        }))
  }
}
