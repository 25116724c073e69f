import Datasets
import HDF5
import Networks
import Optimizers
import Primitives

extension Checkpoint where Element: HDF5Element {
  /// Writes the checkpoint to `path`, which then holds either this one or what it held before, never half of one.
  ///
  /// The file is also a weights file of Keras 3, provided that the name ends in `.weights.h5`.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - threads: the number of threads that trained, to be recorded.
  /// - Throws: ``LockstepError`` if the file cannot be written; what was at `path` is then untouched.
  public func write(to path: String, threads: Int = 0) throws(LockstepError) {
    let staged = try StagedFile(replacing: path)
    do throws(LockstepError) {
      try withHDF5Errors { () throws(HDF5Error) in try writeContents(to: staged.temporary, threads: threads) }
      try Seal.write(to: staged.temporary)
    } catch {
      // Messages speak of the file that was asked for, not of its temporary name.
      throw error.renaming(staged.temporary, to: path)
    }
    try staged.commit()
  }

  private func writeContents(to path: String, threads: Int) throws(HDF5Error) {
    let layout = ParameterLayout(recipe.network)
    let file = try File(
      creating: path, options: File.CreationOptions(format: .v110, userBlockSize: Seal.size))
    try file.createGroup("/vars").setAttribute("name", "sequential")
    try KerasWeights.write(modelParameters, of: recipe.network, to: file)
    try writeOptimizer(to: file.createGroup("/optimizer/vars"), layout: layout)
    let lockstep = try file.createGroup("/lockstep")
    try lockstep.setAttribute("schema", "lockstep-checkpoint")
    try lockstep.setAttribute("schema_version", 1)
    _ = try lockstep.createDataset("configuration", text: configuration)
    try writeProgress(to: lockstep.createGroup("progress"))
    try writeHistory(to: lockstep.createGroup("history"))
    if !bestParameters.isEmpty {
      try KerasWeights.write(bestParameters, of: recipe.network, to: lockstep.createGroup("best"))
    }
    if patience != nil {
      // The layers above are the best ones; training goes on from these.
      try KerasWeights.write(parameters, of: recipe.network, to: lockstep.createGroup("last"))
    }
    if let trajectory { try write(trajectory, to: lockstep.createGroup("trajectory")) }
    if let normalization { try write(normalization, to: lockstep.createGroup("normalization")) }
    let environment = try lockstep.createGroup("environment")
    for (name, value) in RunEnvironment.attributes { try environment.setAttribute(name, value) }
    try environment.setAttribute("threads", threads)
    try environment.setAttribute("shards", recipe.shards)
    try file.close()
  }

  private var configuration: String { RecipeDocument(recipe).json }

  /// Keras's variables: the iteration, the learning rate of the last step, then the state, which Keras interleaves array by array.
  private func writeOptimizer(to group: borrowing Group, layout: ParameterLayout) throws(HDF5Error) {
    try group.setAttribute("name", recipe.optimizer.name.rawValue)
    _ = try group.createDataset("0", [Int64(progress.globalStep)], shape: [])
    _ = try group.createDataset(
      "1", [Float(recipe.learningRate(step: max(progress.globalStep, 1)))], shape: [])
    var number = 2
    for array in Self.arrays(layout) {
      for slot in 0..<recipe.optimizer.slots {
        let start = slot * layout.count
        let values = optimizerState[start + array.range.lowerBound..<start + array.range.upperBound]
        try KerasWeights.write(Array(values), shape: array.shape, as: String(number), to: group)
        number += 1
      }
    }
  }

  /// The kernels and biases in order.
  static func arrays(_ layout: ParameterLayout) -> [(range: Range<Int>, shape: [Int])] {
    layout.layers.flatMap { [($0.kernel, [$0.inputs, $0.outputs]), ($0.bias, [$0.outputs])] }
  }

  private func writeProgress(to group: borrowing Group) throws(HDF5Error) {
    try group.setAttribute("epoch", progress.epoch)
    try group.setAttribute("step", progress.step)
    try group.setAttribute("global_step", progress.globalStep)
    try group.setAttribute("seed", recipe.seed)
    try group.setAttribute("loss_sum", progress.lossSum)
    try group.setAttribute("dataset_fingerprint", datasetDigest)
    if let patience { try group.setAttribute("patience", patience) }
    if let best = progress.best {
      try group.setAttribute("best_value", best.value)
      try group.setAttribute("best_epoch", best.epoch)
    }
  }

  private func write(_ trajectory: ParameterTrajectory<Element>, to group: borrowing Group) throws(HDF5Error)
  {
    let moments = trajectory.epochs.count
    try KerasWeights.write(
      trajectory.epochs.map { Int64($0) }, shape: [moments], as: "epoch", to: group)
    try KerasWeights.write(
      trajectory.parameters, shape: [moments, parameters.count], as: "parameters", to: group)
  }

  private func write(_ normalization: Normalization, to group: borrowing Group) throws(HDF5Error) {
    try group.setAttribute("kind", normalization.kind.rawValue)
    try group.setAttribute("formula", "(number - offset) * scale")
    for (name, scaling) in [("x", normalization.x), ("y", normalization.y)] {
      guard let scaling else { continue }
      let columns = scaling.offsets.count
      try KerasWeights.write(scaling.offsets, shape: [columns], as: "\(name)_offset", to: group)
      try KerasWeights.write(scaling.scales, shape: [columns], as: "\(name)_scale", to: group)
    }
  }

  private func writeHistory(to group: borrowing Group) throws(HDF5Error) {
    guard !history.isEmpty else { return }
    for (name, column) in EpochRecord.columns {
      let values = history.map { $0[keyPath: column] }
      try KerasWeights.write(values, shape: [values.count], as: name, to: group)
    }
  }
}

extension EpochRecord {
  /// The columns of a history, as they are called in files.
  static var columns: [(name: String, column: WritableKeyPath<EpochRecord, Double> & Sendable)] {
    [
      ("loss", \.loss), ("validation_loss", \.validationLoss), ("learning_rate", \.learningRate),
      ("seconds", \.seconds),
    ]
  }
}
