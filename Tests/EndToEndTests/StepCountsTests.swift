import Foundation
import Testing

/// The promise that a training step neither allocates nor counts references, kept by optimized builds.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["LOCKSTEP_EXECUTABLE"] != nil,
    "LOCKSTEP_EXECUTABLE names the release build, which this is about"))
struct StepCountsTests {
  #if os(Linux)
    @Test func `steps neither allocate nor count references`() throws {
      let program = URL(fileURLWithPath: Lockstep.executable).deletingLastPathComponent()
        .appendingPathComponent("StepCounts").path
      let outcome = try RunningProgram([program], in: Folder()).finish(limit: 60)
      // The program makes sure that it sees calls, too.
      #expect(outcome.exitCode == 0, "\(outcome.output)")
    }
  #endif
}
