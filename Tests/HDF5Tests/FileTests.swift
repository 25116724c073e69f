import CHDF5
import Glibc
import Testing

@testable import HDF5

@Suite struct FileTests {
  let folder = Folder()

  @Test func aFileIsCreatedAndOpenedAgain() throws {
    let path = folder.file("a.h5")
    let created = try File(creating: path)
    try created.createDataset("x", [1.0, 2, 3])
    try created.close()
    let file = try File(opening: path)
    #expect(file.path == path)
    #expect(try file.size == bytes(of: path).count)
    #expect(try file.openDataset("x").readAll(as: Double.self) == [1, 2, 3])
  }

  @Test func theLibraryTellsItsVersion() {
    #expect(Library.version.hasPrefix("1."))
  }

  @Test func anExistingFileIsNotOverwrittenUnlessAllowed() throws {
    let path = folder.file("a.h5", "precious".utf8)
    let failure = error { () throws(HDF5Error) in _ = try File(creating: path) }
    #expect(failure?.kind == .alreadyExists)
    #expect(bytes(of: path) == Array("precious".utf8))
    _ = try File(creating: path, options: File.CreationOptions(overwrite: true))
    _ = try File(opening: path)
  }

  @Test func aMissingFolderIsReported() {
    let failure = error { () throws(HDF5Error) in _ = try File(creating: folder.file("no/such.h5")) }
    #expect(failure?.kind == .notFound)
    #expect(failure?.errno == ENOENT)
    #expect(failure?.outermost?.function == "H5Fcreate")
  }

  @Test func aMissingFileIsReported() {
    let path = folder.file("none.h5")
    let failure = error { () throws(HDF5Error) in _ = try File(opening: path) }
    #expect(failure?.kind == .notFound)
    #expect(failure?.description == "\(path): no such file or folder. Check the path.")
  }

  @Test(.enabled(if: geteuid() != 0)) func anUnreadableFileIsReported() {
    let path = folder.file("secret.h5", [1, 2])
    chmod(path, 0)
    #expect(error { () throws(HDF5Error) in _ = try File(opening: path) }?.kind == .permissionDenied)
  }

  @Test func aPipeDoesNotHang() {
    let path = folder.file("pipe")
    mkfifo(path, 0o600)
    let opening = error { () throws(HDF5Error) in _ = try File(opening: path) }
    #expect(opening?.kind == .notRegularFile)
    #expect(opening?.found == "a pipe")
    let options = File.CreationOptions(overwrite: true)
    let creating = error { () throws(HDF5Error) in _ = try File(creating: path, options: options) }
    #expect(creating?.kind == .notRegularFile)
  }

  @Test func aFolderAndADeviceAreRefused() {
    #expect(error { () throws(HDF5Error) in _ = try File(opening: folder.path) }?.found == "a folder")
    #expect(error { () throws(HDF5Error) in _ = try File(opening: "/dev/null") }?.found == "a device")
  }

  @Test(
    arguments: [
      ([], "an empty file"), ([0x1f, 0x8b, 8], "a gzip archive"),
      (Array("PK\u{3}\u{4}".utf8), "a zip archive (or a NumPy .npz file)"),
      ([0x93] + Array("NUMPY".utf8) + [1], "a NumPy .npy file"),
      ([0x89] + Array("PNG\r\n".utf8) + [0x1a, 0x0a], "a PNG image"),
      (Array("a,b\n1,2\n".utf8), "text, perhaps CSV"),
      (Array("hello\n".utf8), "text"), (Array("{\"a\": 1}".utf8), "text, perhaps JSON"),
      (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "a git-lfs pointer"),
      (Array("<!DOCTYPE html>\n<html>".utf8), "an HTML page"), ([0x0e, 3, 0x13, 1, 0], "an HDF4 file"),
      ([0x43, 0x44, 0x46, 1, 0], "a netCDF-3 file"),
    ] as [([UInt8], String)])
  func whatIsNotHDF5IsGuessed(contents: [UInt8], guess: String) {
    let path = folder.file("guess.h5", contents)
    let failure = error { () throws(HDF5Error) in _ = try File(opening: path) }
    #expect(failure?.kind == .notHDF5)
    #expect(failure?.found == guess)
    #expect(failure?.description.hasPrefix("\(path): this is not an HDF5 file (found \(guess))") == true)
  }

  @Test(arguments: [File.Format.earliest, .v18, .v110])
  func truncationAtAnyByteIsNoticed(format: File.Format) throws {
    let path = folder.file("whole.h5")
    let file = try File(creating: path, options: File.CreationOptions(format: format))
    try file.createDataset("x", (0..<50).map(Double.init))
    try file.close()
    let whole = bytes(of: path)
    for length in stride(from: 0, to: whole.count, by: 7).map({ $0 }) + [whole.count - 1] {
      guard case .failure(let failure) = readX(folder.file("cut.h5", whole.prefix(length))) else {
        Issue.record("a file cut to \(length) of \(whole.count) bytes was read")
        continue
      }
      #expect([.truncated, .notHDF5, .damaged].contains(failure.kind), "\(length): \(failure)")
      if length >= 96 {
        #expect(failure.kind == .truncated)
        #expect(failure.found == "\(length) bytes")
        #expect(failure.expected == "\(whole.count) bytes")
      }
    }
  }

  @Test func aWriterThatDiedIsNoticed() throws {
    let path = folder.file("open.h5")
    let options = File.CreationOptions(format: .v110)
    let file = try File(creating: path, options: options)
    try file.createDataset("x", [1.0])
    try file.flush()
    let copy = folder.file("copy.h5", bytes(of: path))
    try file.close()
    let failure = error { () throws(HDF5Error) in _ = try File(opening: copy) }
    #expect(failure?.kind == .notClosedByWriter)
    #expect(failure?.remedy?.contains("h5clear") == true)
  }

  @Test func aUserBlockIsLeftFree() throws {
    let path = folder.file("block.h5")
    let file = try File(creating: path, options: File.CreationOptions(format: .v110, userBlockSize: 512))
    let offset = try file.createDataset("x", [1.0, 2]).offset
    try file.close()
    let whole = bytes(of: path)
    #expect(whole.prefix(512).allSatisfy { $0 == 0 })
    #expect(Array(whole[512..<520]) == [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a])
    let start = try #require(offset)
    #expect(whole[start..<start + 16].elementsEqual(withUnsafeBytes(of: (1.0, 2.0)) { Array($0) }))
    #expect(try readX(path).get() == [1, 2])
    try File(opening: path).close()
  }

  @Test func equalContentsGiveEqualFiles() throws {
    for name in ["a.h5", "b.h5"] {
      let file = try File(creating: folder.file(name))
      try file.createDataset("g/x", [1.0, 2])
      try file.close()
      if name == "a.h5" { sleep(1) }
    }
    #expect(bytes(of: folder.file("a.h5")) == bytes(of: folder.file("b.h5")))
  }

  @Test func anImageOpensAsAFile() throws {
    let file = try File(creating: folder.file("a.h5"), options: File.CreationOptions(format: .earliest))
    try file.createDataset("x", [1.0, 2])
    #expect(try readX(folder.file("image.h5", file.image())).get() == [1, 2])
  }

  @Test func aDatasetKeepsItsFileOpen() throws {
    let path = folder.file("a.h5")
    try File(creating: path).createDataset("x", [1.0, 2])
    // The file's own life ends on this line.
    let dataset = try File(opening: path).openDataset("x")
    #expect(try dataset.readAll(as: Double.self) == [1, 2])
  }

  @Test func aFileOpenedForReadingIsNotWritten() throws {
    let path = folder.file("a.h5")
    try File(creating: path).close()
    let file = try File(opening: path)
    let failure = error { () throws(HDF5Error) in _ = try file.createGroup("g") }
    #expect(failure?.kind == .permissionDenied)
    #expect(error { () throws(HDF5Error) in try file.setAttribute("a", 1) }?.kind == .permissionDenied)
  }

  @Test func aFileIsOpenedForUpdating() throws {
    let path = folder.file("a.h5")
    try File(creating: path).close()
    let file = try File(opening: path, for: .updating)
    try file.createDataset("x", [4.0])
    try file.close()
    #expect(try readX(path).get() == [4])
  }

  @Test func aFileOpenForWritingElsewhereIsInUse() throws {
    let path = folder.file("a.h5")
    let first = try File(creating: path)
    let failure = error { () throws(HDF5Error) in
      _ = try File(creating: path, options: File.CreationOptions(overwrite: true))
    }
    #expect(failure?.kind == .inUse)
    let reading = error { () throws(HDF5Error) in _ = try File(opening: path) }
    #expect(reading?.kind == .inUse)
    try first.close()
  }

  @Test func aLockIsWaitedForInCaseItIsSoonGone() throws {
    let path = folder.file("a.h5")
    try File(creating: path).close()
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    for isCreated in [false, true] {
      let begin = ContinuousClock.now
      let failure = error { () throws(HDF5Error) in
        _ =
          isCreated
          ? try File(creating: path, options: File.CreationOptions(overwrite: true))
          : try File(opening: path, for: .updating)
      }
      #expect(failure?.kind == .inUse)
      #expect(ContinuousClock.now - begin >= .milliseconds(200))
    }
    flock(descriptor, LOCK_UN)
    try File(opening: path, for: .updating).close()
  }

  @Test func onlyAFileInUseIsTriedAgain() throws {
    let path = folder.file("a.h5")
    var tries = 0
    let created = try File.patiently { () throws(HDF5Error) in
      tries += 1
      if tries < 3 {
        throw HDF5Error(.inUse, at: Place(file: path), function: "H5Fcreate", problem: "in use")
      }
      return try File(creating: path).openFile
    }
    #expect(tries == 3)
    try created.close(at: Place(file: path))
    let failure = error { () throws(HDF5Error) in
      _ = try File.patiently { () throws(HDF5Error) in
        tries += 1
        throw HDF5Error(.io, at: Place(file: path), function: "H5Fcreate", problem: "no space")
      }
    }
    #expect(failure?.kind == .io && tries == 4)
  }

  @Test func handlesAreClosedInAnyOrder() throws {
    let path = folder.file("a.h5")
    let file = try File(creating: path)
    let group = try file.createGroup("g")
    let dataset = try group.createDataset("x", [1.0, 2])
    try file.close()
    let failure = error { () throws(HDF5Error) in _ = try dataset.readAll(as: Double.self) }
    #expect(failure?.kind == .library)
    #expect(failure?.problem == "the file of this handle has been closed")
    #expect(error { () throws(HDF5Error) in _ = try group.children() }?.problem == failure?.problem)
  }

  @Test func aFullDiskIsReported() async {
    // The limit holds for a whole process, hence the child.
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 64 << 10, rlim_max: 64 << 10)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let folder = Folder()
      let path = folder.file("full.h5")
      let failure = error { () throws(HDF5Error) in
        let file = try File(creating: path)
        try file.createDataset("x", [Double](repeating: 1, count: 100_000))
        try file.close()
      }
      #expect(failure?.kind == .noSpace)
      #expect(failure?.errno == EFBIG)
      // The library goes on working.
      let small = error { () throws(HDF5Error) in
        let file = try File(creating: folder.file("small.h5"))
        try file.createDataset("x", [1.0])
        try file.close()
      }
      #expect(small == nil)
      exit(failure?.kind == .noSpace && small == nil ? 0 : 1)
    }
  }
}
