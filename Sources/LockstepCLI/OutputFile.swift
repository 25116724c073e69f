import Lockstep

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Checks of a file to be written, before any work is done for it.
enum OutputFile {
  /// Throws if `path`, which `option` names, is there already, unless `force`, or could not be written.
  static func requireNew(_ path: String, option: String = "--output", force: Bool) throws(LockstepError) {
    if !force, access(path, F_OK) == 0 {
      throw LockstepError(
        .cannotCreate, path, "the file is there already",
        remedy: "Choose another \(option), or replace it with --force.")
    }
    try StagedFile.requireWritable(path)
  }

  /// Throws if `path`, which `option` names, is the file `input`, by whatever name.
  static func requireOther(than input: String, _ path: String, option: String) throws(LockstepError) {
    guard let found = FileIdentity(path), found == FileIdentity(input) else { return }
    throw LockstepError(
      .cannotCreate, path, "is the file with the samples", remedy: "Choose another \(option).")
  }
}
