import Testing

@testable import Primitives

/// The tree as its comment defines it: the node of level k over position j covers the leaves from j * 2^k up to
/// (j + 1) * 2^k; it is its two children, or its only child.
private func node<Value>(
  level: Int, position: Int, leaves: [Value], combine: (Value, Value) -> Value
) -> Value? {
  if level == 0 { return position < leaves.count ? leaves[position] : nil }
  let left = node(level: level - 1, position: 2 * position, leaves: leaves, combine: combine)
  let right = node(level: level - 1, position: 2 * position + 1, leaves: leaves, combine: combine)
  guard let left, let right else { return left ?? right }
  return combine(left, right)
}

/// The whole tree over `leaves`.
private func tree<Value>(_ leaves: [Value], _ combine: (Value, Value) -> Value) -> Value? {
  node(level: 7, position: 0, leaves: leaves, combine: combine)
}

/// The tree over `leaves` by accumulators that take the runs between `cuts`.
private func accumulated<Value>(_ leaves: [Value], cuts: [Int], _ combine: (Value, Value) -> Value) -> Value?
{
  let borders = [0] + cuts + [leaves.count]
  let parts = zip(borders, borders.dropFirst()).map { start, end in
    var part = PairwiseTree.Accumulator<Value>()
    for leaf in start..<end { part.append(leaves[leaf], leaf: leaf, combine: combine) }
    return part
  }
  return PairwiseTree.Accumulator.joined(parts, combine: combine)
}

@Suite struct PairwiseTreeTests {
  private static let sizes = 1...70

  @Test func smallTreesAreAsDrawn() {
    let drawn = [
      "0", "(0+1)", "((0+1)+2)", "((0+1)+(2+3))", "(((0+1)+(2+3))+4)", "(((0+1)+(2+3))+(4+5))",
      "(((0+1)+(2+3))+((4+5)+6))",
    ]
    for (index, expression) in drawn.enumerated() {
      #expect(tree(Self.names(index + 1), Self.plus) == expression)
      #expect(accumulated(Self.names(index + 1), cuts: [], Self.plus) == expression)
    }
  }

  @Test func theShapeIsThatOfTheDefinitionForEqualRunsOfOneToNineWorkers() {
    for count in Self.sizes {
      let leaves = Self.names(count)
      let whole = tree(leaves, Self.plus)
      for workers in 1...9 {
        let cuts = (1..<workers).map { $0 * count / workers }
        #expect(accumulated(leaves, cuts: cuts, Self.plus) == whole, "\(count) leaves, cut at \(cuts)")
      }
    }
  }

  @Test func theShapeIsThatOfTheDefinitionForAllRunsOfTwoWorkers() {
    for count in Self.sizes {
      let leaves = Self.names(count)
      let whole = tree(leaves, Self.plus)
      for cut in 0...count {
        #expect(accumulated(leaves, cuts: [cut], Self.plus) == whole, "\(count) leaves, cut at \(cut)")
      }
    }
  }

  @Test func theShapeIsThatOfTheDefinitionForAllRunsOfThreeAndFourWorkers() {
    for count in 1...12 {
      let leaves = Self.names(count)
      let whole = tree(leaves, Self.plus)
      for first in 0...count {
        for second in first...count {
          #expect(accumulated(leaves, cuts: [first, second], Self.plus) == whole)
          for third in second...count where count <= 9 {
            #expect(accumulated(leaves, cuts: [first, second, third], Self.plus) == whole)
          }
        }
      }
    }
  }

  @Test func theShapeIsThatOfTheDefinitionForAnyRunsOfUpToNineWorkers() {
    let random = CounterRandom(seed: 1, purpose: .testing)
    for trial in 0..<300 {
      let count = 1 + trial % 70
      let cuts = (0..<trial % 9).map { worker in
        Int(random.uniforms(UInt64(10 * trial + worker)).0 * Double(count + 1))
      }
      let leaves = Self.names(count)
      #expect(
        accumulated(leaves, cuts: cuts.sorted(), Self.plus) == tree(leaves, Self.plus),
        "\(count) leaves, cut at \(cuts.sorted())")
    }
  }

  @Test func sumsHaveTheBitsOfTheDefinition() throws {
    for count in Self.sizes {
      let values = Self.values(count)
      let expected = try #require(tree(values, +))
      let sum = values.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { PairwiseTree.sum($0, count: count) }
      }
      #expect(sum?.bitPattern == expected.bitPattern)
      let spread = values.flatMap { [$0, .nan, .nan] }
      let strided = spread.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { PairwiseTree.sum($0, count: count, stride: 3) }
      }
      #expect(strided?.bitPattern == expected.bitPattern)
      for workers in 1...9 {
        let cuts = (1..<workers).map { $0 * count / workers }
        #expect(accumulated(values, cuts: cuts, +)?.bitPattern == expected.bitPattern)
      }
    }
  }

  @Test func theOrderOfTheseSumsMatters() throws {
    let values = Self.values(70)
    let expected = try #require(tree(values, +))
    #expect(values.reduce(0, +).bitPattern != expected.bitPattern)
  }

  @Test func aSumOfNothingIsZero() {
    withUnsafePointer(to: 1.0) { #expect(PairwiseTree.sum($0, count: 0) == 0) }
    #expect(PairwiseTree.Accumulator<Int>.joined([], combine: +) == nil)
    #expect(PairwiseTree.Accumulator<Int>.joined([.init(), .init()], combine: +) == nil)
  }

  @Test func aFoldHoldsFullAlignedSubtreesInOrder() {
    for start in 0..<40 {
      var fold = PairwiseTree.Fold()
      for count in 1...70 {
        let before = fold.nodes.count
        let merges = fold.append(leaf: start + count - 1)
        #expect(fold.nodes.count == before + 1 - merges)
        var next = start
        for node in fold.nodes {
          #expect(node.start == next && node.count.nonzeroBitCount == 1 && node.start % node.count == 0)
          next += node.count
        }
        #expect(next == start + count)
        // The bound that its comment gives.
        #expect(fold.nodes.count <= 2 * (Int.bitWidth - 1 - count.leadingZeroBitCount) + 1)
      }
    }
  }

  @Test func mergesBringEverythingIntoTheFirstNode() {
    for count in Self.sizes {
      let nodes = (0..<count).map { PairwiseTree.Node(start: $0, count: 1) }
      var expressions = Self.names(count)
      var done = Set<Int>()
      for merge in PairwiseTree.merges(joining: nodes) {
        #expect(!done.contains(merge.destination) && done.insert(merge.source).inserted)
        expressions[merge.destination] = Self.plus(
          expressions[merge.destination], expressions[merge.source])
      }
      #expect(done == Set(1..<count) && expressions[0] == tree(Self.names(count), Self.plus))
    }
  }

  @Test func nodesThatLeaveAGapAreACallersError() async {
    await #expect(processExitsWith: .failure) {
      _ = PairwiseTree.merges(joining: [.init(start: 0, count: 1), .init(start: 2, count: 1)])
    }
  }

  private static func names(_ count: Int) -> [String] { (0..<count).map(String.init) }

  private static func plus(_ left: String, _ right: String) -> String { "(\(left)+\(right))" }

  /// Numbers of very different sizes, so that every order of adding them rounds differently.
  private static func values(_ count: Int) -> [Double] {
    let random = CounterRandom(seed: 2, purpose: .testing)
    return (0..<count).map { index in
      let (u, v) = random.uniforms(UInt64(index))
      return (u - 0.5) * Double.exp(10 * v)
    }
  }
}
