internal import CHDF5

/// Shapes as libhdf5 knows them.
enum Dataspace {
  /// A new dataspace; empty dimensions make that of a single value. The corresponding C functions are `H5Screate` and
  /// `H5Screate_simple`.
  ///
  /// - Parameter maximum: how far each dimension may grow, nil for without end; nil as a whole for not at all.
  static func make(_ shape: [Int], maximum: [Int?]? = nil, at place: Place) throws(HDF5Error) -> Handle {
    if shape.isEmpty { return try Handle(.dataspace, "H5Screate", at: place) { H5Screate(H5S_SCALAR) } }
    let dimensions = shape.map { hsize_t($0) }
    let limits = maximum.map { $0.map { $0.map { hsize_t($0) } ?? chdf5_unlimited() } }
    return try Handle(.dataspace, "H5Screate_simple", at: place) {
      H5Screate_simple(Int32(dimensions.count), dimensions, limits ?? dimensions)
    }
  }

  /// The shape of a dataspace, or nil for one without any value. The corresponding C functions are
  /// `H5Sget_simple_extent_type` and `H5Sget_simple_extent_dims`.
  static func shape(of id: Int64, at place: Place) throws(HDF5Error) -> [Int]? {
    let type = try Library.call("H5Sget_simple_extent_type", at: place) {
      H5Sget_simple_extent_type(id).rawValue
    }
    if type == H5S_NULL.rawValue { return nil }
    let rank = try Library.call("H5Sget_simple_extent_ndims", at: place) { H5Sget_simple_extent_ndims(id) }
    var dimensions = [hsize_t](repeating: 0, count: Int(rank))
    if rank > 0 {
      try Library.call("H5Sget_simple_extent_dims", at: place) {
        H5Sget_simple_extent_dims(id, &dimensions, nil)
      }
    }
    var shape: [Int] = []
    for dimension in dimensions { shape.append(try Int(checking: dimension, at: place)) }
    return shape
  }

  /// The number of elements, or nil if it overflows.
  static func count(_ shape: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var count = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      count = product
    }
    return count
  }
}

/// A box of a dataset's elements: what a read or a write is about.
public struct Hyperslab: Sendable, Hashable {
  private enum Extent: Sendable, Hashable {
    case all
    case rows(Range<Int>)
    case box(offset: [Int], count: [Int])
  }

  private let extent: Extent

  /// The whole dataset.
  public static let all = Hyperslab(extent: .all)

  /// Some indices of the first dimension, and everything in the other dimensions.
  ///
  /// - Precondition: they are not negative.
  public static func rows(_ rows: Range<Int>) -> Hyperslab {
    precondition(rows.lowerBound >= 0, "rows are counted from 0")
    return Hyperslab(extent: .rows(rows))
  }

  private init(extent: Extent) { self.extent = extent }

  /// `count[d]` indices from `offset[d]` on in each dimension `d`.
  ///
  /// - Precondition: both have the same length and no negative number.
  public init(offset: [Int], count: [Int]) {
    precondition(offset.count == count.count, "a box has as many offsets as counts")
    precondition(
      offset.allSatisfy { $0 >= 0 } && count.allSatisfy { $0 >= 0 }, "a box has no negative number")
    extent = .box(offset: offset, count: count)
  }

  /// The box in numbers; nil stands for all. Throws `.mismatch` if it does not lie within the shape, since the shape is
  /// the file's.
  func resolved(in shape: [Int], at place: Place) throws(HDF5Error) -> (box: Box?, count: Int) {
    let box: Box
    switch extent {
    case .all:
      guard let count = Dataspace.count(shape) else { throw tooLarge(shape, at: place) }
      return (nil, count)
    case .rows(let rows):
      guard !shape.isEmpty else { throw outside(shape, found: "rows of a single value", at: place) }
      box = Box(
        offset: [rows.lowerBound] + shape.dropFirst().map { _ in 0 },
        count: [rows.count] + Array(shape.dropFirst()))
    case .box(let offset, let count): box = Box(offset: offset, count: count)
    }
    let isInside =
      box.offset.count == shape.count
      && shape.indices.allSatisfy {
        box.offset[$0] <= shape[$0] && box.count[$0] <= shape[$0] - box.offset[$0]
      }
    guard isInside else { throw outside(shape, found: "\(box.count) from \(box.offset) on", at: place) }
    guard let count = Dataspace.count(box.count) else { throw tooLarge(shape, at: place) }
    return (box, count)
  }

  /// The elements of a dataset of `shape`, in row-major order, that the selection has, if they are consecutive; else nil.
  ///
  /// - Throws: `.mismatch` if the selection is not within the shape.
  public func elements(of shape: [Int], at place: Place) throws(HDF5Error) -> Range<Int>? {
    let (box, count) = try resolved(in: shape, at: place)
    guard let box, count > 0 else { return 0..<count }
    // From the first dimension on of which there is more than one index, everything must be selected in the later ones.
    let widest = box.count.firstIndex { $0 > 1 } ?? box.count.count
    guard box.count.indices.allSatisfy({ $0 <= widest || box.count[$0] == shape[$0] }) else { return nil }
    let first = zip(box.offset, shape).reduce(0) { $0 * $1.1 + $1.0 }
    return first..<first + count
  }

  struct Box {
    let offset: [Int]
    let count: [Int]
  }

  private func outside(_ shape: [Int], found: String, at place: Place) -> HDF5Error {
    HDF5Error(
      .mismatch, at: place, function: "H5Sselect_hyperslab",
      problem: "the selection is not within the dataset",
      found: found, expected: "something within \(shape)")
  }

  private func tooLarge(_ shape: [Int], at place: Place) -> HDF5Error {
    HDF5Error(
      .mismatch, at: place, function: "H5Sselect_hyperslab", problem: "the number of elements overflows",
      found: "\(shape)")
  }
}
