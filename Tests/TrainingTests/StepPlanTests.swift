import Testing

@testable import Training

@Suite("The plan of a step")
struct StepPlanTests {
  /// The sum of leaves along the tree, written out.
  func tree(_ leaves: Range<Int>) -> String {
    if leaves.count == 1 { return "\(leaves.lowerBound)" }
    var left = 1
    while left * 2 < leaves.count { left *= 2 }
    let middle = leaves.lowerBound + left
    return "(\(tree(leaves.lowerBound..<middle))+\(tree(middle..<leaves.upperBound)))"
  }

  @Test("adds the shards along the same tree however many workers share them")
  func sameTree() {
    for shards in 1...40 {
      for workers in 1...9 {
        let slots = StepPlan.slotsNeeded(shards: shards, workers: workers)
        let plan = StepPlan(shards: shards, workers: workers, slotsPerWorker: slots)
        var buffers = [String](repeating: "", count: workers * slots)
        var computed: [Int] = []
        for worker in 0..<workers {
          for position in plan.firstTask.elements[worker]..<plan.firstTask.elements[worker + 1] {
            let task = plan.tasks.elements[position]
            computed.append(task.shard)
            buffers[worker * slots + task.slot] = "\(task.shard)"
            for merge in 0..<task.merges {
              let top = worker * slots + task.slot - merge
              buffers[top - 1] = "(\(buffers[top - 1])+\(buffers[top]))"
            }
          }
        }
        var roots = plan.roots.array.map { buffers[$0] }
        for merge in plan.merges.array {
          buffers[merge.destination] = "(\(buffers[merge.destination])+\(buffers[merge.source]))"
        }
        #expect(computed == Array(0..<shards))
        #expect(buffers[plan.root] == tree(0..<shards), "\(shards) shards, \(workers) workers")
        // And so from copies of the roots.
        for merge in plan.rootMerges.array {
          roots[merge.destination] = "(\(roots[merge.destination])+\(roots[merge.source]))"
        }
        #expect(roots[0] == tree(0..<shards), "\(shards) shards, \(workers) workers, copies")
      }
    }
  }

  @Test("needs a number of gradient buffers that grows with the logarithm of the shards")
  func slots() {
    #expect(StepPlan.slotsNeeded(shards: 1, workers: 1) == 1)
    #expect(StepPlan.slotsNeeded(shards: 64, workers: 1) <= 7)
    #expect(StepPlan.slotsNeeded(shards: 1 << 12, workers: 3) <= 2 * 12 + 1)
  }
}

@Suite("The cut into shards")
struct ShardPlanTests {
  @Test("covers every row once, in order, whatever the sizes")
  func cover() {
    for batch in 1...70 {
      for shards in 1...80 {
        let plan = ShardPlan(batchSize: batch, choice: .count(shards), parameters: 10)
        #expect(plan.shards <= min(shards, batch))
        for rows in 1...batch {
          let ranges = (0..<plan.shardCount(rows: rows)).map { plan.rows(of: $0, in: rows) }
          #expect(ranges.allSatisfy { !$0.isEmpty } && ranges.flatMap(Array.init) == Array(0..<rows))
        }
      }
    }
  }

  @Test("is by default a function of batch size and parameters alone, as documented")
  func automatic() {
    #expect(ShardPlan.automaticShards(batchSize: 64, parameters: 41) == 1)
    #expect(ShardPlan.automaticShards(batchSize: 1024, parameters: 41) == 4)
    #expect(ShardPlan.automaticShards(batchSize: 256, parameters: 82_689) == 4)
    #expect(ShardPlan.automaticShards(batchSize: 256, parameters: 669_706) == 2)
    #expect(ShardPlan.automaticShards(batchSize: 1024, parameters: 1_117_185) == 4)
    #expect(ShardPlan.automaticShards(batchSize: 1 << 20, parameters: 41) == 64)
    #expect(ShardPlan.automaticShards(batchSize: 1024, parameters: 1 << 30) == 2)
  }
}
