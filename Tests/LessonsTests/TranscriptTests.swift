import Lockstep
import Testing

@testable import Lessons

@Suite("A transcript")
struct TranscriptTests {
  /// The error of checking `values` against what was published.
  func failure(_ values: [Double], published: [Double], places: Int = 8) -> LockstepError? {
    var transcript = Transcript(lesson: "test")
    do {
      try transcript.check("y", values, published: published, places: places)
      return nil
    } catch {
      #expect(transcript.entries.isEmpty, "what is wrong is not shown as if it were right")
      return error
    }
  }

  @Test("takes numbers that round to the published ones")
  func matches() {
    #expect(failure([0.123456784], published: [0.12345678]) == nil)
    #expect(failure([0.3234202933601941], published: [0.3234202933601941], places: 16) == nil)
  }

  @Test("does not take a wrong last digit, a number too few, or NaN")
  func mismatches() throws {
    let wrong: [([Double], [Double])] = [
      ([0.12345678], [0.12345679]), ([1, 2], [1, 2, 3]), ([.nan], [1]), ([1], [.nan]), ([1, 2.1], [1, 2]),
    ]
    for (values, published) in wrong {
      let error = try #require(failure(values, published: published))
      #expect(error.kind == .internalError)
      #expect(error.subject == "example test" && error.problem.contains("y is not as published"))
      #expect(error.found == "\(values)" && error.expected == "\(published)")
    }
    #expect(failure([0.3234202933601951], published: [0.3234202933601941], places: 16) != nil)
  }

  @Test("does not make a claim that does not hold")
  func claims() throws {
    var transcript = Transcript(lesson: "test")
    try transcript.claim("one is one", holds: 1 == 1)
    let error = #expect(throws: LockstepError.self) { try transcript.claim("one is two", holds: 1 == 2) }
    #expect(error?.kind == .internalError)
    #expect(transcript.entries == [.claim("one is one")])
    #expect(transcript.checks == 1)
  }

  @Test("a lesson with a wrong digit fails")
  func lesson() {
    let lesson = Lesson(name: "wrong", summary: "") { transcript throws(LockstepError) in
      try transcript.check("sum", [1 + 1], published: [3])
    }
    let error = #expect(throws: LockstepError.self) { try lesson.run() }
    #expect(error?.kind == .internalError)
  }
}
