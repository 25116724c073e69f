import HDF5
import Primitives

/// The four rows of a function of two bits, as a dataset: features 4 by 2, targets 4 by 1, all of them 0 or 1.
public enum TruthTable: String, Sendable, CaseIterable {
  /// 1 if both are.
  case and
  /// 1 if one is or both are.
  case or
  /// 1 if exactly one is.
  case xor

  /// 4 by 2 numbers, row by row: 00, 01, 10, 11.
  public var features: [Double] { [0, 0, 0, 1, 1, 0, 1, 1] }

  /// One number a row.
  public var targets: [Double] {
    switch self {
    case .and: [0, 0, 0, 1]
    case .or: [0, 1, 1, 1]
    case .xor: [0, 1, 1, 0]
    }
  }

  /// The function as text, for example "y = x0 xor x1".
  public var formula: String { "y = x0 \(rawValue) x1" }

  /// The rows in memory.
  public func samples<Element: Scalar>(as type: Element.Type = Element.self) -> Samples<Element> {
    Samples(x: features.map { Element($0) }, features: 2, y: targets.map { Element($0) })
  }

  /// Writes the rows to a dataset file, which is put in place at once when it is whole.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - source: the command to be recorded.
  ///   - type: the number format.
  /// - Throws: ``LockstepError`` if the file cannot be created or written; nothing is left behind then.
  public func write<Element: Scalar & HDF5Element>(
    to path: String, source: String, as type: Element.Type = Element.self
  ) throws(LockstepError) {
    let staged = try StagedFile(replacing: path)
    do throws(LockstepError) {
      try withHDF5Errors { () throws(HDF5Error) in
        let file = try File(creating: staged.temporary)
        try describe(file, source: source)
        let x = try file.createDataset("/x", features.map { Element($0) }, shape: [4, 2])
        let y = try file.createDataset("/y", targets.map { Element($0) }, shape: [4, 1])
        try x.setAttribute("long_name", "features")
        try x.setAttribute("units", "1")
        try x.setAttribute("column_names", ["x0", "x1"])
        try y.setAttribute("long_name", "target")
        try y.setAttribute("units", "1")
        try y.setAttribute("column_names", ["y"])
        try file.close()
      }
    } catch {
      throw error.renaming(staged.temporary, to: path)
    }
    try staged.commit()
  }

  private func describe(_ file: borrowing File, source: String) throws(HDF5Error) {
    try file.setAttribute("schema", "lockstep-dataset")
    try file.setAttribute("schema_version", 1)
    try file.setAttribute("title", "the truth table of \(rawValue)")
    try file.setAttribute("source", source)
    try file.setAttribute("generator", "truth-table")
    try file.setAttribute("formula", formula)
  }
}
