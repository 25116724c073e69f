import CHDF5
import Testing

@testable import HDF5

/// Datasets that must be refused before they are read, made by libhdf5 itself.
@Suite struct VerificationTests {
  let folder = Folder()

  func makeFile() throws -> File { try File(creating: folder.file("a.h5")) }

  /// Creates the dataset `x` of `type` (float64 by default) by properties that the module would not set.
  func makeX(
    in file: borrowing File, shape: [Int], type: Int64? = nil, chunk: [Int]? = nil, write: Bool = false,
    _ set: (hid_t) -> Int32
  ) {
    let id = file.id
    let (dimensions, chunk) = (shape.map { hsize_t($0) }, chunk?.map { hsize_t($0) })
    raw {
      let list = H5Pcreate(chdf5_dataset_create())
      let space = H5Screate_simple(Int32(dimensions.count), dimensions, nil)
      if let chunk { H5Pset_chunk(list, Int32(chunk.count), chunk) }
      _ = set(list)
      let dataset = H5Dcreate2(id, "x", type ?? chdf5_standard_float(64), space, 0, list, 0)
      if write {
        let zeros = [Double](repeating: 0, count: Int(dimensions.reduce(1, *)))
        H5Dwrite(dataset, chdf5_native_float(64), 0, 0, 0, zeros)
      }
      H5Dclose(dataset)
      H5Sclose(space)
      return H5Pclose(list)
    }
  }

  func refusal(_ file: borrowing File, limits: ReadLimits = ReadLimits()) -> HDF5Error? {
    error { () throws(HDF5Error) in _ = try file.openDataset("x", limits: limits) }
  }

  @Test func externalStorageIsRefused() throws {
    let file = try makeFile()
    let secret = folder.file("secret", Array("0123456789abcdef".utf8))
    makeX(in: file, shape: [2]) { H5Pset_external($0, secret, 0, 16) }
    #expect(refusal(file)?.kind == .refused)
    #expect(refusal(file)?.problem.contains("external storage") == true)
    #expect(try file.openDataset(trusting: "x").offset == nil)
  }

  @Test func virtualDatasetsAreRefused() throws {
    let file = try makeFile()
    let other = folder.file("other.h5")
    makeX(in: file, shape: [2]) { list in
      let dimensions: [hsize_t] = [2]
      let space = H5Screate_simple(1, dimensions, nil)
      H5Pset_virtual(list, space, other, "/x", space)
      return H5Sclose(space)
    }
    #expect(refusal(file)?.kind == .refused)
    #expect(refusal(file)?.problem.contains("virtual") == true)
    #expect(try file.openDataset(trusting: "x").layout == .virtual)
  }

  @Test func externalPiecesAreTold() throws {
    let file = try makeFile()
    makeX(in: file, shape: [6]) {
      H5Pset_external($0, "a.raw", 8, 32)
      return H5Pset_external($0, "b.raw", 0, chdf5_unlimited())
    }
    let dataset = try file.openDataset(locating: "x")
    #expect(
      dataset.externalPieces == [
        ExternalPiece(file: "a.raw", offset: 8, count: 32),
        ExternalPiece(file: "b.raw", offset: 0, count: nil),
      ])
  }

  @Test func virtualMappingsAreTold() throws {
    let file = try makeFile()
    makeX(in: file, shape: [4, 3]) { list in
      let target = H5Screate_simple(2, [4, 3] as [hsize_t], nil)
      let source = H5Screate_simple(1, [9] as [hsize_t], nil)
      // Whole rows, and then a column, which is not consecutive.
      H5Sselect_hyperslab(target, H5S_SELECT_SET, [0, 0] as [hsize_t], nil, [3, 3] as [hsize_t], nil)
      H5Pset_virtual(list, target, "a%%.h5", "/g/x", source)
      H5Sselect_hyperslab(target, H5S_SELECT_SET, [0, 1] as [hsize_t], nil, [4, 1] as [hsize_t], nil)
      H5Sselect_hyperslab(source, H5S_SELECT_SET, [2] as [hsize_t], nil, [4] as [hsize_t], nil)
      H5Pset_virtual(list, target, ".", "/y", source)
      // Every other number.
      H5Sselect_hyperslab(
        target, H5S_SELECT_SET, [3, 0] as [hsize_t], [1, 2] as [hsize_t], [1, 2] as [hsize_t], nil)
      H5Sselect_hyperslab(source, H5S_SELECT_SET, [0] as [hsize_t], nil, [2] as [hsize_t], nil)
      H5Pset_virtual(list, target, "b.h5", "/z", source)
      H5Sclose(source)
      return H5Sclose(target)
    }
    let dataset = try file.openDataset(locating: "x")
    let mappings = dataset.virtualMappings
    #expect(dataset.shape == [4, 3] && mappings.map(\.file) == ["a%%.h5", ".", "b.h5"])
    #expect(mappings.map(\.dataset) == ["/g/x", "/y", "/z"])
    #expect(try mappings[0].target?.elements(of: [4, 3], at: dataset.place) == 0..<9)
    #expect(try mappings[0].source?.elements(of: [9], at: dataset.place) == 0..<9)
    #expect(try mappings[1].target?.elements(of: [4, 3], at: dataset.place) == nil)
    #expect(try mappings[1].source?.elements(of: [9], at: dataset.place) == 2..<6)
    #expect(
      error { () throws(HDF5Error) in _ = try mappings[1].source?.elements(of: [5], at: dataset.place) }?.kind
        == .mismatch)
    #expect(mappings[2].target == nil)
  }

  @Test func missingChunksAreRefused() throws {
    let file = try makeFile()
    let options = DatasetOptions(layout: .chunked([4]))
    let dataset = try file.createDataset("x", shape: [10], type: .float(bits: 64), options: options)
    #expect(refusal(file)?.problem.contains("never written") == true)
    try dataset.write(.rows(0..<8), from: [Double](repeating: 1, count: 8))
    #expect(refusal(file)?.kind == .damaged)
    try dataset.write(.rows(8..<10), from: [1.0, 2])
    #expect(refusal(file) == nil)
  }

  @Test func missingChunksAreCountedIfCompressed() throws {
    let file = try makeFile()
    let options = DatasetOptions(layout: .chunked([4]), deflate: 1)
    let dataset = try file.createDataset("x", shape: [10], type: .float(bits: 64), options: options)
    try dataset.write(.rows(0..<8), from: [Double](repeating: 1, count: 8))
    #expect(refusal(file)?.found == "2 chunks")
    #expect(refusal(file)?.expected == "3")
  }

  @Test func unallocatedContiguousDataAreRefused() throws {
    let file = try makeFile()
    makeX(in: file, shape: [1 << 40]) { H5Pset_alloc_time($0, H5D_ALLOC_TIME_LATE) }
    #expect(refusal(file)?.kind == .damaged)
    #expect(refusal(file)?.found == "nothing")
  }

  @Test func deflateTwiceIsRefused() throws {
    let file = try makeFile()
    makeX(in: file, shape: [1 << 16], chunk: [1 << 16], write: true) {
      H5Pset_deflate($0, 9)
      return H5Pset_deflate($0, 9)
    }
    #expect(refusal(file)?.kind == .refused)
    #expect(refusal(file)?.found == "deflate level 9, deflate level 9")
  }

  @Test(arguments: [
    (32001, "blosc, filter 32001", "hdf5plugin"), (32015, "zstd, filter 32015", "hdf5plugin"),
    (32000, "lzf, filter 32000", "h5py"), (300, "unknown, filter 300", "h5repack -f GZIP=4"),
  ])
  func unknownFiltersAreNamed(id: Int32, name: String, remedy: String) throws {
    let file = try makeFile()
    makeX(in: file, shape: [8], chunk: [8]) { H5Pset_filter($0, id, UInt32(H5Z_FLAG_OPTIONAL), 0, nil) }
    let failure = refusal(file)
    #expect(failure?.kind == .unsupportedFilter)
    #expect(failure?.found == name)
    #expect(failure?.remedy?.contains(remedy) == true)
  }

  @Test func limitsHold() throws {
    let file = try makeFile()
    let options = DatasetOptions(layout: .chunked([512]), deflate: 9)
    try file.createDataset("x", [Double](repeating: 0, count: 4096), options: options)
    #expect(refusal(file) == nil)
    #expect(refusal(file, limits: ReadLimits(bytes: 4096 * 8 - 1))?.kind == .refused)
    #expect(refusal(file, limits: ReadLimits(expansion: 10))?.problem.contains("expand") == true)
    #expect(refusal(file, limits: ReadLimits(chunkBytes: 4095))?.problem.contains("chunks") == true)
    #expect(refusal(file, limits: ReadLimits(rank: 0))?.problem.contains("dimensions") == true)
  }

  @Test func fiveDimensionsAreTooMany() throws {
    let file = try makeFile()
    try file.createDataset("x", [1.0], shape: [1, 1, 1, 1, 1])
    #expect(refusal(file)?.kind == .refused)
    #expect(refusal(file, limits: ReadLimits(rank: 5)) == nil)
  }

  @Test func otherTypesAreRefusedByName() throws {
    for (make, name) in [
      ({ H5Tcreate(H5T_COMPOUND, 8) }, "a compound"), ({ H5Tcreate(H5T_OPAQUE, 8) }, "opaque bytes"),
      ({ H5Tenum_create(chdf5_standard_integer(8, 1)) }, "an enumeration (h5py writes booleans so)"),
      ({ H5Tvlen_create(chdf5_standard_float(64)) }, "a variable-length sequence"),
      (
        {
          let type = H5Tcopy(chdf5_c_string())
          H5Tset_size(type, chdf5_variable())
          return type
        }, "string of any length"
      ),
      (
        {
          let type = H5Tcopy(chdf5_standard_float(32))
          H5Tset_ebias(type, 100)
          return type
        }, "a non-standard float32"
      ),
    ] as [(() -> hid_t, String)] {
      let file = try File(creating: folder.file("t.h5"), options: File.CreationOptions(overwrite: true))
      var type: hid_t = -1
      raw {
        type = make()
        if name == "a compound" { H5Tinsert(type, "a", 0, chdf5_standard_float(64)) }
        if name.hasPrefix("an enum") {
          var value: Int8 = 1
          H5Tenum_insert(type, "TRUE", &value)
        }
        return 0
      }
      makeX(in: file, shape: [2], type: type) { _ in 0 }
      raw { H5Tclose(type) }
      #expect(refusal(file)?.kind == .unsupportedType)
      #expect(refusal(file)?.found == name)
    }
  }

  @Test func bigEndianNumbersAreRead() throws {
    let file = try makeFile()
    var type: hid_t = -1
    raw {
      type = H5Tcopy(chdf5_standard_float(64))
      return H5Tset_order(type, H5T_ORDER_BE)
    }
    makeX(in: file, shape: [2], type: type, write: true) { _ in 0 }
    raw { H5Tclose(type) }
    let dataset = try file.openDataset("x")
    #expect(dataset.byteOrder == .bigEndian)
    try dataset.write(from: [1.5, 2])
    #expect(try dataset.readAll(as: Float.self) == [1.5, 2])
  }

  @Test func aNullDataspaceIsNotAnArray() throws {
    let file = try makeFile()
    let id = file.id
    raw {
      let space = H5Screate(H5S_NULL)
      H5Dclose(H5Dcreate2(id, "x", chdf5_standard_float(64), space, 0, 0, 0))
      return H5Sclose(space)
    }
    #expect(refusal(file)?.kind == .mismatch)
  }
}
