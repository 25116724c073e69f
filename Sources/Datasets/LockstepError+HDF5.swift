import HDF5
import Primitives

extension LockstepError {
  /// The same failure in the terms of the program's user. libhdf5's error stack becomes the detail.
  public init(_ error: HDF5Error) {
    let kind: Kind =
      switch error.kind {
      case .notFound where error.object.isEmpty: .noInput
      case .notRegularFile: .noInput
      case .permissionDenied: .permission
      case .alreadyExists: .cannotCreate
      case .inUse: .tryAgain
      case .noSpace, .io: .inputOutput
      case .outOfMemory: .memory
      case .notFound, .notHDF5, .truncated, .notClosedByWriter, .damaged, .refused, .unsupportedType,
        .unsupportedFilter, .mismatch, .library:
        .badData
      }
    self.init(
      kind, "\(error.place)", error.problem, found: error.found, expected: error.expected,
      remedy: Self.conversion(error) ?? error.remedy.map {
        $0.hasSuffix(".") || $0.hasSuffix("?") ? $0 : $0 + "."
      }
        ?? Self.remedy(for: error.kind),
      detail: error.stack.isEmpty
        ? nil : ([error.function] + error.stack.map(\.description)).joined(separator: "\n"))
  }

  /// How to make a dataset of a file that is not HDF5 but can be converted.
  private static func conversion(_ error: HDF5Error) -> String? {
    guard error.kind == .notHDF5, let found = error.found, found.contains("CSV") || found.contains("NumPy")
    else {
      return nil
    }
    return "Make a dataset of it first: lockstep convert \(error.place.file) --output DATA.h5"
  }

  /// What to do where nothing better is known.
  private static func remedy(for kind: HDF5Error.Kind) -> String {
    switch kind {
    case .notFound: "Check the path."
    case .notRegularFile, .notHDF5: "Name an HDF5 file."
    case .permissionDenied: "Change the permissions."
    case .alreadyExists: "Choose another name."
    case .inUse: "Try again when the other program has closed it."
    case .noSpace: "Free some space and try again."
    case .io: "Check the disk."
    case .outOfMemory: "Free some memory, or use smaller data."
    case .truncated, .notClosedByWriter, .damaged, .library:
      "Restore the file from its source, or write it again."
    case .refused, .unsupportedType, .unsupportedFilter: "Write the data in a plain form."
    case .mismatch: "Check the name, or write the data in the form expected."
    }
  }
}

/// Runs `body` and turns what HDF5 throws into a ``LockstepError``.
public func withHDF5Errors<Result: ~Copyable>(_ body: () throws(HDF5Error) -> Result)
  throws(LockstepError) -> Result
{
  do {
    return try body()
  } catch {
    throw LockstepError(error)
  }
}
