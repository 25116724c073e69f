/// What a file is, judged by its first bytes: for the message about a file that is not HDF5.
enum FileSignature {
  /// The eight bytes with which HDF5 data begin.
  static let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  private static let known: [(prefix: [UInt8], name: String, remedy: String?)] = [
    ([0x1f, 0x8b], "a gzip archive", "Unpack it with gunzip."),
    (
      Array("PK\u{03}\u{04}".utf8), "a zip archive (or a NumPy .npz file)",
      "Unpack it, or convert it with h5py."
    ),
    ([0x93] + Array("NUMPY".utf8), "a NumPy .npy file", "Convert it with h5py."),
    ([0x89] + Array("PNG".utf8), "a PNG image", nil),
    ([0xff, 0xd8, 0xff], "a JPEG image", nil),
    (Array("%PDF".utf8), "a PDF document", nil),
    (Array("version https://git-lfs".utf8), "a git-lfs pointer", "Fetch the file itself with: git lfs pull"),
    ([0x0e, 0x03, 0x13, 0x01], "an HDF4 file", "Convert it with h4toh5."),
    (Array("CDF".utf8), "a netCDF-3 file", "Convert it with: nccopy -k nc4"),
    ([0xfd] + Array("7zXZ".utf8), "an xz archive", "Unpack it with unxz."),
    ([0x28, 0xb5, 0x2f, 0xfd], "a Zstandard archive", "Unpack it with unzstd."),
    (Array("BZh".utf8), "a bzip2 archive", "Unpack it with bunzip2."),
    ([0x80, 0x02], "a Python pickle (or an old PyTorch file)", nil),
  ]

  /// A guess at what begins with `head`, and what to do with such a thing.
  static func guess(_ head: [UInt8]) -> (name: String, remedy: String?)? {
    if head.isEmpty { return ("an empty file", "Copy or generate it again.") }
    if let match = known.first(where: { head.starts(with: $0.prefix) }) { return (match.name, match.remedy) }
    guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || (0x09...0x0d).contains($0) }) else { return nil }
    let text = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace }
    let start = text.prefix(15).lowercased()
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
      return ("an HTML page", "It may be an error message of the server it came from: download it again.")
    }
    if text.hasPrefix("{") || text.hasPrefix("[") { return ("text, perhaps JSON", nil) }
    let firstLine = text.prefix { !$0.isNewline }
    return firstLine.contains(",") ? ("text, perhaps CSV", "Convert it with h5py.") : ("text", nil)
  }
}

extension HDF5Error {
  /// The error of opening a file, after a look at the file's first bytes.
  func refined(head: [UInt8], size: Int) -> HDF5Error {
    var error = self
    let superblockSize = 96
    let begun = !head.isEmpty && head.starts(with: FileSignature.hdf5.prefix(head.count))
    if begun, kind == .notHDF5 || kind == .damaged || kind == .io, size < superblockSize {
      error.kind = .truncated
      error.problem = "the end of the file is missing"
      (error.found, error.expected) = ("\(size) bytes", "at least \(superblockSize) bytes")
      error.remedy = "Copy or generate it again."
    } else if begun, kind == .notHDF5 {
      error.kind = .damaged
      error.problem = "the file begins as HDF5 but its superblock is damaged"
      error.remedy = "Restore it from its source."
    } else if kind == .notHDF5, let guess = FileSignature.guess(head) {
      error.found = guess.name
      error.remedy = guess.remedy
    }
    return error
  }
}
