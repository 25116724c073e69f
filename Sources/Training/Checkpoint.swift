import Primitives

/// A moment of a training run: all that is needed to go on from it to the same bits.
public struct Checkpoint<Element: Scalar>: Sendable {
  /// What decides the numbers.
  public var recipe: Recipe
  /// Where training stood.
  public var progress: Progress
  /// One record an epoch completed.
  public var history: [EpochRecord]
  /// The parameters, laid out as ``ParameterLayout`` says.
  public var parameters: [Element]
  /// The optimizer's state vectors, one after the other.
  public var optimizerState: [Element]
  /// The parameters after the epoch of the best validation loss; empty without validation.
  public var bestParameters: [Element]
  /// The digest of the samples that were trained on, or nothing if it was not taken.
  public var datasetDigest = ""

  /// The digest of the parameters' bytes.
  public var parametersDigest: Digest {
    parameters.withUnsafeBufferPointer { Digest(of: $0) }
  }
}
