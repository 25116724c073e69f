internal import CPlatform

/// The system's cache of files.
public enum SystemCache {
  /// Whether it has the byte at `offset` of the file that is open as `descriptor`, as far as the system tells: a matter of less than a
  /// microsecond, where reading or announcing would take longer.
  public static func holds(_ descriptor: Int32, at offset: Int) -> Bool {
    platform_is_cached(descriptor, Int64(offset)) != 0
  }
}
