/// A number that an optimizer takes, by the name of its option.
public enum Hyperparameter: String, Sendable, CaseIterable {
  /// The size of the steps.
  case learningRate = "learning-rate"
  /// The part of the last step that is kept.
  case momentum
  /// The decay of the mean of gradients.
  case beta1
  /// The decay of the mean of squared gradients.
  case beta2
  /// The decay of a mean of squares.
  case rho
  /// What keeps a division finite.
  case epsilon
  /// How strongly parameters are drawn to zero.
  case weightDecay = "weight-decay"
}

extension Optimizer {
  /// The rules by the names that options and files have for them.
  public enum Name: String, Sendable, CaseIterable {
    /// Gradient descent.
    case sgd
    /// Gradient descent with momentum.
    case momentum
    /// Gradient descent with Nesterov's momentum.
    case nesterov
    /// ``AdaGrad``.
    case adagrad
    /// ``RMSProp``.
    case rmsprop
    /// ``AdaDelta``.
    case adadelta
    /// ``Adam``.
    case adam
    /// ``AdamW``.
    case adamw
  }

  /// The rule of this name with the numbers that it has by default.
  public init(_ name: Name) {
    self =
      switch name {
      case .sgd: .sgd(SGD())
      case .momentum: .sgd(SGD(momentum: 0.9))
      case .nesterov: .sgd(SGD(momentum: 0.9, nesterov: true))
      case .adagrad: .adaGrad(AdaGrad())
      case .rmsprop: .rmsProp(RMSProp())
      case .adadelta: .adaDelta(AdaDelta())
      case .adam: .adam(Adam())
      case .adamw: .adamW(AdamW())
      }
  }

  /// The name in options and files.
  public var name: Name {
    switch self {
    case .sgd(let rule): rule.nesterov ? .nesterov : rule.momentum == 0 ? .sgd : .momentum
    case .adaGrad: .adagrad
    case .rmsProp: .rmsprop
    case .adaDelta: .adadelta
    case .adam: .adam
    case .adamW: .adamw
    }
  }

  /// The numbers that the rule takes, in a fixed order.
  public var hyperparameters: [Hyperparameter] { Hyperparameter.allCases.filter { self[$0] != nil } }

  /// A number of the rule; nil if it takes none of this name, and then setting it changes nothing.
  public subscript(_ hyperparameter: Hyperparameter) -> Double? {
    get {
      switch self {
      case .sgd(let rule): SGD.hyperparameters[hyperparameter].map { rule[keyPath: $0] }
      case .adaGrad(let rule): AdaGrad.hyperparameters[hyperparameter].map { rule[keyPath: $0] }
      case .rmsProp(let rule): RMSProp.hyperparameters[hyperparameter].map { rule[keyPath: $0] }
      case .adaDelta(let rule): AdaDelta.hyperparameters[hyperparameter].map { rule[keyPath: $0] }
      case .adam(let rule): Adam.hyperparameters[hyperparameter].map { rule[keyPath: $0] }
      case .adamW(let rule): AdamW.hyperparameters[hyperparameter].map { rule[keyPath: $0] }
      }
    }
    set {
      func set<Rule>(_ rule: Rule, _ paths: Hyperparameters<Rule>) -> Rule {
        guard let path = paths[hyperparameter], let newValue else { return rule }
        var rule = rule
        rule[keyPath: path] = newValue
        return rule
      }
      switch self {
      case .sgd(let rule): self = .sgd(set(rule, SGD.hyperparameters))
      case .adaGrad(let rule): self = .adaGrad(set(rule, AdaGrad.hyperparameters))
      case .rmsProp(let rule): self = .rmsProp(set(rule, RMSProp.hyperparameters))
      case .adaDelta(let rule): self = .adaDelta(set(rule, AdaDelta.hyperparameters))
      case .adam(let rule): self = .adam(set(rule, Adam.hyperparameters))
      case .adamW(let rule): self = .adamW(set(rule, AdamW.hyperparameters))
      }
    }
  }

  /// What the moments are divided by; nil if the rule has none, and then setting it changes nothing.
  public var biasCorrection: BiasCorrection? {
    get {
      switch self {
      case .adam(let rule): rule.biasCorrection
      case .adamW(let rule): rule.biasCorrection
      default: nil
      }
    }
    set {
      guard let newValue else { return }
      switch self {
      case .adam(var rule):
        rule.biasCorrection = newValue
        self = .adam(rule)
      case .adamW(var rule):
        rule.biasCorrection = newValue
        self = .adamW(rule)
      default: return
      }
    }
  }
}

private typealias Hyperparameters<Rule> = [Hyperparameter: WritableKeyPath<Rule, Double> & Sendable]

extension SGD {
  fileprivate static let hyperparameters: Hyperparameters<SGD> = [
    .learningRate: \.learningRate, .momentum: \.momentum, .weightDecay: \.weightDecay,
  ]
}

extension AdaGrad {
  fileprivate static let hyperparameters: Hyperparameters<AdaGrad> = [
    .learningRate: \.learningRate, .epsilon: \.epsilon, .weightDecay: \.weightDecay,
  ]
}

extension RMSProp {
  fileprivate static let hyperparameters: Hyperparameters<RMSProp> = [
    .learningRate: \.learningRate, .rho: \.rho, .epsilon: \.epsilon, .weightDecay: \.weightDecay,
  ]
}

extension AdaDelta {
  fileprivate static let hyperparameters: Hyperparameters<AdaDelta> = [
    .learningRate: \.learningRate, .rho: \.rho, .epsilon: \.epsilon, .weightDecay: \.weightDecay,
  ]
}

extension Adam {
  fileprivate static let hyperparameters: Hyperparameters<Adam> = [
    .learningRate: \.learningRate, .beta1: \.beta1, .beta2: \.beta2, .epsilon: \.epsilon,
    .weightDecay: \.weightDecay,
  ]
}

extension AdamW {
  fileprivate static let hyperparameters: Hyperparameters<AdamW> = [
    .learningRate: \.learningRate, .beta1: \.beta1, .beta2: \.beta2, .epsilon: \.epsilon,
    .weightDecay: \.weightDecay,
  ]
}
