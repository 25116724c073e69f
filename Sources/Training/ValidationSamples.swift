import Datasets
import Primitives

/// The samples that a validation loss is measured on.
public enum ValidationSamples<Element: Scalar>: Sendable {
  /// All rows are in memory.
  case memory(Samples<Element>)
  /// Rows are read from where they lie, each time; with the width that a network's output layer needs.
  case elsewhere(any RowSource<Element>, outputs: Int)

  /// The number of rows.
  public var count: Int {
    switch self {
    case .memory(let samples): samples.count
    case .elsewhere(let source, _): source.count
    }
  }

  /// The number of features of a row.
  public var features: Int {
    switch self {
    case .memory(let samples): samples.features
    case .elsewhere(let source, _): source.features
    }
  }

  /// The width that a network's output layer needs: targets, or classes.
  public var outputs: Int {
    switch self {
    case .memory(let samples): samples.outputs
    case .elsewhere(_, let outputs): outputs
    }
  }

  /// Whether the targets are classes.
  var hasLabels: Bool {
    switch self {
    case .memory(let samples): if case .labels = samples.targets { true } else { false }
    case .elsewhere(let source, _): source.targets == .labels
    }
  }

  /// The bytes that they take in memory where so many threads read them.
  func bytes(readers: Int) -> Double {
    switch self {
    case .memory(let samples): Double(samples.count) * Double(samples.rowBytes)
    case .elsewhere(let source, _): Double(readers) * Double(source.readerBytes)
    }
  }
}

extension Evaluator {
  /// The evaluation of `parameters` on `samples`, in the same bits wherever these are.
  ///
  /// - Throws: ``LockstepError`` if rows cannot be read, or were changed since they were looked at.
  func evaluate(_ samples: ValidationSamples<Element>, parameters: AlignedBuffer<Element>)
    throws(LockstepError) -> Evaluation
  {
    switch samples {
    case .memory(let samples): return evaluate(samples, parameters: parameters)
    case .elsewhere(let source, _):
      let evaluation = try evaluate(source, parameters: parameters)
      try source.requireUnchanged()
      return evaluation
    }
  }
}
