import CHDF5
import Testing

@testable import HDF5

@Suite struct AttributeTests {
  let folder = Folder()

  func makeFile() throws -> File { try File(creating: folder.file("a.h5")) }

  @Test func valuesOfAllTypesSurvive() throws {
    let file = try makeFile()
    try file.setAttribute("text", "größe")
    try file.setAttribute("empty", "")
    try file.setAttribute("texts", ["a", "", "ü"])
    try file.setAttribute("int", -5)
    try file.setAttribute("int64", Int64.min)
    try file.setAttribute("seed", UInt64.max)
    try file.setAttribute("ints", [1, 2, 3])
    try file.setAttribute("double", 0.1)
    try file.setAttribute("float", Float(0.1))
    try file.setAttribute("doubles", [0.5, .infinity])
    try file.setAttribute("none", [String]())
    let path = file.path
    try file.close()
    let again = try File(opening: path)
    #expect(try again.attribute("text") == "größe")
    #expect(try again.attribute("empty") == "")
    #expect(try again.attribute("texts") == ["a", "", "ü"])
    #expect(try again.attribute("int") == -5)
    #expect(try again.attribute("int64") == Int64.min)
    #expect(try again.attribute("seed") == UInt64.max)
    #expect(try again.attribute("ints") == [1, 2, 3])
    #expect(try again.attribute("double") == 0.1)
    #expect(try again.attribute("float") == Float(0.1))
    #expect(try again.attribute("doubles") == [0.5, .infinity])
    #expect(try again.attribute("none") == [String]())
    #expect(try again.attribute("int") == -5.0)
    #expect(try again.attributes()["text"] == .string("größe"))
    #expect(try again.attributes()["seed"] == .unsigned(.max))
    #expect(try again.attributes().count == 11)
  }

  @Test func objectsHaveAttributesOfTheirOwn() throws {
    let file = try makeFile()
    let group = try file.createGroup("g")
    let dataset = try group.createDataset("x", [1.0])
    try file.setAttribute("where", "root")
    try group.setAttribute("where", "group")
    try dataset.setAttribute("where", "dataset")
    #expect(try file.openGroup("/").attribute("where") == "root")
    #expect(try file.openGroup("g").attribute("where") == "group")
    #expect(try file.openDataset("g/x").attribute("where") == "dataset")
  }

  @Test func namesAreListedValuesReplacedAndRemoved() throws {
    let file = try makeFile()
    try file.setAttribute("b", 1)
    try file.setAttribute("a", 1)
    try file.setAttribute("b", "now a text")
    #expect(try file.attributeNames() == ["a", "b"])
    #expect(try file.attribute("b") == "now a text")
    try file.removeAttribute("a")
    try file.removeAttribute("a")
    #expect(try !file.hasAttribute("a"))
    #expect(try file.attribute("a", as: Int.self) == nil)
  }

  @Test func theWrongTypeIsReported() throws {
    let file = try makeFile()
    try file.setAttribute("a", "text")
    try file.setAttribute("big", 1 << 40)
    let failure = error { () throws(HDF5Error) in _ = try file.attribute("a", as: Int.self) }
    #expect(failure?.kind == .mismatch)
    #expect(failure?.object == "/@a")
    #expect(
      error { () throws(HDF5Error) in _ = try file.attribute("big", as: Int32.self) }?.kind == .mismatch)
  }

  @Test func sizesAreLimited() throws {
    let file = try makeFile()
    let long = String(repeating: "x", count: 70_000)
    #expect(error { () throws(HDF5Error) in try file.setAttribute("a", long) }?.kind == .refused)
    #expect(error { () throws(HDF5Error) in try file.setAttribute("a", "nul\0") }?.kind == .refused)
    #expect(error { () throws(HDF5Error) in try file.setAttribute("nul\0", 1) }?.kind == .refused)
    try file.setAttribute("a", String(long.prefix(60_000)))
    #expect(try file.attribute("a", as: String.self)?.utf8.count == 60_000)
    for index in 0..<1000 { try file.setAttribute("n\(index)", index) }
    #expect(error { () throws(HDF5Error) in _ = try file.attributeNames() }?.kind == .refused)
    try file.removeAttribute("n0")
    #expect(try file.attributeNames().count == 1000)
  }

  @Test(arguments: [
    (H5T_STR_NULLTERM, "abc"), (H5T_STR_NULLPAD, "abc"), (H5T_STR_SPACEPAD, "abc"),
  ])
  func fixedLengthTextsAreRead(padding: H5T_str_t, expected: String) throws {
    let file = try makeFile()
    let id = file.id
    raw {
      let type = H5Tcopy(chdf5_c_string())
      H5Tset_size(type, 6)
      H5Tset_strpad(type, padding)
      let space = H5Screate(H5S_SCALAR)
      let attribute = H5Acreate2(id, "a", type, space, 0, 0)
      H5Awrite(attribute, type, padding == H5T_STR_SPACEPAD ? "abc   " : "abc\0\0\0")
      H5Aclose(attribute)
      H5Sclose(space)
      return H5Tclose(type)
    }
    #expect(try file.attribute("a") == expected)
  }

  @Test func unknownTypesAreNamedInListings() throws {
    let file = try makeFile()
    let id = file.id
    raw {
      let type = H5Tcreate(H5T_OPAQUE, 4)
      let space = H5Screate(H5S_SCALAR)
      H5Aclose(H5Acreate2(id, "a", type, space, 0, 0))
      H5Sclose(space)
      H5Tclose(type)
      let null = H5Screate(H5S_NULL)
      H5Aclose(H5Acreate2(id, "null", chdf5_standard_float(64), null, 0, 0))
      return H5Sclose(null)
    }
    #expect(try file.attributes() == ["a": .other("opaque bytes"), "null": .other("no value")])
  }
}
