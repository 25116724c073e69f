/// How often each class occurs, in bounded memory: classes from ``most`` up are not counted one by one.
public struct ClassCounts: Sendable, Equatable {
  /// The least class; nil if there are none.
  public private(set) var least: Int?
  /// The largest class; nil if there are none.
  public private(set) var largest: Int?
  /// How often each class from 0 on occurs, up to the largest of those below ``most``.
  private var counts: [Int] = []

  /// The classes that are counted one by one.
  public static let most = 1 << 20

  /// The number of classes that a network trained on these needs; the largest one decides.
  public var classes: Int { largest.map { $0 + 1 } ?? 0 }

  /// How often each class occurs; nil if there are more than are counted.
  public var perClass: [Int]? { classes <= Self.most ? counts : nil }

  /// The classes below the largest one that do not occur; nil if there are more than are counted.
  public var missing: [Int]? { perClass.map { counts in counts.indices.filter { counts[$0] == 0 } } }

  /// Takes in whole numbers from 0 up.
  mutating func take(_ labels: UnsafeBufferPointer<Double>) {
    for label in labels {
      let label = Int(label)
      least = min(least ?? label, label)
      largest = max(largest ?? label, label)
      guard label < Self.most else { continue }
      if label >= counts.count {
        counts += repeatElement(0, count: label + 1 - counts.count)
      }
      counts[label] += 1
    }
  }
}
