import Lockstep

/// A worked lesson: a small calculation with every intermediate in sight, which checks itself against the digits that were
/// published with it.
public struct Lesson: Sendable {
  /// What it is asked for by.
  public let name: String
  /// What it shows, as a phrase.
  public let summary: String
  private let body: @Sendable (inout Transcript) throws(LockstepError) -> Void

  init(
    name: String, summary: String, body: @escaping @Sendable (inout Transcript) throws(LockstepError) -> Void
  ) {
    self.name = name
    self.summary = summary
    self.body = body
  }

  /// Does the calculation, in double precision.
  ///
  /// - Throws: ``LockstepError`` of kind `internalError` if a result is not what it has to be.
  public func run() throws(LockstepError) -> Transcript {
    var transcript = Transcript(lesson: name)
    try body(&transcript)
    return transcript
  }

  /// All lessons, the simplest first.
  public static let all = [
    forwardUnit, forwardLayer, forwardThreeLayers, forwardMulticlass, forwardRegression, forwardBinary,
    backpropSoftmax, gradientDescent, andGate, twoLayerSigmoid, xorAdam,
  ]
}
