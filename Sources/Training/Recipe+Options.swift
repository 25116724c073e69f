import Networks
import Optimizers

extension Recipe {
  /// The recipe as the options of the command line that give it, in a fixed order.
  public var options: [(name: String, value: String)] {
    var options: [(String, String)] = [
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
      ("optimizer", optimizer.name),
      ("learning-rate", String(optimizer.learningRate)),
    ]
    if let delta = loss.huberDelta { options.append(("huber-delta", String(delta))) }
    switch optimizer {
    case .sgd(let sgd): options.append(("momentum", String(sgd.momentum)))
    case .adam(let adam):
      options.append(("beta1", String(adam.beta1)))
      options.append(("beta2", String(adam.beta2)))
      options.append(("epsilon", String(adam.epsilon)))
    }
    return options + [
      ("batch-size", String(batchSize)),
      ("shards", String(shards)),
      ("seed", String(seed)),
      ("no-shuffle", String(!shuffle)),
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
