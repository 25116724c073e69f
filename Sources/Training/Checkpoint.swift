import Datasets
import Primitives

/// A moment of a training run: all that is needed to go on from it to the same bits.
public struct Checkpoint<Element: Scalar>: Sendable {
  /// What decides the numbers.
  public var recipe: Recipe
  /// Where training stood.
  public var progress: Progress
  /// One record an epoch completed.
  public var history: [EpochRecord]
  /// The parameters where training stood, laid out as ``ParameterLayout`` says.
  public var parameters: [Element]
  /// The optimizer's state vectors, one after the other.
  public var optimizerState: [Element]
  /// The parameters after the epoch of the best validation loss; empty without validation.
  public var bestParameters: [Element]
  /// How the samples that were trained on were normalised, if they were.
  public var normalization: Normalization?
  /// The digest of the samples that were trained on, or nothing if it was not taken.
  public var datasetDigest = ""

  /// The epochs without a better validation loss after which training was to end; nil without early stopping.
  public var patience: Int?
  /// The parameters after each epoch so far, if they are recorded.
  public var trajectory: ParameterTrajectory<Element>?

  /// The parameters that the network is used with: with early stopping the best ones, once there are any, else those where
  /// training stood. In a file they are the layers that everybody reads.
  public var modelParameters: [Element] {
    patience == nil || bestParameters.isEmpty ? parameters : bestParameters
  }

  /// The digest of the bytes of ``modelParameters``.
  public var parametersDigest: Digest {
    modelParameters.withUnsafeBufferPointer { Digest(of: $0) }
  }
}
