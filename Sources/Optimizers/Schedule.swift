import Primitives

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How the learning rate goes on from step to step: a pure function of the step's number, so that nothing is to be
/// remembered.
///
/// During warm-up it rises linearly to its full value (P. Goyal et al., "Accurate, large minibatch SGD", 2017); what
/// follows counts its steps from there.
public struct Schedule: Sendable, Equatable {
  /// What follows the warm-up.
  public enum Decay: Sendable, Equatable {
    /// The full learning rate.
    case constant
    /// Times `factor` after each `steps` steps.
    case step(every: Int, factor: Double)
    /// Times `factor` over `steps` steps, evenly: the power of `factor` to the part of them that has passed.
    case exponential(over: Int, factor: Double)
    /// Down to `final` over `steps` steps along half a cosine, and `final` from there on (I. Loshchilov, F. Hutter,
    /// "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, equation 5, without restarts).
    case cosine(over: Int, to: Double)
  }

  /// The steps of the warm-up, of which the last one has the full learning rate.
  public var warmupSteps: Int
  /// What follows it.
  public var decay: Decay

  /// A schedule; see the properties.
  public init(_ decay: Decay = .constant, warmupSteps: Int = 0) {
    self.warmupSteps = warmupSteps
    self.decay = decay
  }

  /// Whether all steps have the same learning rate.
  public var isConstant: Bool { decay == .constant && warmupSteps <= 1 }

  /// The learning rate of step `step`, the first being 1, if the full one is `full`.
  public func learningRate(_ full: Double, step: Int) -> Double {
    if step <= warmupSteps { return full * (Double(step) / Double(warmupSteps)) }
    let passed = step - warmupSteps - 1
    switch decay {
    case .constant: return full
    case .step(let every, let factor): return full * pow(factor, Double(passed / every))
    case .exponential(let steps, let factor): return full * pow(factor, Double(passed) / Double(steps))
    case .cosine(let steps, let final):
      if passed >= steps { return final }
      return final + (full - final) * (0.5 * (1 + cos(Double.pi * (Double(passed) / Double(steps)))))
    }
  }
}

extension Schedule {
  /// The kinds of decay by the names that options and files have for them.
  public enum Name: String, Sendable, CaseIterable {
    /// See ``Decay/constant``.
    case constant
    /// See ``Decay/step(every:factor:)``.
    case step
    /// See ``Decay/exponential(over:factor:)``.
    case exponential
    /// See ``Decay/cosine(over:to:)``.
    case cosine
  }

  /// The kind of decay.
  public var name: Name {
    switch decay {
    case .constant: .constant
    case .step: .step
    case .exponential: .exponential
    case .cosine: .cosine
    }
  }

  /// The steps of the decay, if it has any.
  public var decaySteps: Int? {
    switch decay {
    case .constant: nil
    case .step(let steps, _), .exponential(let steps, _), .cosine(let steps, _): steps
    }
  }

  /// The factor of the decay, if it has one.
  public var decayRate: Double? {
    switch decay {
    case .step(_, let factor), .exponential(_, let factor): factor
    case .constant, .cosine: nil
    }
  }

  /// The learning rate at the end of the decay, if it has an end.
  public var finalLearningRate: Double? {
    if case .cosine(_, let final) = decay { return final }
    return nil
  }

  /// The schedule of this kind, or nil if a number is missing that it needs.
  public init?(
    _ name: Name, warmupSteps: Int, decaySteps: Int?, decayRate: Double?, finalLearningRate: Double?
  ) {
    switch (name, decaySteps, decayRate, finalLearningRate) {
    case (.constant, _, _, _): self.init(.constant, warmupSteps: warmupSteps)
    case (.step, let steps?, let factor?, _):
      self.init(.step(every: steps, factor: factor), warmupSteps: warmupSteps)
    case (.exponential, let steps?, let factor?, _):
      self.init(.exponential(over: steps, factor: factor), warmupSteps: warmupSteps)
    case (.cosine, let steps?, _, let final?):
      self.init(.cosine(over: steps, to: final), warmupSteps: warmupSteps)
    default: return nil
    }
  }
}
