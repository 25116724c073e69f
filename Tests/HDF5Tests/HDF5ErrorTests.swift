import Glibc
import Testing

@testable import HDF5

/// The prose of libhdf5, and what is made of it.
@Suite struct HDF5ErrorTests {
  func diagnose(_ text: String, function: String = "H5Dread") -> HDF5Error {
    HDF5Error(
      function: function, place: Place(file: "f.h5", object: "/x"),
      stack: [.init(function: function, problem: "can't"), .init(function: "H5FD_sec2_write", problem: text)])
  }

  @Test(
    arguments: [
      ("file write failed: errno = 28, error message = 'No space left on device'", .noSpace),
      ("file write failed: errno = 122, error message = 'Disk quota exceeded'", .noSpace),
      ("file write failed: errno = 5, error message = 'Input/output error'", .io),
      ("unable to open file: errno = 13, error message", .permissionDenied),
      ("memory allocation failed for attribute", .outOfMemory),
      ("data error detected by Fletcher32 checksum", .damaged), ("inflate() failed", .damaged),
      ("wrong B-tree signature", .damaged), ("required filter 'blosc' is not registered", .unsupportedFilter),
      ("unable to lock file, errno = 11, error message = 'Resource temporarily unavailable'", .inUse),
      ("file signature not found", .notHDF5),
    ] as [(String, HDF5Error.Kind)])
  func theKindIsTold(text: String, kind: HDF5Error.Kind) {
    #expect(diagnose(text).kind == kind)
  }

  @Test func truncationIsMeasured() {
    let failure = diagnose("truncated file: eof = 100, sblock->base_addr = 512, stored_eof = 2048")
    #expect(failure.kind == .truncated)
    #expect(
      failure.description
        == "f.h5:/x: the end of the file is missing (found 612 bytes, expected 2048 bytes). Copy or generate it again."
    )
  }

  @Test func failuresOfWritingDoNotAccuseTheFile() {
    let failure = diagnose("something new", function: "H5Dwrite")
    #expect(failure.kind == .library)
    #expect(failure.problem == "H5Dwrite failed: libhdf5 says \"something new\"")
    #expect(failure.outermost?.function == "H5Dwrite")
    #expect(failure.innermost?.description == "H5FD_sec2_write: something new")
  }

  @Test func theNumberOfTheSystemsErrorIsKept() {
    #expect(diagnose("errno = 28, x").errno == ENOSPC)
    #expect(diagnose("errno = 0, x").errno == nil)
  }

  @Test func namesAreSuggestedOnlyIfNear() {
    #expect(Spelling.nearest(to: "feature", among: ["features", "labels"]) == "features")
    #expect(Spelling.nearest(to: "X", among: ["x", "y"]) == "x")
    #expect(Spelling.nearest(to: "weights", among: ["bias"]) == nil)
    #expect(Spelling.distance(Array("kitten"), Array("sitting")) == 3)
  }
}
