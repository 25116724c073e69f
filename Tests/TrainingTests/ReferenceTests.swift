import Foundation
import Lockstep
import Testing

/// What the independent program Reference/make_reference.py worked out.
private struct Reference: Decodable {
  var batch: Int
  var cases: [Case]

  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var widths: [Int]
    var activation: String
    var output_activation: String
    var loss: String
    var huber_delta: Double
    var initial: [Double]
    var x: [Double]
    var y: [Double]
    var runs: [Run]

    var testDescription: String { name }
  }

  struct Run: Decodable, Sendable {
    var optimizer: Rule
    var steps: [Step]
  }

  struct Rule: Decodable, Sendable {
    var name: String
    var learning_rate: Double
    var momentum: Double?
    var beta1: Double?
    var beta2: Double?
    var epsilon: Double?
  }

  struct Step: Decodable, Sendable {
    var loss: Double
    var gradient: [Double]
    var parameters: [Double]
  }

  static func load() throws -> Reference {
    let url = try #require(
      Bundle.module.url(forResource: "reference", withExtension: "json", subdirectory: "Reference"))
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }
}

extension Reference.Case {
  func network() throws -> MLP {
    MLP(
      inputs: try #require(widths.first), hidden: Array(widths.dropFirst().dropLast()),
      outputs: try #require(widths.last), activation: try #require(Activation(rawValue: activation)),
      outputActivation: try #require(Activation(rawValue: output_activation)))
  }

  func lossFunction() throws -> Loss {
    let loss = try #require(Loss(name: loss))
    if case .huber = loss { return .huber(delta: huber_delta) }
    return loss
  }

  /// All minibatches, one after the other.
  func samples<Element: Scalar>() throws -> Samples<Element> {
    let (x, network) = (x.map { Element($0) }, try network())
    if try lossFunction() == .crossEntropy {
      return Samples(
        x: x, features: network.inputs, labels: y.map { Int32($0) }, classes: network.outputs)
    }
    return Samples(x: x, features: network.inputs, y: y.map { Element($0) }, targets: network.outputs)
  }
}

extension Reference.Rule {
  func resolved() throws -> Optimizer {
    if name == "sgd" { return .sgd(SGD(learningRate: learning_rate, momentum: try #require(momentum))) }
    return .adam(
      Adam(
        learningRate: learning_rate, beta1: try #require(beta1), beta2: try #require(beta2),
        epsilon: try #require(epsilon)))
  }
}

/// The largest difference seen, relative to numbers above one.
private struct Difference {
  private(set) var largest = 0.0

  mutating func take<Element: Scalar>(_ value: Element, _ expected: Double) {
    let difference = abs(Double(value) - expected) / max(1, abs(expected))
    // Also if it is not a number.
    if !(difference <= largest) { largest = difference.isNaN ? .infinity : difference }
  }

  mutating func take<Element: Scalar>(_ values: [Element], _ expected: [Double]) {
    if values.count != expected.count { largest = .infinity }
    for (value, expected) in zip(values, expected) { take(value, expected) }
  }
}

@Suite struct ReferenceTests {
  /// The ways to execute the same arithmetic, and to cut it.
  private static let executions = [(shards: 1, threads: 1), (3, 1), (4, 2), (8, 2)]

  @Test(arguments: [
    "regression-tanh", "regression-relu", "classification", "binary", "half-gelu", "absolute-silu",
    "huber-elu",
  ])
  func tenStepsAreThoseOfTheReference(name: String) throws {
    let reference = try Reference.load()
    let example = try #require(reference.cases.first { $0.name == name })
    #expect(example.runs.count == 3)
    for run in example.runs {
      #expect(run.steps.count == 10)
      for execution in Self.executions {
        try Self.check(
          example, run, batch: reference.batch, execution: execution, bound: 1e-12, as: Double.self)
        try Self.check(
          example, run, batch: reference.batch, execution: execution, bound: 1e-5, as: Float.self)
      }
    }
  }

  private static func check<Element: Scalar>(
    _ example: Reference.Case, _ run: Reference.Run, batch: Int, execution: (shards: Int, threads: Int),
    bound: Double, as type: Element.Type
  ) throws {
    let network = try example.network()
    let samples: Samples<Element> = try example.samples()
    let recipe = try Recipe(
      network: network, loss: try example.lossFunction(), optimizer: try run.optimizer.resolved(),
      batchSize: batch, shards: .count(execution.shards), shuffle: .none)
    let trainer = try Trainer<Element>(
      recipe: recipe, samples: samples, threads: .count(execution.threads),
      parameters: example.initial.map { Element($0) })
    let workspace = Workspace<Element>(network: network, capacity: batch)
    var (losses, gradients, parameters) = (Difference(), Difference(), Difference())
    var total = 0.0
    for (index, step) in run.steps.enumerated() {
      let (loss, gradient) = Self.gradient(
        of: index * batch..<(index + 1) * batch, samples, parameters: trainer.parameters, recipe: recipe,
        workspace: workspace)
      losses.take(loss, step.loss)
      gradients.take(gradient, step.gradient)
      #expect(try trainer.advance(1) == 1)
      // The mean over the steps so far, and after the last one over the epoch.
      total += step.loss
      losses.take(trainer.currentLoss, total / Double(index + 1))
      parameters.take(trainer.parameters, step.parameters)
    }
    let what: Comment =
      "\(example.name), \(run.optimizer.name), momentum \(run.optimizer.momentum ?? 0), \(Element.precision), \(execution)"
    #expect(losses.largest <= bound, what)
    #expect(gradients.largest <= bound, what)
    #expect(parameters.largest <= bound, what)
  }

  /// The mean loss of the rows `range` of `samples` and its gradient.
  private static func gradient<Element: Scalar>(
    of range: Range<Int>, _ samples: Samples<Element>, parameters: [Element], recipe: Recipe,
    workspace: Workspace<Element>
  ) -> (loss: Element, gradient: [Element]) {
    func rows(_ buffer: AlignedBuffer<Element>, width: Int) -> Matrix<Element> {
      let elements = buffer.elements[range.lowerBound * width..<range.upperBound * width]
      return Matrix(UnsafeBufferPointer(rebasing: elements), rows: range.count, columns: width)
    }
    let targets: Targets<Element> =
      switch samples.targets {
      case .values(let values, let columns): .values(rows(values, width: columns))
      case .labels(let labels, _): .labels(UnsafeBufferPointer(rebasing: labels.elements[range]))
      }
    var gradient = [Element](repeating: .nan, count: parameters.count)
    let sum = parameters.withUnsafeBufferPointer { parameters in
      gradient.withUnsafeMutableBufferPointer { gradient in
        workspace.computeGradient(
          input: rows(samples.x, width: samples.features), targets: targets, parameters: parameters,
          loss: recipe.loss, gradient: gradient)
      }
    }
    let divisor = Element(range.count * recipe.loss.divisor(outputs: recipe.network.outputs))
    return (sum / divisor, gradient.map { $0 / divisor })
  }
}
