import Dispatch
import Synchronization
import Testing

@testable import Training

@Suite("The barrier")
struct BarrierTests {
  @Test(
    "lets nobody go on before all have arrived, phase after phase, spinning or parked",
    arguments: [(2, 50_000), (2, 0), (7, 50_000), (7, 0)] as [(Int, UInt64)])
  func phases(parties: Int, spin: UInt64) {
    let barrier = Barrier(parties: parties, spinNanoseconds: spin)
    let phases = 500
    let arrived = Atomic<Int>(0)
    let early = Atomic<Int>(0)
    let group = DispatchGroup()
    for party in 0..<parties {
      DispatchQueue(label: "party \(party)").async(group: group) {
        for phase in 1...phases {
          arrived.add(1, ordering: .relaxed)
          barrier.wait(as: party)
          // All have arrived in this phase; some may have in the next, none further.
          let count = arrived.load(ordering: .relaxed)
          if count < phase * parties || count > (phase + 1) * parties {
            early.add(1, ordering: .relaxed)
          }
        }
      }
    }
    group.wait()
    #expect(early.load(ordering: .relaxed) == 0)
    #expect(arrived.load(ordering: .relaxed) == phases * parties)
  }

  @Test(
    "lets a party do something else between its arrival and its waiting", arguments: [50_000, 0] as [UInt64])
  func arrival(spin: UInt64) {
    let barrier = Barrier(parties: 2, spinNanoseconds: spin)
    let phases = 2000
    let written = UnsafeMutableBufferPointer<Int>.allocate(capacity: 2 * 16)
    defer { written.deallocate() }
    nonisolated(unsafe) let shared = written
    let wrong = Atomic<Int>(0)
    let done = Atomic<Int>(0)
    let group = DispatchGroup()
    for party in 0..<2 {
      DispatchQueue(label: "party \(party)").async(group: group) {
        for phase in 1...phases {
          shared[party * 16 + phase % 2] = phase
          let ticket = barrier.arrive(as: party)
          done.add(1, ordering: .relaxed)
          barrier.wait(ticket)
          // What the next phase writes is elsewhere, and nobody is two phases ahead.
          if shared[(1 - party) * 16 + phase % 2] != phase { wrong.add(1, ordering: .relaxed) }
        }
      }
    }
    group.wait()
    #expect(wrong.load(ordering: .relaxed) == 0)
    #expect(done.load(ordering: .relaxed) == 2 * phases)
  }

  @Test("hands over what was written before it without further synchronisation")
  func publication() {
    let team = WorkerTeam(count: 3)
    let barrier = team.barrier(workers: 3)
    let cells = UnsafeMutableBufferPointer<Int>.allocate(capacity: 3 * 16)
    defer { cells.deallocate() }
    nonisolated(unsafe) let shared = cells
    let wrong = Atomic<Int>(0)
    team.run { worker in
      for round in 1...2000 {
        shared[worker * 16] = round
        barrier.wait(as: worker)
        for other in 0..<3 where shared[other * 16] != round { wrong.add(1, ordering: .relaxed) }
        barrier.wait(as: worker)
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }
}
