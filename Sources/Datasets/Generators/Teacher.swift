import Primitives

/// A regression problem that a random network has made: a student network can learn it exactly.
///
/// The features are standard normal. The teacher is a multilayer perceptron with tanh in its hidden layers, no biases, and
/// weights that are normal with variance 1 / fan in, so that the sums of every layer are of the order of one.
public struct Teacher: Sendable, Equatable {
  /// The number of features.
  public let features: Int
  /// The widths of the hidden layers.
  public let hidden: [Int]
  /// The columns of targets.
  public let outputs: Int
  /// The standard deviation of the normal noise on the targets.
  public let noise: Double
  /// The seed.
  public let seed: UInt64
  /// The weights of each layer, inputs by outputs, row-major; none if there are too many, which `check(as:)` refuses.
  public let weights: [[Double]]

  /// The teacher of these widths.
  ///
  /// - Precondition: all widths are at least 1.
  public init(
    features: Int = 10, hidden: [Int] = [32], targets: Int = 1, noise: Double = 0, seed: UInt64 = 0
  ) {
    precondition(
      features >= 1 && targets >= 1 && hidden.allSatisfy { $0 >= 1 }, "layers have at least one unit")
    self.features = features
    self.hidden = hidden
    self.outputs = targets
    self.noise = noise
    self.seed = seed
    let widths = [features] + hidden + [targets]
    weights =
      Self.weightCount(widths) == nil
      ? []
      : zip(widths, widths.dropFirst()).enumerated().map { layer, widths in
        Self.makeWeights(
          inputs: widths.0, outputs: widths.1,
          random: CounterRandom(seed: seed, purpose: .constants, stream: UInt32(layer)))
      }
  }

  /// The widths of all layers, that of the features first.
  var widths: [Int] { [features] + hidden + [outputs] }

  /// The number of weights between layers of these widths, or nil if it is too large.
  private static func weightCount(_ widths: [Int]) -> Int? {
    var sum = 0
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
      guard let count = Generators.product(inputs, outputs), count <= Generators.mostConstants - sum else {
        return nil
      }
      sum += count
    }
    return sum
  }

  private static func makeWeights(inputs: Int, outputs: Int, random: CounterRandom) -> [Double] {
    let scale = 1 / Double(inputs).squareRoot()
    return (0..<inputs * outputs).map { index in
      let pair = random.normals(UInt64(index / 2))
      return scale * (index % 2 == 0 ? pair.0 : pair.1)
    }
  }
}

extension Teacher: NamedGenerator {
  /// What it can be told.
  public enum Parameters {
    /// The number of features.
    public static let features = GeneratorParameter<Int>.count(
      "features", 10, in: 1...Generators.mostColumns, "The number of features, standard normal each.")
    /// The widths of the teacher's hidden layers.
    public static let hidden = GeneratorParameter<[Int]>.widths(
      "hidden", [32], upTo: Generators.mostColumns,
      "The widths of the teacher's hidden layers, joined by commas; \"\" for a linear teacher.")
    /// The columns of targets.
    public static let targets = GeneratorParameter<Int>.count(
      "targets", 1, in: 1...Generators.mostColumns, "The numbers to be learnt for each row.")
    /// The standard deviation of the noise.
    public static let noise = GeneratorParameter<Double>.noise()
  }

  /// "teacher".
  public static let name = "teacher"
  /// What it makes.
  public static let abstract = "What a random network makes of normal features, plus noise if asked for."
  /// What it can be told.
  public static let parameters = [
    Parameters.features.summary, Parameters.hidden.summary, Parameters.targets.summary,
    Parameters.noise.summary,
  ]

  /// The teacher of these values.
  public init(_ values: GeneratorValues) throws(LockstepError) {
    self.init(
      features: try values.value(Parameters.features), hidden: try values.value(Parameters.hidden),
      targets: try values.value(Parameters.targets), noise: try values.value(Parameters.noise),
      seed: try values.seed)
  }

  /// `outputs` numbers.
  public var targets: GeneratedTargets { .values(columns: outputs) }

  /// The options that make this teacher.
  public var arguments: [(name: String, value: String)] {
    [
      Parameters.features.argument(features), Parameters.hidden.argument(hidden),
      Parameters.targets.argument(outputs), Parameters.noise.argument(noise),
    ]
  }

  /// Its parameters, and its weights: layer 0 is the dataset `weights_0`, inputs by outputs.
  public var records: [GeneratorRecord] {
    [.integers("hidden", hidden), .number("noise", noise)]
      + weights.enumerated().map { .matrix("weights_\($0)", $1, rows: widths[$0]) }
  }

  /// The relation as text, for example "y = tanh(x W0) W1".
  public var formula: String {
    let layers = hidden.indices.reduce("x") { "tanh(\($0) W\($1))" }
    return "y = \(layers) W\(hidden.count)" + FormulaText.noise(noise)
  }

  /// Throws ``LockstepError`` of kind `usage` if the network is too large, or if the noise could be more than `Element` can say.
  public func check<Element: Scalar>(as type: Element.Type) throws(LockstepError) {
    try Generators.checkConstants(
      Self.weightCount(widths), "weights", options: "--features, --hidden and --targets")
    // What no sum of so many weights and features can reach.
    try NoisyTargets(noise: noise, seed: seed).check(reach: 1e12, as: type, options: "--noise")
  }

  /// Makes the rows from `start` on. Targets are worked out in double precision from the features as stored.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  public func makeRows<Element: Scalar>(
    from start: Int, x: UnsafeMutableBufferPointer<Element>, y: TargetRows<Element>
  ) {
    let y = y.numbers
    let rows = y.count / outputs
    precondition(y.count == rows * outputs && x.count == rows * features)
    RowStream(seed: seed, purpose: .features, width: features).forEachNormal(from: start, rows: rows) {
      place, normal in
      x[place] = Element(normal)
    }
    let network = TeacherNetwork(self)
    let noises = RowStream(seed: seed, purpose: .noise, width: outputs)
    for first in stride(from: 0, to: rows, by: network.tile) {
      let count = min(network.tile, rows - first)
      let results = network.run(
        UnsafeBufferPointer(rebasing: x[first * features..<(first + count) * features]), rows: count)
      let y = UnsafeMutableBufferPointer(rebasing: y[first * outputs..<(first + count) * outputs])
      if noise == 0 {
        for place in y.indices { y[place] = Element(results[place]) }
      } else {
        noises.forEachNormal(from: start + first, rows: count) { place, normal in
          y[place] = Element(results[place] + noise * normal)
        }
      }
    }
  }
}
