import Primitives

/// Which class a row is of.
///
/// Every group of as many rows as there are classes, counted from row 0, has each class once, beginning at a random one: the
/// classes are balanced in every part of the data, and row i's class is a function of (seed, i).
struct ClassOrder {
  let classes: Int
  private let random: CounterRandom

  init(classes: Int, seed: UInt64) {
    self.classes = classes
    random = CounterRandom(seed: seed, purpose: .classes)
  }

  /// Sets the classes of the rows from `start` on.
  func fill(from start: Int, labels: UnsafeMutableBufferPointer<Int32>) {
    if labels.isEmpty { return }
    var (group, place) = start.quotientAndRemainder(dividingBy: classes)
    var begin = first(of: group)
    for index in labels.indices {
      let label = begin + place
      labels[index] = Int32(truncatingIfNeeded: label < classes ? label : label - classes)
      place += 1
      if place == classes {
        (group, place) = (group + 1, 0)
        begin = first(of: group)
      }
    }
  }

  private func first(of group: Int) -> Int { Int(Double(classes) * random.uniforms(UInt64(group)).0) }
}
