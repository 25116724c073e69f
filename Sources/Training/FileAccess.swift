/// How a file is read that is larger than the memory for samples. The bits do not depend on it.
public enum FileAccess: String, Sendable, CaseIterable {
  /// Through the system's cache if that has room for the file, else past it.
  case automatic = "auto"
  /// Through the system's cache: what was read before comes from memory.
  case cached
  /// Past the system's cache, where the system and the storage of the data allow it.
  case direct

  /// Whether data of so many bytes are to be read past the cache.
  func isDirect(bytes: Double) -> Bool {
    switch self {
    case .automatic: bytes > Double(MemoryBudget.available)
    case .cached: false
    case .direct: true
    }
  }
}
