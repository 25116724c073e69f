import ArgumentParser
import Lockstep

extension Optimizer.Name: ExpressibleByArgument {}
extension BiasCorrection: ExpressibleByArgument {}

/// Options that say how steps are made of gradients.
struct StepOptions: ParsableArguments {
  @Option(help: "How steps are made of gradients.")
  var optimizer = Optimizer.Name.adam
  // Unconditional: of a negative number it is said that it is wrong, not that it is missing.
  @Option(
    parsing: .unconditional,
    help:
      "The size of the steps. (default: 0.001 for adam and adamw, 1 for adadelta, 0.01 for the others)",
    transform: Parse.positiveNumber)
  var learningRate: Double?
  @Option(
    help:
      "For sgd, momentum and nesterov: the part of the last step that is kept. (default: 0 for sgd, else 0.9)",
    transform: Parse.fraction)
  var momentum: Double?
  @Option(
    name: .customLong("beta1"), help: "For adam and adamw: the decay of the mean gradient. (default: 0.9)",
    transform: Parse.fraction)
  var beta1: Double?
  @Option(
    name: .customLong("beta2"),
    help: "For adam and adamw: the decay of the mean squared gradient. (default: 0.999)",
    transform: Parse.fraction)
  var beta2: Double?
  @Option(
    help:
      "For rmsprop and adadelta: the decay of the mean squared gradient. (default: 0.99 for rmsprop, 0.9 for adadelta)",
    transform: Parse.fraction)
  var rho: Double?
  @Option(
    help:
      "For all that divide by a root: what keeps that finite. (default: 1e-8; adagrad 1e-10, adadelta 1e-6)",
    transform: Parse.positiveNumber)
  var epsilon: Double?
  @Option(
    parsing: .unconditional,
    help:
      "What draws parameters to zero: for adamw a decay beside the gradient, for the others an L2 penalty in it. (default: 0.01 for adamw, else 0)",
    transform: Parse.notNegative)
  var weightDecay: Double?
  @Option(
    help:
      "For adam and adamw: moments are divided by 1 - beta^step, or by a fixed 1 - beta at every step. (default: stepwise)"
  )
  var biasCorrection: BiasCorrection?

  func validate() throws {
    let rule = Optimizer(optimizer)
    for (hyperparameter, value) in given where value != nil && rule[hyperparameter] == nil {
      throw misfit("--\(hyperparameter.rawValue)") { $0[hyperparameter] != nil }
    }
    if biasCorrection != nil, rule.biasCorrection == nil {
      throw misfit("--bias-correction") { $0.biasCorrection != nil }
    }
  }

  /// The rule with the numbers that were given.
  var resolvedOptimizer: Optimizer {
    var result = Optimizer(optimizer)
    for (hyperparameter, value) in given {
      if let value { result[hyperparameter] = value }
    }
    if let biasCorrection { result.biasCorrection = biasCorrection }
    return result
  }

  private var given: [(Hyperparameter, Double?)] {
    [
      (.learningRate, learningRate), (.momentum, momentum), (.beta1, beta1), (.beta2, beta2), (.rho, rho),
      (.epsilon, epsilon), (.weightDecay, weightDecay),
    ]
  }

  private func misfit(_ option: String, takenBy takes: (Optimizer) -> Bool) -> ValidationError {
    let names = Optimizer.Name.allCases.filter { takes(Optimizer($0)) }.map(\.rawValue)
    return ValidationError(
      "\(option) is for --optimizer \(names.joined(separator: ", ")), not for \(optimizer.rawValue).")
  }
}
