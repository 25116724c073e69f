/// Where training stands: all that is needed, besides recipe, parameters and the optimizer's state, to go on.
public struct Progress: Sendable, Equatable {
  /// The epochs completed.
  public var epoch = 0
  /// The steps completed in the epoch that is under way.
  public var step = 0
  /// The steps completed in all.
  public var globalStep = 0
  /// The sum of the loss over the rows of the epoch under way.
  public var lossSum = 0.0
  /// The best value of the loss that is watched, and the number of epochs after which it was reached.
  public var best: Best?

  /// A best value.
  public struct Best: Sendable, Equatable {
    /// The validation loss.
    public var value: Double
    /// The epochs completed when it was measured.
    public var epoch: Int
  }

  /// The epochs completed since the best value was reached, or since the start.
  public var epochsSinceBest: Int { epoch - (best?.epoch ?? 0) }

  /// The start.
  public init() {}
}

/// What an epoch gave.
public struct EpochRecord: Sendable, Equatable {
  /// The mean loss over the rows, each as it was when its step was made.
  public var loss: Double
  /// The loss on the rows kept aside, after the epoch; NaN if there are none.
  public var validationLoss: Double
  /// The size of the epoch's last step.
  public var learningRate: Double
  /// The seconds that the steps took. Not reproducible, of course.
  public var seconds: Double
}
