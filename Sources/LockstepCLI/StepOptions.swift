import ArgumentParser
import Lockstep

extension Optimizer.Name: ExpressibleByArgument {}
extension BiasCorrection: ExpressibleByArgument {}
extension Reduction: ExpressibleByArgument {}
extension Schedule.Name: ExpressibleByArgument {}

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

  @Option(help: "What a minibatch makes of the gradients of its rows: their mean or their sum.")
  var reduction = Reduction.mean
  @Option(
    parsing: .unconditional,
    help:
      "The largest norm of a gradient over all parameters; longer ones are scaled down. (default: no limit)",
    transform: Parse.positiveNumber)
  var clipNorm: Double?
  @Option(help: "How the learning rate goes on after the warm-up.")
  var schedule = Schedule.Name.constant
  @Option(
    help: "Steps over which the learning rate first rises to its full value. (default: 0)",
    transform: Parse.count)
  var warmupSteps = 0
  @Option(
    help:
      "For step: steps between two drops. For exponential: steps in which the decay rate is reached. For cosine: steps down to the final learning rate. (default for cosine: to the end of the run)",
    transform: Parse.positive)
  var decaySteps: Int?
  @Option(
    help:
      "For step and exponential: what is left of the learning rate after so many steps. (default: 0.1)",
    transform: Parse.positiveFraction)
  var decayRate: Double?
  @Option(
    parsing: .unconditional, help: "For cosine: the learning rate at the end. (default: 0)",
    transform: Parse.notNegative)
  var finalLearningRate: Double?

  func validate() throws {
    let rule = Optimizer(optimizer)
    for (hyperparameter, value) in given where value != nil && rule[hyperparameter] == nil {
      throw misfit("--\(hyperparameter.rawValue)") { $0[hyperparameter] != nil }
    }
    if biasCorrection != nil, rule.biasCorrection == nil {
      throw misfit("--bias-correction") { $0.biasCorrection != nil }
    }
    try validateSchedule()
  }

  private func validateSchedule() throws {
    func require(_ option: String, _ isGiven: Bool, for names: [Schedule.Name]) throws {
      guard isGiven, !names.contains(schedule) else { return }
      let list = names.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("\(option) is for --schedule \(list), not for \(schedule.rawValue).")
    }
    try require("--decay-steps", decaySteps != nil, for: [.step, .exponential, .cosine])
    try require("--decay-rate", decayRate != nil, for: [.step, .exponential])
    try require("--final-learning-rate", finalLearningRate != nil, for: [.cosine])
    if [.step, .exponential].contains(schedule), decaySteps == nil {
      throw ValidationError("--schedule \(schedule.rawValue) needs --decay-steps.")
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

  /// The schedule that was asked for. A cosine without steps gets one, for the run to replace.
  var resolvedSchedule: Schedule {
    let (steps, factor) = (decaySteps ?? 1, decayRate ?? 0.1)
    let decay: Schedule.Decay =
      switch schedule {
      case .constant: .constant
      case .step: .step(every: steps, factor: factor)
      case .exponential: .exponential(over: steps, factor: factor)
      case .cosine: .cosine(over: steps, to: finalLearningRate ?? 0)
      }
    return Schedule(decay, warmupSteps: warmupSteps)
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
