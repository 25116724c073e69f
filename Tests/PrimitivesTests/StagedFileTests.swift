import Glibc
import Testing

@testable import Primitives

@Suite struct StagedFileTests {
  let folder = Folder()

  @Test func readersSeeTheOldFileUntilTheCommitAndThenTheNewOne() throws {
    let path = folder.file("a")
    write("old", to: path)
    let opened = open(path, O_RDONLY)
    defer { close(opened) }
    let staged = try StagedFile(replacing: path)
    write("half of the n", to: staged.temporary)
    #expect(text(of: path) == "old")
    write("the new one", to: staged.temporary)
    #expect(text(of: path) == "old")
    try staged.commit()
    #expect(text(of: path) == "the new one")
    #expect(text(of: opened) == "old")
    #expect(folder.names == ["a"])
  }

  @Test func aNewFileAppearsAtTheCommit() throws {
    let staged = try StagedFile(replacing: folder.file("a"))
    write("new", to: staged.temporary)
    #expect(text(of: folder.file("a")) == nil)
    try staged.commit()
    #expect(text(of: folder.file("a")) == "new")
    #expect(folder.names == ["a"])
  }

  @Test func whatIsNotCommittedIsRemoved() throws {
    write("old", to: folder.file("a"))
    do {
      let staged = try StagedFile(replacing: folder.file("a"))
      write("new", to: staged.temporary)
      #expect(folder.names.count == 2)
    }
    #expect(folder.names == ["a"])
    #expect(text(of: folder.file("a")) == "old")
  }

  @Test func aCommitOfNothingFailsAndLeavesTheOldFile() throws {
    write("old", to: folder.file("a"))
    let staged = try StagedFile(replacing: folder.file("a"))
    do throws(LockstepError) {
      try staged.commit()
      Issue.record("nothing was committed")
    } catch {
      #expect(error.kind == .inputOutput && error.subject == folder.file("a"))
    }
    #expect(text(of: folder.file("a")) == "old")
  }

  @Test func aFailedRenameLeavesNothingBehind() throws {
    let path = folder.file("a")
    let staged = try StagedFile(replacing: path)
    write("new", to: staged.temporary)
    mkdir(path, 0o755)
    defer { rmdir(path) }
    do throws(LockstepError) {
      try staged.commit()
      Issue.record("a folder was replaced")
    } catch {
      #expect(error.problem.hasPrefix("cannot be put in place (rename): "))
    }
    #expect(folder.names == ["a"])
  }

  @Test func leftoversOfProcessesThatEndedAreRemovedAndOnlyThose() throws {
    let ended = try Self.endedProcess()
    let kept = [
      ".a.tmp-1", ".a.tmp-\(getppid())", ".a.tmp-\(ended).old", ".a.tmp-", ".b.tmp-\(ended)",
      "a.tmp-\(ended)", ".a.tmp--\(ended)", ".a.tmp-+\(ended)",
    ]
    for name in kept + [".a.tmp-\(ended)", ".a.tmp-\(ended)-1a"] { write("x", to: folder.file(name)) }
    _ = try StagedFile(replacing: folder.file("a"))
    #expect(folder.names == kept.sorted())
  }

  @Test func twoStagingsOfOneFileInOneProcessDoNotMeet() throws {
    let first = try StagedFile(replacing: folder.file("a"))
    write("first", to: first.temporary)
    let second = try StagedFile(replacing: folder.file("a"))
    write("second", to: second.temporary)
    try second.commit()
    #expect(text(of: folder.file("a")) == "second")
    try first.commit()
    #expect(text(of: folder.file("a")) == "first")
    #expect(folder.names == ["a"])
  }

  @Test func aSymbolicLinkStaysALink() throws {
    let other = Folder()
    write("old", to: other.file("real"))
    symlink(other.file("real"), folder.file("link"))
    let staged = try StagedFile(replacing: folder.file("link"))
    let temporary = staged.temporary
    #expect(temporary.hasPrefix(other.path))
    write("new", to: staged.temporary)
    try staged.commit()
    #expect(Self.isLink(folder.file("link")))
    #expect(text(of: other.file("real")) == "new")
  }

  @Test func aSymbolicLinkToAFileYetToBeMadeStaysALink() throws {
    let other = Folder()
    symlink("\(other.path)/real", folder.file("link"))
    symlink("link", folder.file("relative"))
    let staged = try StagedFile(replacing: folder.file("relative"))
    write("new", to: staged.temporary)
    try staged.commit()
    #expect(Self.isLink(folder.file("link")) && Self.isLink(folder.file("relative")))
    #expect(text(of: other.file("real")) == "new")
    #expect(other.names == ["real"])
  }

  @Test func aCircleOfLinksIsRefused() {
    symlink("b", folder.file("a"))
    symlink("a", folder.file("b"))
    #expect(error { () throws(LockstepError) in _ = try StagedFile(replacing: folder.file("a")) } != nil)
    #expect(error { () throws(LockstepError) in try StagedFile.requireWritable(folder.file("a")) } != nil)
    #expect(folder.names == ["a", "b"])
  }

  @Test func aMissingFolderIsReportedWithTheRemedy() {
    let path = folder.file("no/such/a")
    let expected =
      "\(path): the directory \(folder.path)/no/such does not exist. Create it first: mkdir -p \(folder.path)/no/such"
    let opening = error { () throws(LockstepError) in _ = try StagedFile(replacing: path) }
    let asking = error { () throws(LockstepError) in try StagedFile.requireWritable(path) }
    #expect(opening?.kind == .cannotCreate && opening?.description == expected)
    #expect(asking == opening)
  }

  /// In a process of its own, which gives up the rights that the tests may have.
  @Test func aFolderThatMayNotBeWrittenIsReported() async {
    await #expect(processExitsWith: .success) {
      _ = setuid(65_534)
      let opening = error { () throws(LockstepError) in _ = try StagedFile(replacing: "/usr/a") }
      let asking = error { () throws(LockstepError) in try StagedFile.requireWritable("/usr/a") }
      exit(opening?.kind == .permission && opening?.subject == "/usr/a" && asking == opening ? 0 : 1)
    }
  }

  @Test func whatIsNotARegularFileIsNotAnOutput() {
    mkfifo(folder.file("pipe"), 0o600)
    let pipe = error { () throws(LockstepError) in try StagedFile.requireWritable(folder.file("pipe")) }
    let itself = error { () throws(LockstepError) in try StagedFile.requireWritable(folder.path) }
    #expect(pipe?.kind == .cannotCreate && itself?.kind == .cannotCreate)
    #expect(error { () throws(LockstepError) in try StagedFile.requireWritable(folder.file("new")) } == nil)
    #expect(folder.names == ["pipe"])
  }

  @Test func aNameWithoutAFolderLiesInTheCurrentOne() throws {
    let staged = try StagedFile(replacing: "lockstep-staged-file-test")
    let temporary = staged.temporary
    #expect(temporary.contains("/.lockstep-staged-file-test.tmp-\(getpid())-"))
  }

  @Test(arguments: [
    (ENOSPC, LockstepError.Kind.inputOutput), (EDQUOT, .inputOutput), (EACCES, .permission),
    (EPERM, .permission), (EROFS, .cannotCreate), (EIO, .inputOutput),
  ]) func failuresOfTheSystemHaveTheirKinds(code: Int32, kind: LockstepError.Kind) {
    errno = code
    let failure = StagedFile.failure("a", "cannot be written")
    #expect(failure.kind == kind && failure.subject == "a" && failure.remedy != nil)
    #expect(failure.problem == "cannot be written: " + String(cString: strerror(code)))
  }

  private static func isLink(_ path: String) -> Bool {
    var information = stat()
    return lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFLNK
  }

  /// The number of a process that has ended.
  private static func endedProcess() throws -> pid_t {
    var process: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
    defer { free(arguments[0]) }
    try #require(posix_spawnp(&process, "true", nil, nil, &arguments, environ) == 0)
    try #require(waitpid(process, nil, 0) == process)
    return process
  }
}
