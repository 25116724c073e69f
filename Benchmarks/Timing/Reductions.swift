import Benchmark
import Lockstep

/// The second phase of a step by shards, on one thread: gradients of shards are added up and the optimizer steps, block by
/// block, so that a block is in the cache when it is used again.
func reductions() {
  for (shards, parameters) in [(4, 1024), (16, 1024), (4, 1 << 20)] {
    measure(
      "reduce and step: \(shards) gradients of \(parameters) parameters, adam",
      (.bytes, amount: Double(shards * parameters * MemoryLayout<Float>.stride)),
      repetitions: parameters < 1 << 16 ? .kilo : .one
    ) {
      let reduction = Reduction(shards: shards, parameters: parameters)
      return { reduction.run() }
    }
  }
}

private final class Reduction {
  private static let block = 1024
  private let gradients: [AlignedBuffer<Float>]
  private let merges: [PairwiseTree.Merge]
  private let parameters: AlignedBuffer<Float>
  /// Block after block, each with both moments.
  private let state: AlignedBuffer<Float>
  private let kernels = FastKernels<Float>(.current)
  private var step = 0

  init(shards: Int, parameters: Int) {
    precondition(parameters % Self.block == 0)
    gradients = (0..<shards).map { _ in numbers(parameters) }
    merges = PairwiseTree.merges(joining: (0..<shards).map { PairwiseTree.Node(start: $0, count: 1) })
    self.parameters = numbers(parameters)
    state = AlignedBuffer(repeating: 0, count: 2 * parameters)
  }

  func run() {
    step += 1
    let update: PreparedStep<Float> = Optimizer.adam(Adam()).prepare(step: step, scale: 1)
    for start in stride(from: 0, to: parameters.count, by: Self.block) {
      let block = start..<start + Self.block
      for merge in merges {
        kernels.add(
          UnsafeBufferPointer(rebasing: gradients[merge.source].reading[block]),
          to: UnsafeMutableBufferPointer(rebasing: gradients[merge.destination].elements[block]))
      }
      update.apply(
        to: 0..<Self.block, parameters: UnsafeMutableBufferPointer(rebasing: parameters.elements[block]),
        gradient: UnsafeBufferPointer(rebasing: gradients[0].reading[block]),
        state: UnsafeMutableBufferPointer(rebasing: state.elements[2 * start..<2 * block.upperBound]),
        kernels: kernels)
    }
  }
}
