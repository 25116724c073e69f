import HDF5
import Primitives

/// The classes that the rows of a text file name, and the numbers that they get.
public enum ClassNames: Sendable, Equatable {
  /// The file has the numbers itself: whole ones from 0 up.
  case numbered
  /// Names in ascending order, each standing for its position: by value if all are whole numbers, else by bytes.
  case named([String])

  /// The names, if there are any.
  public var names: [String]? {
    if case .named(let names) = self { return names }
    return nil
  }
}

/// What a first look at all labels finds.
struct LabelSurvey: Sendable {
  /// Whether all of them are classes already.
  private(set) var areNumbers = true
  private(set) var names: Set<String> = []
  private var bytes = 0

  /// The bytes that an attribute has for all names; each takes 16 besides its characters.
  private static let mostBytes = 64 << 10
  /// Numbers need not be collected one by one once there are too many of them for names.
  private var isFull: Bool { bytes > Self.mostBytes }

  /// Takes note of a label.
  mutating func add(_ label: String) {
    if areNumbers, Self.number(label) == nil { areNumbers = false }
    guard !isFull, names.insert(label).inserted else { return }
    bytes += label.utf8.count + 16
  }

  /// Takes note of all labels of another part of the file.
  mutating func merge(_ other: LabelSurvey) {
    for name in other.names { add(name) }
    areNumbers = areNumbers && other.areNumbers
    if other.isFull { bytes = max(bytes, other.bytes) }
  }

  /// The classes.
  ///
  /// - Throws: ``LockstepError`` if there are more names than an attribute holds.
  func classes(file: String) throws(LockstepError) -> ClassNames {
    if areNumbers { return .numbered }
    guard !isFull else {
      throw LockstepError(
        .badData, file, "there are too many classes", found: "more than \(names.count - 1) names",
        expected: "names of at most \(Self.mostBytes) bytes, each counting 16 more than its length",
        remedy: "Check that --targets names the column of the classes, or number them from 0.")
    }
    let values = names.compactMap { Int64($0) }
    // "1" and "01" are two names, and then their bytes decide.
    if values.count == names.count {
      return .named(names.sorted { (Int64($0) ?? 0, $0) < (Int64($1) ?? 0, $1) })
    }
    return .named(names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  /// The class that a label is by itself: a whole number from 0 up that training takes.
  static func number(_ label: String) -> Int? {
    guard label.utf8.count <= 10, label.utf8.allSatisfy({ $0 >= 48 && $0 < 58 }), let number = Int(label),
      number < Int(Int32.max)
    else { return nil }
    return number
  }
}

/// Classes, ready to be looked up.
struct LabelTable: Sendable {
  private let numbers: [String: Int]?

  init(_ classes: ClassNames) {
    numbers = classes.names.map { names in
      Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    }
  }

  /// The number of the class that `label` names, or nil if it was not there when labels were surveyed.
  func number(_ label: String) -> Int? {
    if let numbers { return numbers[label] }
    return LabelSurvey.number(label)
  }
}
