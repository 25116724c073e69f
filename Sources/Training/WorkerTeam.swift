import CPlatform
import Datasets
import Dispatch
import Primitives

/// Threads that are started once and then work together on one job after the other.
///
/// The caller of `run` is worker 0; the others are blocks on Dispatch queues. Each has a serial queue of its own, and so
/// a thread of its own: blocks on one concurrent queue get only as many threads as there are CPUs, and workers that wait
/// for each other would wait for ever.
public final class WorkerTeam: Crew {
  /// The most workers of a team. Dispatch has at most 255 threads for such queues; workers beyond that would never
  /// start, and the others would wait for them for ever.
  public static let mostWorkers = 192

  /// The number of workers, the caller included.
  public let count: Int
  private let cpus = CPUBudget.current.cpus
  private let desk: JobDesk
  private let finished = DispatchGroup()

  /// Starts a team of `count` workers.
  ///
  /// - Precondition: `count` is positive and at most ``mostWorkers``.
  public init(count: Int) {
    precondition(count > 0 && count <= Self.mostWorkers)
    self.count = count
    let desk = JobDesk(parties: count, spinNanoseconds: Self.spin(workers: count, cpus: cpus))
    self.desk = desk
    for worker in 1..<count {
      DispatchQueue(label: "lockstep.worker.\(worker)").async(group: finished) {
        desk.work(as: worker)
      }
    }
  }

  /// Starts a team of `count` workers, having tried whether the system has threads for them: Dispatch would go on asking for them,
  /// and the team would wait for ever.
  ///
  /// - Throws: `.memory`.
  convenience init(trying count: Int) throws(LockstepError) {
    let started = Int(platform_try_threads(Int32(count - 1)))
    guard started == count - 1 else {
      throw LockstepError(
        .memory, "--threads", "the system refuses to start so many threads", found: "\(count)",
        expected: "at most \(started + 1)",
        remedy: "Use fewer threads, or allow more: ulimit -u, ulimit -v, or the control group's pids.max.")
    }
    self.init(count: count)
  }

  deinit {
    if count > 1 {
      desk.dismiss()
      finished.wait()
    }
  }

  /// A barrier at which `workers` of the team can meet inside a job.
  func barrier(workers: Int) -> Barrier {
    Barrier(parties: workers, spinNanoseconds: Self.spin(workers: workers, cpus: cpus))
  }

  /// How long a worker spins before it parks. Not at all if there are fewer CPUs than workers: then whoever is waited for
  /// may need the CPU.
  private static func spin(workers: Int, cpus: Int) -> UInt64 { workers > cpus ? 0 : 50_000 }

  /// Runs `body` on every worker at once, each with its number, and returns when all are done.
  ///
  /// Calls must not overlap. What the caller wrote before, all workers see; what they wrote, the caller sees after.
  public func run(_ body: (_ worker: Int) -> Void) {
    if count == 1 { body(0) } else { desk.run(body) }
  }

  /// Runs `body` on every worker at once and returns what each gave, in the order of the workers.
  func map<Result: Sendable>(_ body: (_ worker: Int) -> Result) -> [Result] {
    [Result](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Each worker initialises the one element of its number, and `run` returns when all have.
      nonisolated(unsafe) let results = buffer
      run { worker in results.initializeElement(at: worker, to: body(worker)) }
      initialized = count
    }
  }
}

/// Where the workers of a team pick up their jobs.
///
/// `Sendable` is unchecked for `job` alone: the caller writes it before it meets the others at `gate` and after it has met
/// them there again; they read it only in between.
private final class JobDesk: @unchecked Sendable {
  private let gate: Barrier
  private var job: ((Int) -> Void)?

  init(parties: Int, spinNanoseconds: UInt64) {
    gate = Barrier(parties: parties, spinNanoseconds: spinNanoseconds)
  }

  func run(_ body: (Int) -> Void) {
    // No worker keeps the closure past the second meeting at the gate, so it does not outlive this call.
    withoutActuallyEscaping(body) { escapable in
      job = escapable
      gate.wait(as: 0)
      escapable(0)
      gate.wait(as: 0)
      job = nil
    }
  }

  /// Lets all workers go home.
  func dismiss() { gate.wait(as: 0) }

  func work(as worker: Int) {
    while takeJob(as: worker) { gate.wait(as: worker) }
  }

  /// Does one job, and lets go of it before returning; false if there is none any more.
  private func takeJob(as worker: Int) -> Bool {
    gate.wait(as: worker)
    guard let job else { return false }
    job(worker)
    return true
  }
}
