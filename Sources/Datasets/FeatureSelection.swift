import Primitives

/// Some columns of the features, in an order of their own.
public struct FeatureSelection: Sendable, Equatable {
  /// The columns, counted from 0; at least one, each once.
  public let columns: [Int]

  /// A selection, or nil if it is none.
  public init?(columns: [Int]) {
    guard !columns.isEmpty, columns.allSatisfy({ $0 >= 0 }), Set(columns).count == columns.count else {
      return nil
    }
    self.columns = columns
  }

  /// The columns that `texts` name: by name, if the columns have any, or by number.
  ///
  /// - Parameters:
  ///   - texts: names and numbers.
  ///   - names: the names of all columns; empty if they have none.
  ///   - count: the number of all columns.
  ///   - subject: where the columns are, for messages.
  /// - Throws: ``LockstepError`` of kind `usage` if there is no such column or if one is named twice.
  public init(_ texts: [String], names: [String], count: Int, of subject: String) throws(LockstepError) {
    var columns: [Int] = []
    for text in texts {
      let number = names.firstIndex(of: text) ?? Int(text) ?? -1
      guard (0..<count).contains(number) else {
        let known =
          names.isEmpty
          ? "0 to \(count - 1)" : names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " ..." : "")
        throw LockstepError(
          .usage, "--features", "\(subject) has no such column", found: text, expected: known,
          remedy: "Give numbers from 0, or names that the dataset's attribute column_names has.")
      }
      guard !columns.contains(number) else {
        throw LockstepError(
          .usage, "--features", "a column is named twice", found: texts.joined(separator: ","),
          remedy: "Name each column once.")
      }
      columns.append(number)
    }
    guard !columns.isEmpty else {
      throw LockstepError(
        .usage, "--features", "names no column", remedy: "Name at least one, or leave it out.")
    }
    self.columns = columns
  }

  /// Copies the columns of whole rows of `width` numbers.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func copy<Element: Scalar>(
    from rows: UnsafeBufferPointer<Element>, width: Int, to selected: UnsafeMutableBufferPointer<Element>
  ) {
    precondition(rows.count / width * columns.count == selected.count)
    var index = 0
    for start in stride(from: 0, to: rows.count, by: width) {
      for column in columns {
        selected[index] = rows[start + column]
        index += 1
      }
    }
  }
}
