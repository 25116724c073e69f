/// What went wrong, where, and what can be done about it.
public struct HDF5Error: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure that a program may want to tell apart.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// There is no such file, folder, group, dataset or attribute.
    case notFound
    /// The operating system forbids it, or the file was opened for reading only.
    case permissionDenied
    /// The path is a folder, a pipe, a socket or a device.
    case notRegularFile
    /// The file holds something else than HDF5.
    case notHDF5
    /// The end of the file is missing.
    case truncated
    /// The program that wrote the file did not close it.
    case notClosedByWriter
    /// The file's contents contradict themselves or fail their checksum.
    case damaged
    /// The file asks for something that this module does not do for safety's sake, such as reading other files.
    case refused
    /// The elements are not of a type that this module reads.
    case unsupportedType
    /// The data are encoded by a filter that this module does not decode.
    case unsupportedFilter
    /// The shape, type or kind of an object is not the one asked for.
    case mismatch
    /// Something of this name is there already.
    case alreadyExists
    /// Another program, or another part of this one, has the file open.
    case inUse
    /// The disk or the quota is full.
    case noSpace
    /// The operating system failed to read or to write.
    case io
    /// There is not enough memory.
    case outOfMemory
    /// Any other failure of libhdf5.
    case library
  }

  /// One function of libhdf5's error stack.
  public struct StackEntry: Sendable, Hashable, CustomStringConvertible {
    /// The function within libhdf5.
    public let function: String

    /// What it says happened.
    public let problem: String

    /// `function: problem`.
    public var description: String { "\(function): \(problem)" }

    /// An entry of the error stack.
    public init(function: String, problem: String) {
      self.function = function
      self.problem = problem
    }
  }

  /// What kind of failure it is.
  public internal(set) var kind: Kind

  /// The C function that failed or that was to be called.
  public internal(set) var function: String

  /// The file and the object in it.
  public internal(set) var place: Place

  /// What is wrong, in one sentence without its full stop.
  public internal(set) var problem: String

  /// What was found, where that can be said.
  public internal(set) var found: String?

  /// What should have been found, where that can be said.
  public internal(set) var expected: String?

  /// What can be done about it, in one or two sentences.
  public internal(set) var remedy: String?

  /// The other file that the data are in, where they were refused because of that.
  public internal(set) var otherFile: String?

  /// libhdf5's error stack, the outermost function first; empty where this module itself found the problem.
  public internal(set) var stack: [StackEntry]

  /// The number of the operating system's error, where there was one and it is known.
  public internal(set) var errno: Int32?

  /// The file's path.
  public var file: String { place.file }

  /// The object's path within the file, or empty.
  public var object: String { place.object }

  /// The entry of the function that was called.
  public var outermost: StackEntry? { stack.first }

  /// The entry of the function in which the failure began.
  public var innermost: StackEntry? { stack.last }

  /// One line: `FILE:OBJECT: problem (found X, expected Y). Remedy.`
  public var description: String {
    var line = "\(place): \(problem)"
    switch (found, expected) {
    case (let found?, let expected?): line += " (found \(found), expected \(expected))"
    case (let found?, nil): line += " (found \(found))"
    case (nil, let expected?): line += " (expected \(expected))"
    case (nil, nil): break
    }
    if let remedy { line += ". \(remedy)" }
    return line
  }

  /// An error that this module found itself.
  init(
    _ kind: Kind, at place: Place, function: String, problem: String, found: String? = nil,
    expected: String? = nil, remedy: String? = nil, otherFile: String? = nil, errno: Int32? = nil
  ) {
    self.kind = kind
    self.place = place
    self.function = function
    self.problem = problem
    self.found = found
    self.expected = expected
    self.remedy = remedy
    self.otherFile = otherFile
    self.stack = []
    self.errno = errno
  }
}
