#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

// libhdf5 says what happened in prose only, so the prose is read here, and nowhere else. The order of the rules is
// the order of their certainty.
extension HDF5Error {
  /// The error of a C function that failed, told from its error stack.
  init(function: String, place: Place, stack: [StackEntry]) {
    self.init(.library, at: place, function: function, problem: "")
    self.stack = stack
    let text = stack.map(\.problem).joined(separator: "\n")
    errno = HDF5Error.number(after: "errno = ", in: text).flatMap { Int32(exactly: $0) }.flatMap {
      $0 == 0 ? nil : $0
    }
    // A failed write shows as more than one failure where the file is closed. The system's word is the first cause.
    let isWriteFailure = errno.map { [ENOSPC, EDQUOT, EFBIG, EIO].contains($0) } ?? false
    if !isWriteFailure, diagnoseTruncation(text) || diagnosePhrase(text) { return }
    if let errno {
      self = HDF5Error(errno: errno, function: function, place: place, stack: stack)
      return
    }
    kind = HDF5Error.isWriting(function) ? .library : .damaged
    let cause = innermost?.problem.escaped ?? "no reason given"
    if kind == .damaged {
      problem = "the file is damaged or uses an unknown feature: libhdf5 says \"\(cause)\""
      remedy = "Restore it from its source, or check it with h5dump."
    } else {
      problem = "\(function) failed: libhdf5 says \"\(cause)\""
    }
  }

  /// The error of the operating system numbered `errno`.
  init(errno: Int32, function: String, place: Place, stack: [StackEntry] = []) {
    let (kind, remedy) = HDF5Error.meaning(ofErrno: errno)
    self.init(
      kind, at: place, function: function, problem: HDF5Error.sentence(forErrno: errno), remedy: remedy,
      errno: errno)
    self.stack = stack
  }

  /// "truncated file: eof = 100, sblock->base_addr = 0, stored_eof = 200".
  private mutating func diagnoseTruncation(_ text: String) -> Bool {
    guard text.contains("truncated file") else { return false }
    kind = .truncated
    problem = "the end of the file is missing"
    remedy = "Copy or generate it again."
    if let end = HDF5Error.number(after: "truncated file: eof = ", in: text),
      let stored = HDF5Error.number(after: "stored_eof = ", in: text)
    {
      let base = HDF5Error.number(after: "base_addr = ", in: text) ?? 0
      found = "\(end.addingReportingOverflow(base).partialValue) bytes"
      expected = "\(stored) bytes"
    }
    return true
  }

  private mutating func diagnosePhrase(_ text: String) -> Bool {
    guard let rule = HDF5Error.rules.first(where: { rule in rule.phrases.contains { text.contains($0) } })
    else { return false }
    kind = rule.kind
    problem = rule.problem
    remedy = rule.remedy
    return true
  }

  private struct Rule: Sendable {
    let phrases: [String]
    let kind: Kind
    let problem: String
    var remedy: String?
  }

  private static let rules: [Rule] = [
    Rule(
      phrases: ["SWMR write", "SWMR writing", "file is already open for write"], kind: .notClosedByWriter,
      problem: "the program that wrote this file has not closed it, so it may be incomplete",
      remedy: "Wait until the writer is done; if it died, write the file again (or try h5clear -s)."),
    Rule(
      phrases: [
        "unable to lock file", "file is already open for read-only", "which is already open",
        "file locking flag",
      ],
      kind: .inUse, problem: "the file is open elsewhere",
      remedy: "Close it there, or set HDF5_USE_FILE_LOCKING=FALSE where the file system has no locks."),
    Rule(
      phrases: ["file signature not found"], kind: .notHDF5, problem: "this is not an HDF5 file"),
    Rule(
      phrases: ["checksum", "Fletcher32", "inflate() failed"], kind: .damaged,
      problem: "the stored data are damaged: they fail their checksum or cannot be decompressed",
      remedy: "Restore the file from its source."),
    Rule(
      phrases: ["is not registered", "filter plugin", "required filter"], kind: .unsupportedFilter,
      problem: "the data are encoded by a filter that is not available; plugins are disabled",
      remedy: "Repack the file with: h5repack -f GZIP=4 OLD NEW"),
    Rule(
      phrases: ["memory allocation failed", "can't allocate memory"], kind: .outOfMemory,
      problem: "libhdf5 could not allocate memory"),
    Rule(
      phrases: ["no write intent", "no write access"], kind: .permissionDenied,
      problem: "the file was opened for reading only", remedy: "Open it for updating."),
    Rule(
      phrases: ["name already exists", "file exists"], kind: .alreadyExists,
      problem: "something of this name is there already"),
    Rule(
      phrases: [
        "not a location", "not a dataset", "not a file ID", "not a file or file object", "can't locate ID",
        "not a group", "can't decrement ID", "invalid file ID", "not an attribute",
        "invalid location identifier",
        "not a file or group", "invalid dataset identifier", "invalid group identifier",
      ], kind: .library, problem: "the file of this handle has been closed"),
  ]

  /// Functions whose failure does not speak against the file.
  private static func isWriting(_ function: String) -> Bool {
    ["H5P", "H5S", "H5T"].contains { function.hasPrefix($0) }
      || [
        "H5Fcreate", "H5Fflush", "H5Fclose", "H5Dcreate2", "H5Dwrite", "H5Dset_extent", "H5Gcreate2",
        "H5Acreate2", "H5Awrite", "H5Adelete", "H5Ldelete", "H5Oclose", "H5Aclose", "H5Fget_file_image",
      ].contains(function)
  }

  private static func meaning(ofErrno errno: Int32) -> (Kind, remedy: String?) {
    switch errno {
    case ENOENT, ENOTDIR: (.notFound, "Check the path.")
    case EACCES, EPERM, EROFS: (.permissionDenied, "Check the permissions of the file and its folder.")
    case EISDIR: (.notRegularFile, nil)
    case EEXIST: (.alreadyExists, "Choose another name, or allow it to be overwritten.")
    case ENOSPC, EDQUOT, EFBIG: (.noSpace, "Make room, or write elsewhere.")
    case ENOMEM: (.outOfMemory, nil)
    case EMFILE: (.io, "Raise the limit (ulimit -n), or put the data into fewer files.")
    case EAGAIN, EBUSY, ETXTBSY, ENOLCK: (.inUse, "Try again when it is no longer in use.")
    default: (.io, nil)
    }
  }

  private static func sentence(forErrno errno: Int32) -> String {
    switch errno {
    case ENOENT: return "no such file or folder"
    case EACCES, EPERM: return "permission denied"
    case EROFS: return "the file system is read-only"
    case EISDIR: return "this is a folder, not a file"
    case EEXIST: return "a file of this name is there already"
    case ENOSPC: return "no space left on the disk"
    case EDQUOT: return "the disk quota is used up"
    case EFBIG: return "the file would become larger than allowed"
    case ENOMEM: return "out of memory"
    case EMFILE: return "this process has too many files open"
    default: return "the operating system says \"\(String(cString: strerror(errno)))\" (error \(errno))"
    }
  }

  /// The number that follows `label` in `text`.
  static func number(after label: String, in text: String) -> UInt64? {
    guard let range = text.firstRange(of: label) else { return nil }
    return UInt64(text[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
  }
}
