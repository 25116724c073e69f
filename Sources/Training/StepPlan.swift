import Primitives

/// Who does what in a step of a given number of shards and workers, worked out ahead as plain numbers.
///
/// Worker w computes a run of consecutive shards, one after the other, and folds them along the tree as it goes, in
/// gradient buffers of its own, its slots. What is then left, the roots, covers all shards; `merges` are the additions
/// that complete the tree, done on every slice of the parameters by the worker that owns the slice.
final class StepPlan: Sendable {
  /// One shard to compute.
  struct ShardTask: BitwiseCopyable {
    /// Which shard.
    var shard: Int
    /// The worker's slot that receives the gradient.
    var slot: Int
    /// How often the last filled slot is then added to the one before it.
    var merges: Int
  }

  /// An addition of one gradient buffer to another. Buffers are numbered worker by worker, `slotsPerWorker` each.
  struct Merge: BitwiseCopyable {
    var destination: Int
    var source: Int
  }

  /// The plan as plain addresses, valid as long as the plan: what a step's loops work with, so that nothing in them
  /// counts references.
  struct View: BitwiseCopyable {
    /// The number of shards.
    let shards: Int
    let tasks: UnsafeMutableBufferPointer<ShardTask>
    let firstTask: UnsafeMutableBufferPointer<Int>
    let merges: UnsafeMutableBufferPointer<Merge>
    let root: Int
    let roots: UnsafeMutableBufferPointer<Int>
    let rootMerges: UnsafeMutableBufferPointer<Merge>
  }

  /// See ``View``.
  var view: View {
    View(
      shards: shards, tasks: tasks.elements, firstTask: firstTask.elements, merges: merges.elements,
      root: root, roots: roots.elements, rootMerges: rootMerges.elements)
  }

  /// The number of shards.
  let shards: Int
  /// All tasks, worker after worker.
  let tasks: AlignedBuffer<ShardTask>
  /// Worker w's tasks are those from `firstTask[w]` up to `firstTask[w + 1]`.
  let firstTask: AlignedBuffer<Int>
  /// The additions that bring all roots together in `root`, in order.
  let merges: AlignedBuffer<Merge>
  /// The buffer that holds the whole sum after the merges.
  let root: Int
  /// The buffers of all roots, in order.
  let roots: AlignedBuffer<Int>
  /// The same additions as `merges`, with roots numbered as they come in `roots`: for who has copies of them.
  let rootMerges: AlignedBuffer<Merge>

  /// The plan for `shards` shards on `workers` workers with `slotsPerWorker` buffers each.
  init(shards: Int, workers: Int, slotsPerWorker: Int) {
    precondition(shards > 0 && workers > 0)
    self.shards = shards
    var tasks: [ShardTask] = []
    var firstTask = [0]
    var nodes: [PairwiseTree.Node] = []
    var buffers: [Int] = []
    for worker in 0..<workers {
      var fold = PairwiseTree.Fold()
      for shard in Self.run(of: worker, workers: workers, shards: shards) {
        let slot = fold.nodes.count
        precondition(slot < slotsPerWorker)
        tasks.append(ShardTask(shard: shard, slot: slot, merges: fold.append(leaf: shard)))
      }
      nodes += fold.nodes
      buffers += fold.nodes.indices.map { worker * slotsPerWorker + $0 }
      firstTask.append(tasks.count)
    }
    self.tasks = AlignedBuffer(tasks, filler: tasks[0])
    self.firstTask = AlignedBuffer(firstTask, filler: 0)
    let joins = PairwiseTree.merges(joining: nodes).map {
      Merge(destination: $0.destination, source: $0.source)
    }
    let filler = Merge(destination: 0, source: 0)
    rootMerges = AlignedBuffer(joins, filler: filler)
    merges = AlignedBuffer(
      joins.map { Merge(destination: buffers[$0.destination], source: buffers[$0.source]) }, filler: filler)
    roots = AlignedBuffer(buffers, filler: 0)
    root = buffers[0]
  }

  /// The slots that a worker needs for every step of an epoch over `samples` rows, with any number of workers up to
  /// `workers`.
  ///
  /// The last minibatch is looked at by itself: its shards are dealt out otherwise, and fewer of them may need more slots.
  static func slotsNeeded(_ plan: ShardPlan, samples: Int, upToWorkers workers: Int) -> Int {
    let last = plan.shardCount(rows: plan.lastRows(samples: samples))
    // More workers than shards leave the others idle.
    return (1...min(workers, plan.shards)).reduce(1) { most, count in
      max(
        most, slotsNeeded(shards: plan.shards, workers: count), slotsNeeded(shards: last, workers: count))
    }
  }

  /// The slots that one of `workers` workers needs for a step of `shards` shards.
  static func slotsNeeded(shards: Int, workers: Int) -> Int {
    var most = 1
    for worker in 0..<workers {
      var fold = PairwiseTree.Fold()
      for shard in run(of: worker, workers: workers, shards: shards) {
        most = max(most, fold.nodes.count + 1)
        _ = fold.append(leaf: shard)
      }
    }
    return most
  }

  /// The shards of `worker`: runs as equal as can be.
  private static func run(of worker: Int, workers: Int, shards: Int) -> Range<Int> {
    worker * shards / workers..<(worker + 1) * shards / workers
  }
}
