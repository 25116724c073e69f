import Datasets
import HDF5
import Kernels
import Networks
import Primitives

/// The samples that a run is to train on, read from their files and checked against what is asked of them.
struct TrainingData<Element: Scalar & HDF5Element> {
  /// The rows to train on, and those kept aside.
  let samples: LoadedSamples<Element>
  /// The rows to measure the loss on, if any: kept aside, or from a file of their own.
  let validation: Samples<Element>?
  /// The digest of the samples of a validation file; empty without one.
  let validationDigest: String
  /// The loss that goes with the targets, or the one asked for.
  let loss: Loss

  /// Reads the files that `options` name.
  ///
  /// - Throws: ``LockstepError`` if a file cannot be read or its contents do not go with the options, or not into memory.
  init(_ options: TrainingOptions, as type: Element.Type) throws(LockstepError) {
    let file = try DatasetFile(options.data)
    let (loss, role) = options.resolvedLoss(hasIntegerTargets: file.hasIntegerTargets)
    try Self.checkMemory(file)
    let split: Split? =
      options.validationFraction > 0
      ? try Split(
        count: file.rows, validationFraction: options.validationFraction, seed: options.seed) : nil
    let samples = try SamplesLoader<Element>(file, role: role, split: split).load()
    var validation = samples.validation
    var validationDigest = ""
    if let location = options.validation {
      let file = try DatasetFile(location)
      try Self.requireSameShape(file, as: samples.training, of: options.data)
      try Self.checkMemory(file)
      let loaded = try SamplesLoader<Element>(file, role: role).load()
      validation = loaded.training
      validationDigest = loaded.digest.description
    }
    if loss.task == .probabilities {
      try samples.training.requireProbabilities(options.data)
      try samples.validation?.requireProbabilities(options.data)
      if let location = options.validation { try validation?.requireProbabilities(location) }
    }
    let classes = samples.training.outputs
    if options.loss == nil, role == .labels, classes > max(1000, samples.training.count) {
      throw LockstepError(
        .badData, options.data.yName, "the integers are read as classes, and there are more than rows",
        found: "class \(classes - 1) in \(samples.training.count) rows",
        remedy: "For numbers, give --loss mse; for classes, --loss cross-entropy.")
    }
    self.samples = samples
    self.validation = validation
    self.validationDigest = validationDigest
    self.loss = loss
  }

  /// The recipe that `options` give for these samples.
  func recipe(_ options: TrainingOptions) throws(LockstepError) -> Recipe {
    try options.recipe(
      rows: samples.training.count, features: samples.training.features,
      outputs: max(samples.training.outputs, validation?.outputs ?? 0), loss: loss)
  }

  private static func checkMemory(_ file: borrowing DatasetFile) throws(LockstepError) {
    try MemoryPlan(loading: file, as: Element.self).check(
      file.location.file, "holding the samples", remedy: "Use fewer rows or --precision float32.")
  }

  private static func requireSameShape(
    _ file: borrowing DatasetFile, as samples: Samples<Element>, of data: DatasetLocation
  ) throws(LockstepError) {
    var (name, own, other) = (file.location.xName, file.features, samples.features)
    if own == other, case .values(_, let columns) = samples.targets {
      (name, own, other) = (file.location.yName, file.targets, columns)
    }
    guard own == other else {
      throw LockstepError(
        .badData, name, "the rows are not like those of \(data.file)", found: "\(own) columns",
        expected: "\(other)", remedy: "Name a --validation file of the same kind.")
    }
  }
}
