/// The fixed binary tree along which partial sums are added.
///
/// Leaves are numbered from 0. The node of level k over position j covers the leaves j * 2^k up to
/// (j + 1) * 2^k, cut off at the number of leaves; it is the sum of its two children, or its only child. So the
/// shape depends on the number of leaves alone, and whoever owns an aligned run of leaves can add it up without
/// knowing about the others: floating-point sums come out the same however the leaves are dealt out.
public enum PairwiseTree {
  /// A full subtree: `count` is a power of two and divides `start`.
  public struct Node: Sendable, Equatable {
    /// The first leaf covered.
    public let start: Int
    /// The number of leaves covered.
    public let count: Int

    /// A node; see the properties.
    public init(start: Int, count: Int) {
      self.start = start
      self.count = count
    }

    /// Whether `right` is this node's sibling on the right.
    func isLeftSibling(of right: Node) -> Bool {
      count == right.count && start + count == right.start && start % (2 * count) == 0
    }
  }

  /// One addition: node `source` is added to node `destination` and is then done with.
  public struct Merge: Sendable, Equatable {
    /// Index of the node that receives the sum.
    public let destination: Int
    /// Index of the node added.
    public let source: Int
  }

  /// The leaves `range`, taken in order and folded as far as the tree allows without its other leaves.
  ///
  /// This is a binary counter: at most 2 log2(n) + 1 nodes are live at a time.
  public struct Fold: Sendable {
    /// The nodes that are live, leftmost first.
    public private(set) var nodes: [Node] = []

    /// A fold of no leaves.
    public init() {}

    /// Takes in `leaf`, which follows all earlier ones. The new leaf is first the last live node; then the last
    /// node is merged into the one before it as many times as the result says.
    public mutating func append(leaf: Int) -> Int {
      nodes.append(Node(start: leaf, count: 1))
      var merges = 0
      while nodes.count > 1, nodes[nodes.count - 2].isLeftSibling(of: nodes[nodes.count - 1]) {
        nodes.removeLast()
        let left = nodes.removeLast()
        nodes.append(Node(start: left.start, count: 2 * left.count))
        merges += 1
      }
      return merges
    }
  }

  /// The additions, in an order that respects the tree, that bring `nodes` into `nodes[0]`.
  ///
  /// - Precondition: `nodes` are in order and together cover all leaves of the tree.
  public static func merges(joining nodes: [Node]) -> [Merge] {
    var merges: [Merge] = []
    var live: [(node: Node, index: Int)] = []
    for (index, node) in nodes.enumerated() {
      precondition(node.start == (live.last.map { $0.node.start + $0.node.count } ?? 0))
      live.append((node, index))
      while live.count > 1, live[live.count - 2].node.isLeftSibling(of: live[live.count - 1].node) {
        let right = live.removeLast()
        let left = live.removeLast()
        merges.append(Merge(destination: left.index, source: right.index))
        live.append((Node(start: left.node.start, count: 2 * left.node.count), left.index))
      }
    }
    // What is left has falling sizes: the cut-off nodes along the tree's right edge.
    while live.count > 1 {
      let right = live.removeLast()
      merges.append(Merge(destination: live[live.count - 1].index, source: right.index))
    }
    return merges
  }

  /// Values of consecutive leaves, combined along the tree as they come.
  public struct Accumulator<Value> {
    private var fold = Fold()
    private var values: [Value] = []

    /// An accumulator of no leaves.
    public init() {}

    /// Takes in the value of `leaf`, which follows all earlier ones.
    public mutating func append(_ value: Value, leaf: Int, combine: (Value, Value) -> Value) {
      values.append(value)
      for _ in 0..<fold.append(leaf: leaf) {
        let right = values.removeLast()
        let left = values.removeLast()
        values.append(combine(left, right))
      }
    }

    /// The value of the whole tree from accumulators that together hold all its leaves, in order; nil without leaves.
    public static func joined(_ parts: [Accumulator], combine: (Value, Value) -> Value) -> Value? {
      var values = parts.flatMap(\.values)
      for merge in PairwiseTree.merges(joining: parts.flatMap(\.fold.nodes)) {
        values[merge.destination] = combine(values[merge.destination], values[merge.source])
      }
      return values.first
    }
  }

  /// The sum of `values[0], values[stride], ...`, `count` of them, along the tree. Zero if there are none.
  public static func sum(_ values: UnsafePointer<Double>, count: Int, stride: Int = 1) -> Double {
    if count <= 1 { return count == 1 ? values[0] : 0 }
    let left = 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    return sum(values, count: left, stride: stride)
      + sum(values + left * stride, count: count - left, stride: stride)
  }
}

extension PairwiseTree.Accumulator: Sendable where Value: Sendable {}
