import Datasets
import HDF5
import Networks
import Optimizers
import Primitives

/// A checkpoint in the precision that it was written in.
public enum AnyCheckpoint: Sendable {
  /// Of a network in single precision.
  case float32(Checkpoint<Float>)
  /// Of a network in double precision.
  case float64(Checkpoint<Double>)

  /// Reads the checkpoint at `path`.
  ///
  /// - Throws: ``LockstepError``: `noInput` if there is none, `badData` if the file is damaged or something else.
  public init(reading path: String) throws(LockstepError) {
    let finding = try Seal.check(path)
    let file = try withHDF5Errors { () throws(HDF5Error) in try File(opening: path) }
    guard finding == .intact else {
      try Seal.checkAbsence(from: file)
      let isKeras = (try? file.exists("/layers")) == true
      throw LockstepError(
        .badData, path, "is not a Lockstep checkpoint",
        remedy: isKeras
          ? "It looks like a Keras weights file: start from it with train --initial."
          : "Name a file that lockstep train wrote.")
    }
    let reader = try CheckpointReader(file)
    switch reader.recipe.precision {
    case .float32: self = .float32(try reader.read())
    case .float64: self = .float64(try reader.read())
    }
  }
}

/// Reads a checkpoint from a file whose seal is intact.
private struct CheckpointReader: ~Copyable {
  let file: File
  let recipe: Recipe

  init(_ file: consuming File) throws(LockstepError) {
    let path = file.path
    let (schema, version, text) = try withHDF5Errors { () throws(HDF5Error) in
      let group = try file.openGroup("/lockstep")
      return (
        try group.attribute("schema", as: String.self), try group.attribute("schema_version", as: Int.self),
        try file.openDataset("/lockstep/configuration").readText()
      )
    }
    guard schema == "lockstep-checkpoint", let version else {
      throw LockstepError(.badData, "\(path):/lockstep", "is not a checkpoint of Lockstep")
    }
    guard version == 1 else {
      throw LockstepError(
        .badData, path, "is a checkpoint of a newer format", found: "version \(version)", expected: "1",
        remedy: "Use a newer lockstep.")
    }
    guard let recipe = RecipeDocument(json: text)?.recipe else {
      throw LockstepError(
        .badData, "\(path):/lockstep/configuration", "the configuration is none that this version knows",
        remedy: "Use the lockstep that wrote it.")
    }
    self.file = file
    self.recipe = recipe
  }

  func read<Element: Scalar & HDF5Element>() throws(LockstepError) -> Checkpoint<Element> {
    let progress = try readProgress()
    let (hasBest, hasLast, hasTrajectory) = try withHDF5Errors { () throws(HDF5Error) in
      (
        try file.exists("/lockstep/best"), try file.exists("/lockstep/last"),
        try file.exists("/lockstep/trajectory")
      )
    }
    var checkpoint = Checkpoint<Element>(
      recipe: recipe, progress: progress, history: try readHistory(epochs: progress.epoch),
      parameters: try KerasWeights.read(
        for: recipe.network, from: file, at: hasLast ? "/lockstep/last" : ""),
      optimizerState: try readOptimizer(),
      bestParameters: hasBest
        ? try KerasWeights.read(for: recipe.network, from: file, at: "/lockstep/best") : [])
    checkpoint.datasetDigest = try attribute("dataset_fingerprint")
    checkpoint.normalization = try readNormalization()
    checkpoint.patience = try optionalAttribute("patience")
    if hasTrajectory { checkpoint.trajectory = try readTrajectory(parameters: checkpoint.parameters.count) }
    return checkpoint
  }

  private func readOptimizer<Element: Scalar & HDF5Element>() throws(LockstepError) -> [Element] {
    let layout = ParameterLayout(recipe.network)
    var number = 2
    for array in Checkpoint<Element>.arrays(layout) {
      for _ in 0..<recipe.optimizer.slots {
        try KerasWeights.checkShape(of: "/optimizer/vars/\(number)", array.shape, in: file)
        number += 1
      }
    }
    var state = [Element](repeating: 0, count: recipe.optimizer.slots * layout.count)
    number = 2
    for array in Checkpoint<Element>.arrays(layout) {
      for slot in 0..<recipe.optimizer.slots {
        let start = slot * layout.count
        try KerasWeights.read(
          "/optimizer/vars/\(number)", shape: array.shape, into: &state,
          at: start + array.range.lowerBound..<start + array.range.upperBound, from: file)
        number += 1
      }
    }
    return state
  }

  private func readProgress() throws(LockstepError) -> Progress {
    var progress = Progress()
    progress.epoch = try attribute("epoch")
    progress.step = try attribute("step")
    progress.globalStep = try attribute("global_step")
    progress.lossSum = try attribute("loss_sum")
    if let value: Double = try optionalAttribute("best_value") {
      progress.best = Progress.Best(value: value, epoch: try attribute("best_epoch"))
    }
    guard progress.epoch >= 0, progress.step >= 0, progress.globalStep >= progress.step else {
      throw LockstepError(.badData, "\(file.path):/lockstep/progress", "the progress contradicts itself")
    }
    return progress
  }

  private func readHistory(epochs: Int) throws(LockstepError) -> [EpochRecord] {
    guard epochs > 0 else { return [] }
    var history: [EpochRecord] = []
    for (name, column) in EpochRecord.columns {
      let values = try withHDF5Errors { () throws(HDF5Error) in
        try file.openDataset("/lockstep/history/\(name)").readAll(as: Double.self)
      }
      guard values.count == epochs else {
        throw LockstepError(
          .badData, "\(file.path):/lockstep/history/\(name)", "the history has a wrong length",
          found: "\(values.count)", expected: "\(epochs)")
      }
      if history.isEmpty {
        // Only now is it known that there are that many.
        let empty = EpochRecord(loss: .nan, validationLoss: .nan, learningRate: .nan, seconds: .nan)
        history = Array(repeating: empty, count: epochs)
      }
      for epoch in 0..<epochs { history[epoch][keyPath: column] = values[epoch] }
    }
    return history
  }

  private func readNormalization() throws(LockstepError) -> Normalization? {
    guard recipe.normalization != .none else { return nil }
    let path = "/lockstep/normalization"
    func scaling(_ name: String, columns: Int) throws(LockstepError) -> ColumnScaling {
      func values(_ part: String) throws(LockstepError) -> [Double] {
        try KerasWeights.checkShape(of: "\(path)/\(name)_\(part)", [columns], in: file)
        return try withHDF5Errors { () throws(HDF5Error) in
          try file.openDataset("\(path)/\(name)_\(part)").readAll(as: Double.self)
        }
      }
      guard let scaling = ColumnScaling(offsets: try values("offset"), scales: try values("scale")) else {
        throw LockstepError(
          .badData, "\(file.path):\(path)/\(name)_scale", "the normalisation has impossible numbers",
          remedy: "Use another checkpoint.")
      }
      return scaling
    }
    return Normalization(
      kind: recipe.normalization, x: try scaling("x", columns: recipe.network.inputs),
      y: recipe.loss.task == .numbers ? try scaling("y", columns: recipe.network.outputs) : nil)
  }

  private func readTrajectory<Element: Scalar & HDF5Element>(parameters: Int) throws(LockstepError)
    -> ParameterTrajectory<Element>
  {
    let path = "/lockstep/trajectory"
    let epochs = try withHDF5Errors { () throws(HDF5Error) in
      try file.openDataset("\(path)/epoch").readAll(as: Int64.self)
    }
    let ascending = zip(epochs, epochs.dropFirst()).allSatisfy { $0 < $1 }
    guard let first = epochs.first, first >= 0, ascending else {
      throw LockstepError(.badData, "\(file.path):\(path)/epoch", "the epochs are not in order")
    }
    try KerasWeights.checkShape(of: "\(path)/parameters", [epochs.count, parameters], in: file)
    let values = try withHDF5Errors { () throws(HDF5Error) in
      try file.openDataset("\(path)/parameters").readAll(as: Element.self)
    }
    return ParameterTrajectory(epochs: epochs.map { Int($0) }, parameters: values)
  }

  private func attribute<Value: AttributeConvertible>(_ name: String) throws(LockstepError) -> Value {
    guard let value: Value = try optionalAttribute(name) else {
      throw LockstepError(
        .badData, "\(file.path):/lockstep/progress", "the attribute \(name) is missing or of another type")
    }
    return value
  }

  private func optionalAttribute<Value: AttributeConvertible>(_ name: String) throws(LockstepError)
    -> Value?
  {
    try withHDF5Errors { () throws(HDF5Error) in
      try file.openGroup("/lockstep/progress").attribute(name)
    }
  }
}
