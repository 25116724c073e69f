import HDF5
import Primitives

/// The forms of input that can be converted.
public enum ConversionInput: String, Sendable {
  /// Comma-separated values, or values separated by something else.
  case csv
  /// An array of NumPy's.
  case npy
  /// An archive of NumPy's arrays.
  case npz
  /// An HDF5 file.
  case hdf5

  /// What `path` is, by its first bytes.
  ///
  /// - Throws: ``LockstepError`` if it cannot be read.
  public init(_ path: String) throws(LockstepError) {
    let file = try InputFile(path)
    let head = try file.head(512)
    if head.starts(with: NPYHeader.magic) {
      self = .npy
    } else if head.starts(with: Array("PK\u{03}\u{04}".utf8))
      || head.starts(with: Array("PK\u{05}\u{06}".utf8))
    {
      self = .npz
    } else if try Self.isHDF5(file) {
      self = .hdf5
    } else {
      let isWide = head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff])
      guard isWide || head.starts(with: [0x1f, 0x8b]) || !head.contains(0) else {
        throw LockstepError(
          .badData, path, "is neither text nor NumPy's nor HDF5",
          remedy: "Name a .csv, .npy, .npz or .h5 file.")
      }
      self = .csv
    }
  }

  /// HDF5 may begin after a user block of 512 bytes, or twice as many, and so on.
  private static func isHDF5(_ file: InputFile) throws(LockstepError) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var offset = 0
    while offset <= file.size - signature.count {
      if try file.bytes(offset..<offset + signature.count) == signature { return true }
      offset = offset == 0 ? 512 : 2 * offset
    }
    return false
  }

  /// Opens files of any of the forms. Several are CSV files of the same columns, or two .npy files, features and targets.
  ///
  /// - Parameters:
  ///   - paths: the files, at least one.
  ///   - options: what is asked for.
  ///   - output: the file to be written; arrays that are deflated are unpacked beside it.
  /// - Throws: ``LockstepError`` if they cannot be read or do not go together, or if the options do not go with them.
  public static func open(_ paths: [String], _ options: ConversionOptions, beside output: String)
    throws(LockstepError) -> any ConversionSource
  {
    precondition(!paths.isEmpty)
    var kinds: [ConversionInput] = []
    for path in paths { kinds.append(try ConversionInput(path)) }
    try requireSame(kinds, paths)
    try kinds[0].check(options)
    switch kinds[0] {
    case .csv: return try CSVSource(paths, options)
    case .npy: return try openArrays(paths, options)
    case .npz, .hdf5:
      guard paths.count == 1 else {
        throw LockstepError(
          .usage, paths[1], "only CSV files and two .npy files are converted together",
          remedy: "Convert one file at a time.")
      }
      return kinds[0] == .npz
        ? try openArchive(paths[0], options, beside: output) : try openHDF5(paths[0], options, output: output)
    }
  }

  private static func requireSame(_ kinds: [ConversionInput], _ paths: [String]) throws(LockstepError) {
    guard let other = kinds.firstIndex(where: { $0 != kinds[0] }) else { return }
    throw LockstepError(
      .usage, paths[other], "is of another form than \(paths[0])", found: kinds[other].rawValue,
      expected: kinds[0].rawValue, remedy: "Convert them one by one.")
  }

  private func check(_ options: ConversionOptions) throws(LockstepError) {
    let isText = self == .csv
    let text: [(String, Bool)] = [
      ("--delimiter", options.text.delimiter != nil), ("--header", options.text.header != .auto),
      ("--targets", options.text.targets != nil), ("--features", options.text.features != nil),
    ]
    let arrays = [("--x", options.x != nil), ("--y", options.y != nil)]
    if self == .npy, case .dataset(let name) = options.weights {
      throw LockstepError(
        .usage, "--weights", "does not go with this form of input", found: name, expected: "csv, npz or hdf5",
        remedy: "Put the arrays into one file: numpy.savez(\"data.npz\", x=x, y=y, weight=weight).")
    }
    let wrong = (isText ? [] : text) + (self == .npz || self == .hdf5 ? [] : arrays)
    if let (name, _) = wrong.first(where: \.1) {
      throw LockstepError(
        .usage, name, "does not go with this form of input", found: rawValue,
        expected: name.count > 3 ? "csv" : "npz or hdf5", remedy: "Leave it out.")
    }
  }

  private static func openArrays(_ paths: [String], _ options: ConversionOptions) throws(LockstepError)
    -> ArraySource
  {
    guard paths.count == (options.hasTargets ? 2 : 1) else {
      throw LockstepError(
        .usage, paths[0], "NumPy's arrays of features and targets are two files", found: "\(paths.count)",
        expected: options.hasTargets ? "2" : "1 with --no-targets",
        remedy: "Give both: lockstep convert x.npy y.npy --output data.h5, or --no-targets.")
    }
    var arrays: [NPYArray] = []
    for path in paths { arrays.append(try NPYArray(ByteRange(try InputFile(path)), name: path)) }
    return try ArraySource(x: arrays[0], y: arrays.count > 1 ? arrays[1] : nil, options)
  }

  private static func openArchive(_ path: String, _ options: ConversionOptions, beside output: String)
    throws(LockstepError) -> ArraySource
  {
    let archive = try NPZArchive(try InputFile(path))
    func array(_ name: String?, _ usual: [String], option: String) throws(LockstepError) -> NPYArray {
      let wanted = name.map { [$0] } ?? usual
      let matches = archive.members.filter { wanted.contains($0.name) }
      guard let member = matches.first, matches.count == 1 else {
        let names = archive.members.map(\.name)
        throw LockstepError(
          .badData, path,
          matches.isEmpty ? "there is no array \(wanted[0])" : "there are several such arrays",
          found: names.isEmpty ? "nothing" : names.prefix(20).joined(separator: ", "),
          remedy: "Name the array with \(option).")
      }
      return try NPYArray(try archive.extract(member, beside: output), name: "\(path):\(member.name)")
    }
    let x = try array(options.x, ["x", "X"], option: "--x")
    let y = options.hasTargets ? try array(options.y, ["y", "Y"], option: "--y") : nil
    var weights: NPYArray?
    switch options.weights {
    case .none: break
    case .dataset(let name): weights = try array(name, [], option: "--weights")
    case .automatic:
      if archive.members.contains(where: { $0.name == "weight" }), options.y != "weight",
        options.x != "weight"
      {
        weights = try array("weight", [], option: "--weights")
      }
    }
    return try ArraySource(x: x, y: y, weights: weights, options)
  }

  private static func openHDF5(_ path: String, _ options: ConversionOptions, output: String)
    throws(LockstepError) -> ArraySource
  {
    let files = try DataFiles(path, allowingOthers: options.allowsOtherFiles)
    let x = try HDF5Array(files, options.x ?? "/x", option: "--x")
    let y = options.hasTargets ? try HDF5Array(files, options.y ?? "/y", option: "--y") : nil
    let location = DatasetLocation(
      file: path, x: options.x ?? "/x", y: options.y ?? "/y", weights: options.weights)
    let weightPath = try location.existingWeights(in: files)
    let weights = try weightPath.map { path throws(LockstepError) in
      try HDF5Array(files, path, option: "--weights")
    }
    try files.requireOther(than: output, option: "--output")
    return try ArraySource(
      x: x, y: y, weights: weights, options, root: files.rootAttributes(), ofX: try x.attributes(),
      ofY: try y?.attributes() ?? CarriedAttributes(),
      ofWeights: try weights?.attributes() ?? CarriedAttributes())
  }
}
