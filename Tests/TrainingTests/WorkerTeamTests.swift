import Foundation
import Lockstep
import Synchronization
import Testing

@testable import Training

@Suite("The worker team")
struct WorkerTeamTests {
  @Test("runs a job on as many threads as it has workers, all at once", arguments: [1, 2, 3, 16])
  func concurrency(count: Int) {
    let team = WorkerTeam(count: count)
    let barrier = team.barrier(workers: count)
    let threads = team.map { worker in
      // Nobody passes unless all are running at the same time.
      barrier.wait(as: worker)
      return UInt(pthread_self())
    }
    #expect(Set(threads).count == count)
  }

  @Test("is there if the system has threads for it", arguments: [1, 2, 9])
  func trying(count: Int) throws {
    let team = try WorkerTeam(trying: count)
    #expect(team.map { $0 } == Array(0..<count))
  }

  @Test("keeps its threads from job to job")
  func persistence() {
    let team = WorkerTeam(count: 3)
    let first = team.map { _ in UInt(pthread_self()) }
    for _ in 0..<50 { #expect(team.map { _ in UInt(pthread_self()) } == first) }
    #expect(Set(first).count == 3)
  }

  @Test("returns only when all workers are done, also after a pause long enough for them to park")
  func completion() {
    let team = WorkerTeam(count: 4)
    let done = Atomic<Int>(0)
    for round in 1...5 {
      team.run { worker in
        usleep(UInt32(worker) * 300)
        done.add(1, ordering: .relaxed)
      }
      #expect(done.load(ordering: .relaxed) == 4 * round)
      usleep(2000)
    }
  }

  @Test("lets its threads end with it")
  func end() throws {
    func threads() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }
    // Dispatch keeps idle threads for a while, so teams one after the other must reuse them.
    for _ in 0..<3 { _ = WorkerTeam(count: 8) }
    let before = try threads()
    for _ in 0..<50 { _ = WorkerTeam(count: 8) }
    #expect(try threads() <= before + 8)
  }

  @Test("computes several shards of one minibatch on several threads at the same time")
  func shardsInFlight() throws {
    let samples: Samples<Float> = Fixture.samples(4000)
    let recipe = try Fixture.recipe(hidden: [64, 64], batchSize: 4000, shards: .count(4))
    let trainer = try Trainer(
      recipe: recipe, samples: samples, threads: .count(4), variant: .current, path: .shards)
    let trace = ShardTrace(shards: 4)
    trainer.engine.trace = trace
    var distinct = 0
    var overlapping = 0
    for _ in 0..<5 {
      try trainer.advance(1)
      let entries = Array(trace.entries.elements)
      distinct = max(distinct, Set(entries.map(\.thread)).count)
      for (index, one) in entries.enumerated() {
        for other in entries[(index + 1)...]
        where one.thread != other.thread && one.begin < other.end && other.begin < one.end {
          overlapping += 1
        }
      }
    }
    #expect(distinct == 4)
    #expect(overlapping > 0)
  }
}
