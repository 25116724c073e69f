import Datasets
import Networks
import Optimizers

extension Shuffle {
  /// "none", "full" or "blocks".
  public var name: String {
    switch self {
    case .none: "none"
    case .full: "full"
    case .blocks: "blocks"
    }
  }

  /// The shuffle in words.
  public var text: String {
    switch self {
    case .none: "none"
    case .full: "full"
    case .blocks(let shape):
      "blocks of \(shape.blockRows) rows, windows of \(shape.windowRows) from \(shape.windowBlocks) of them"
    }
  }
}

extension Recipe {
  /// The recipe as the options of the command line that give it, in a fixed order.
  public var options: [(name: String, value: String)] {
    var options: [(String, String)] = [
      ("features", features.map { $0.columns.map(String.init).joined(separator: ",") } ?? ""),
      ("weights", isWeighted ? "used" : ""),
      ("inputs", String(network.inputs)),
      ("hidden", network.layers.dropLast().map { String($0.units) }.joined(separator: ",")),
      ("outputs", String(network.outputs)),
      (
        "activation",
        Set(network.layers.dropLast().map(\.activation.rawValue)).sorted().joined(separator: ",")
      ),
      ("output-activation", network.outputActivation.rawValue),
      ("loss", loss.name),
      ("initializer", initializer.rawValue),
      ("initial", initialParameters),
      ("optimizer", optimizer.name.rawValue),
    ]
    if let delta = loss.huberDelta { options.append(("huber-delta", String(delta))) }
    for hyperparameter in optimizer.hyperparameters {
      options.append((hyperparameter.rawValue, optimizer[hyperparameter].map { String($0) } ?? ""))
    }
    if let correction = optimizer.biasCorrection {
      options.append(("bias-correction", correction.rawValue))
    }
    options.append(("schedule", schedule.name.rawValue))
    options.append(("warmup-steps", String(schedule.warmupSteps)))
    if let steps = schedule.decaySteps { options.append(("decay-steps", String(steps))) }
    if let rate = schedule.decayRate { options.append(("decay-rate", String(rate))) }
    if let rate = schedule.finalLearningRate { options.append(("final-learning-rate", String(rate))) }
    options.append(("reduction", reduction.rawValue))
    options.append(("clip-norm", clipNorm.map { String($0) } ?? ""))
    return options + [
      ("batch-size", String(batchSize)),
      ("shards", String(shards)),
      ("seed", String(seed)),
      ("shuffle", shuffle.text),
      ("normalize", normalization.rawValue),
      ("precision", precision.rawValue),
      ("validation-fraction", String(validationFraction)),
      ("validation", validationDigest),
    ]
  }

  private static func shown(_ value: String) -> String { value.isEmpty ? "not given" : value }

  /// The options in which this recipe differs from `other`, each as "--option is A here and B there".
  public func differences(from other: Recipe) -> [(option: String, own: String, other: String)] {
    let theirs = Dictionary(uniqueKeysWithValues: other.options.map { ($0.name, $0.value) })
    return options.compactMap { option in
      guard let value = theirs[option.name], value != option.value else { return nil }
      return ("--\(option.name)", Self.shown(option.value), Self.shown(value))
    }
  }
}
