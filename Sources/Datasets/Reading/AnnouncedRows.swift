/// Where the rows of one dataset come to that were announced, until they are read.
enum AnnouncedRows: Sendable {
  /// Those that lie in one piece: read past the system's cache.
  case reads(StagedReads)
  /// Those in chunks: decoded, as soon as some of a chunk's rows were read.
  case chunks(KeptChunks)
}
