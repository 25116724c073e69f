/// A read-only view of a row-major matrix that somebody else owns.
///
/// The view does not keep its memory alive: whoever makes one guarantees that the owner outlives it and that
/// nobody writes to these elements meanwhile. Indices are checked in debug builds only, as those of
/// `UnsafeBufferPointer`, so that inner loops vectorise.
public struct Matrix<Element: BitwiseCopyable> {
  /// `rows * columns` elements; element (r, c) is at `r * columns + c`.
  public let elements: UnsafeBufferPointer<Element>
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int

  /// A view of `elements` as `rows` by `columns`.
  @inlinable public init(_ elements: UnsafeBufferPointer<Element>, rows: Int, columns: Int) {
    precondition(elements.count == rows * columns)
    self.elements = elements
    self.rows = rows
    self.columns = columns
  }

  /// The element in `row` and `column`.
  @inlinable public subscript(row: Int, column: Int) -> Element {
    assert(column >= 0 && column < columns)
    return elements[row &* columns &+ column]
  }

  /// The elements of one row.
  @inlinable public func row(_ row: Int) -> UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(rebasing: elements[row &* columns..<row &* columns &+ columns])
  }
}

/// A writable view of a row-major matrix that somebody else owns. See ``Matrix``.
public struct MutableMatrix<Element: BitwiseCopyable> {
  /// `rows * columns` elements; element (r, c) is at `r * columns + c`.
  public let elements: UnsafeMutableBufferPointer<Element>
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int

  /// A view of `elements` as `rows` by `columns`.
  @inlinable public init(_ elements: UnsafeMutableBufferPointer<Element>, rows: Int, columns: Int) {
    precondition(elements.count == rows * columns)
    self.elements = elements
    self.rows = rows
    self.columns = columns
  }

  /// The element in `row` and `column`.
  @inlinable public subscript(row: Int, column: Int) -> Element {
    get {
      assert(column >= 0 && column < columns)
      return elements[row &* columns &+ column]
    }
    nonmutating set {
      assert(column >= 0 && column < columns)
      elements[row &* columns &+ column] = newValue
    }
  }

  /// The elements of one row.
  @inlinable public func row(_ row: Int) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: elements[row &* columns..<row &* columns &+ columns])
  }

  /// The same elements, read-only.
  @inlinable public var readOnly: Matrix<Element> {
    Matrix(UnsafeBufferPointer(elements), rows: rows, columns: columns)
  }
}
