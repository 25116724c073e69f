import CHDF5
import Glibc
import Testing

@testable import HDF5

@Suite struct LocationTests {
  let folder = Folder()

  /// A file with `a/b/x` and links of all kinds.
  func makeFile() throws -> File {
    let file = try File(creating: folder.file("a.h5"))
    try file.createDataset("a/b/x", [1.0, 2])
    let (id, other) = (file.id, folder.file("other.h5"))
    raw { H5Lcreate_soft("/a/b/x", id, "soft", 0, 0) }
    raw { H5Lcreate_soft("/a", id, "softgroup", 0, 0) }
    createExternalLink("external", to: "/x", of: other, in: id)
    raw { H5Lcreate_hard(id, "/a/b/x", id, "hard", 0, 0) }
    return file
  }

  @Test func groupsOnTheWayAreCreated() throws {
    let file = try makeFile()
    #expect(try file.openGroup("a").openGroup("b").path == "/a/b")
    #expect(try file.openGroup("/a/b").openDataset("/a/b/x").shape == [2])
    #expect(try file.openGroup("a").openGroup("/").path == "/")
    #expect(try file.openGroup("a//./b/").openDataset("x").path == "/a/b/x")
    try file.createGroup("a/b/c/d")
    #expect(try file.exists("a/b/c/d"))
  }

  @Test func childrenAreListedByName() throws {
    let children = try makeFile().children()
    #expect(children.map(\.name) == ["a", "external", "hard", "soft", "softgroup"])
    #expect(children.map(\.kind) == [.group, .externalLink, .dataset, .softLink, .softLink])
    let file = try File(opening: folder.file("a.h5"))
    let x = try file.openGroup("a/b").children()[0]
    #expect(x.address == children[2].address)
    #expect(error { () throws(HDF5Error) in _ = try file.children(maximum: 4) }?.kind == .refused)
    #expect(try file.children(maximum: 5).count == 5)
  }

  @Test func kindsAreTold() throws {
    let file = try makeFile()
    #expect(try file.kind(of: "a") == .group)
    #expect(try file.kind(of: "a/b/x") == .dataset)
    #expect(try file.kind(of: "soft") == .softLink)
    #expect(try file.kind(of: "external") == .externalLink)
    #expect(error { () throws(HDF5Error) in _ = try file.kind(of: "z") }?.kind == .notFound)
  }

  @Test func onlyHardLinksAreFollowedAtEveryComponent() throws {
    let file = try makeFile()
    #expect(try file.openDataset("hard").readAll(as: Double.self) == [1, 2])
    for path in ["soft", "external", "softgroup/b/x"] {
      let failure = error { () throws(HDF5Error) in _ = try file.openDataset(path) }
      #expect(failure?.kind == .refused)
      #expect(failure?.problem.contains("link") == true)
    }
    #expect(
      error { () throws(HDF5Error) in _ = try file.createGroup("softgroup/new") }?.kind == .refused)
    #expect(error { () throws(HDF5Error) in _ = try file.exists("softgroup/b") }?.kind == .refused)
  }

  @Test func externalLinksAreToldWithWhatIsLeftOfThePath() throws {
    let file = try makeFile()
    let found = try file.externalLink(on: "/external/b/c")
    #expect(found?.link.file.hasSuffix("other.h5") == true && found?.link.object == "/x")
    #expect(found?.rest == "b/c")
    #expect(try file.externalLink(on: "/a/b/x") == nil && file.externalLink(on: "/none/x") == nil)
    let failure = error { () throws(HDF5Error) in _ = try file.openDataset("external") }
    #expect(failure?.otherFile == found?.link.file)
    #expect(failure?.problem.contains("/x in ") == true)
  }

  @Test func evenLibhdf5ItselfFollowsNoExternalLink() throws {
    let other = try File(creating: folder.file("other.h5"))
    try other.createDataset("x", [1.0])
    try other.close()
    let id = try makeFile().id
    var opened: Int64 = -1
    raw {
      opened = H5Oopen(id, "external", 0)
      return 0
    }
    #expect(opened < 0)
  }

  @Test func whatIsMissingIsReportedWithWhatIsThere() throws {
    let file = try makeFile()
    let failure = error { () throws(HDF5Error) in _ = try file.openDataset("/a/b/y") }
    #expect(failure?.kind == .notFound)
    #expect(
      failure?.description == """
        \(file.path):/a/b/y: there is no object of this name (found "x" in /a/b). Did you mean "x"?
        """)
    let near = error { () throws(HDF5Error) in _ = try file.openGroup("SoftGrup") }
    #expect(near?.remedy == "Did you mean \"softgroup\"?")
    let deep = error { () throws(HDF5Error) in _ = try file.openGroup("a/z/y") }
    #expect(deep?.object == "/a/z")
    for index in 0..<30 { try file.createGroup("many/\(index)") }
    let many = error { () throws(HDF5Error) in _ = try file.openGroup("many/name") }
    #expect(many?.found?.contains("...") == true)
  }

  @Test func theWrongKindIsReported() throws {
    let file = try makeFile()
    let failure = error { () throws(HDF5Error) in _ = try file.openDataset("a") }
    #expect(failure?.kind == .mismatch)
    #expect(failure?.description.contains("(found a group, expected a dataset)") == true)
    #expect(error { () throws(HDF5Error) in _ = try file.openGroup("a/b/x") }?.found == "a dataset")
    #expect(error { () throws(HDF5Error) in _ = try file.openDataset("/") }?.kind == .mismatch)
    #expect(error { () throws(HDF5Error) in _ = try file.openDataset("a/b/x/y") }?.kind == .mismatch)
  }

  @Test func nothingIsCreatedTwice() throws {
    let file = try makeFile()
    #expect(error { () throws(HDF5Error) in _ = try file.createGroup("a") }?.kind == .alreadyExists)
    #expect(error { () throws(HDF5Error) in _ = try file.createGroup("/") }?.kind == .alreadyExists)
    #expect(error { () throws(HDF5Error) in try file.createDataset("soft", [1.0]) }?.kind == .alreadyExists)
  }

  @Test func namesAreDeleted() throws {
    let file = try makeFile()
    try file.delete("a/b/x")
    try file.delete("soft")
    #expect(try !file.exists("a/b/x"))
    #expect(try file.openDataset("hard").count == 2)
    #expect(error { () throws(HDF5Error) in try file.delete("nothing") }?.kind == .notFound)
  }

  @Test func existenceIsTold() throws {
    let file = try makeFile()
    #expect(try file.exists("/"))
    #expect(try file.exists("soft"))
    #expect(try !file.exists("a/c"))
    #expect(try !file.exists("c/d"))
    #expect(try !file.exists("hard/d"))
  }

  @Test func strangeNamesAreEscapedOrRefused() throws {
    let file = try makeFile()
    try file.createGroup("ä\n\u{1b}[31m")
    let failure = error { () throws(HDF5Error) in _ = try file.openDataset("ä\n\u{1b}[31m") }
    #expect(failure?.description.contains("ä\\u{a}\\u{1b}[31m") == true)
    #expect(failure?.description.contains("\n") == false)
    #expect(error { () throws(HDF5Error) in _ = try file.openGroup("a\0b") }?.kind == .refused)
    let deep = String(repeating: "a/", count: 40)
    #expect(error { () throws(HDF5Error) in _ = try file.createGroup(deep) }?.kind == .refused)
  }

  @Test func noIdentifierLeaks() async {
    // The count is that of a whole process, hence the child.
    await #expect(processExitsWith: .success) {
      let folder = Folder()
      func use(_ path: String) throws {
        let file = try File(creating: path, options: File.CreationOptions(overwrite: true))
        let options = DatasetOptions(layout: .chunked([2]), deflate: 1, fletcher32: true)
        let dataset = try file.createDataset("g/x", [1.0, 2, 3], options: options)
        try dataset.write(.rows(0..<1), from: [4.0])
        try file.createDataset("text", text: "abc")
        try file.setAttribute("a", ["b", "c"])
        _ = try file.attributes()
        _ = try file.openDataset("text").readText()
        _ = try? file.openDataset("g")
        _ = try? file.createGroup("text/z")
        _ = try? File(opening: "/nonexistent")
        try file.close()
      }
      try use(folder.file("a.h5"))
      let before = identifierCount()
      for _ in 0..<50 { try use(folder.file("a.h5")) }
      exit(identifierCount() == before ? 0 : 1)
    }
  }

  @Test func noHandleLeaks() throws {
    let file = try makeFile()
    try file.setAttribute("text", ["a", "b"])
    for round in 0..<200 {
      _ = try file.openGroup("a/b")
      _ = try file.openDataset("a/b/x").readAll(as: Float.self)
      _ = try file.openDataset("a/b/x").read1()
      _ = try? file.openDataset("soft")
      _ = try? file.openDataset("a/nothing")
      _ = try file.attributes()
      _ = try file.kind(of: "hard")
      if round % 50 == 0 { #expect(try file.openHandleCount == 1) }
    }
    #expect(try file.openHandleCount == 1)
  }
}

/// The number of identifiers of all kinds that libhdf5 has open in this process.
private func identifierCount() -> UInt64 {
  var total: UInt64 = 0
  for kind in [H5I_FILE, H5I_GROUP, H5I_DATATYPE, H5I_DATASPACE, H5I_DATASET, H5I_ATTR, H5I_GENPROP_LST] {
    raw {
      var count: hsize_t = 0
      H5Inmembers(kind, &count)
      total += count
      return 0
    }
  }
  return total
}

/// Creates an external link.
private func createExternalLink(_ name: String, to object: String, of file: String, in group: Int64) {
  raw { H5Lcreate_external(file, object, group, name, 0, 0) }
}

extension Dataset {
  /// A read of one element, for its selection's sake.
  fileprivate func read1() throws(HDF5Error) -> Double {
    var value = [0.0]
    var span = value.mutableSpan
    try read(.rows(1..<2), into: &span)
    return value[0]
  }
}
