import Lockstep

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Checks of a file to be written, before any work is done for it.
enum OutputFile {
  /// Throws if `path` is there already, unless `force`, or could not be written.
  static func requireNew(_ path: String, force: Bool) throws(LockstepError) {
    if !force, access(path, F_OK) == 0 {
      throw LockstepError(
        .cannotCreate, path, "the file is there already",
        remedy: "Choose another --output, or replace it with --force.")
    }
    try StagedFile.requireWritable(path)
  }
}
