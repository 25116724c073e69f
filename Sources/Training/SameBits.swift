import Primitives

/// The parameters that all numbers of threads led to.
public struct SameBits: Sendable, Equatable {
  /// The numbers of threads.
  public let threads: [Int]
  /// The steps after which the parameters were compared.
  public let steps: Int
  /// Their digest.
  public let digest: Digest

  /// What all repeats of `courses`, which make the same steps, agree on; nil if there are no courses.
  ///
  /// - Throws: ``LockstepError`` of kind `internalError` if a repeat led to other parameters.
  init?(comparing courses: [ScalingCourse]) throws(LockstepError) {
    guard let first = courses.first, let digest = first.digests.first else { return nil }
    threads = courses.map(\.setup.threads)
    steps = first.pace.comparedAfter
    self.digest = digest
    for course in courses {
      precondition(course.pace.comparedAfter == steps)
      for other in course.digests where other != digest {
        throw Self.difference(
          steps: steps, threads: course.setup.threads, from: first.setup.threads, found: other,
          expected: digest)
      }
    }
  }

  private static func difference(
    steps: Int, threads: Int, from first: Int, found: Digest, expected: Digest
  ) -> LockstepError {
    LockstepError(
      .internalError, "",
      threads == first
        ? "\(steps) steps on \(threads) threads led to other parameters when they were repeated"
        : "\(steps) steps led to other parameters on \(threads) threads than on \(first)",
      found: "digest \(found)", expected: expected.description,
      remedy: "This must never happen: please report it, with the command and the CPU.")
  }
}
