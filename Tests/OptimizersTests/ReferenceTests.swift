import Foundation
import Optimizers
import Primitives
import Testing

/// What the independent program Reference/make_reference.py worked out.
private struct Reference: Decodable {
  var initial: [Double]
  /// The gradient of each step.
  var gradients: [[Double]]
  var runs: [Run]
  var fullLearningRate: Double
  var schedules: [ScheduleRun]

  enum CodingKeys: String, CodingKey {
    case initial, gradients, runs, schedules
    case fullLearningRate = "learning-rate"
  }

  struct ScheduleRun: Decodable {
    var schedule: String
    var warmupSteps: Int
    var decaySteps: Int?
    var decayRate: Double?
    var finalLearningRate: Double?
    /// The learning rate of each step.
    var rates: [Double]

    enum CodingKeys: String, CodingKey {
      case schedule, rates
      case warmupSteps = "warmup-steps"
      case decaySteps = "decay-steps"
      case decayRate = "decay-rate"
      case finalLearningRate = "final-learning-rate"
    }
  }

  struct Run: Decodable {
    var name: String
    var hyperparameters: [Hyperparameter: Double]
    var biasCorrection: String?
    var clipNorm: Double?
    /// The parameters after each step.
    var parameters: [[Double]]

    private struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      name = try container.decode(String.self, forKey: Key(stringValue: "name"))
      parameters = try container.decode([[Double]].self, forKey: Key(stringValue: "parameters"))
      biasCorrection = try container.decodeIfPresent(
        String.self, forKey: Key(stringValue: "bias-correction"))
      clipNorm = try container.decodeIfPresent(Double.self, forKey: Key(stringValue: "clip-norm"))
      hyperparameters = [:]
      for hyperparameter in Hyperparameter.allCases {
        hyperparameters[hyperparameter] = try container.decodeIfPresent(
          Double.self, forKey: Key(stringValue: hyperparameter.rawValue))
      }
    }

    func optimizer() throws -> Optimizer {
      var optimizer = Optimizer(try #require(Optimizer.Name(rawValue: name)))
      for (hyperparameter, value) in hyperparameters {
        #expect(optimizer[hyperparameter] != nil)
        optimizer[hyperparameter] = value
      }
      if let biasCorrection {
        optimizer.biasCorrection = BiasCorrection(rawValue: biasCorrection)
        #expect(optimizer.biasCorrection?.rawValue == biasCorrection)
      }
      return optimizer
    }
  }

  static func load() throws -> Reference {
    let url = try #require(
      Bundle.module.url(forResource: "optimizers", withExtension: "json", subdirectory: "Reference"))
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }
}

@Suite struct ReferenceTests {
  /// The largest difference after any step, relative to numbers above one.
  private func difference<Element: Scalar>(
    _ optimizer: Optimizer, _ reference: Reference, _ run: Reference.Run, as type: Element.Type
  ) -> Double {
    let parameters = AlignedBuffer(reference.initial.map { Element($0) }, filler: 0)
    let state = AlignedBuffer<Element>(repeating: 0, count: optimizer.slots * parameters.count)
    var largest = 0.0
    for (index, gradient) in reference.gradients.enumerated() {
      // Sums over a batch of four, which the step makes means.
      let sums = AlignedBuffer(gradient.map { Element(4 * $0) }, filler: 0)
      let squares = sums.elements.reduce(0) { $0 + Double($1) * Double($1) }
      let scale = run.clipNorm.map { GradientClipping.scale(0.25, squares: squares, limit: $0) } ?? 0.25
      let step: PreparedStep<Element> = optimizer.prepare(step: index + 1, scale: scale)
      step.apply(
        to: 0..<parameters.count, parameters: parameters.elements,
        gradient: UnsafeBufferPointer(sums.elements), state: state.elements)
      for (value, expected) in zip(parameters.array, run.parameters[index]) {
        let difference = abs(Double(value) - expected) / max(1, abs(expected))
        // Also if it is not a number.
        if !(difference <= largest) { largest = difference.isNaN ? .infinity : difference }
      }
    }
    return largest
  }

  @Test func fiftyStepsAreThoseOfTheReference() throws {
    let reference = try Reference.load()
    #expect(reference.gradients.count == 50)
    #expect(Set(reference.runs.map(\.name)) == Set(Optimizer.Name.allCases.map(\.rawValue)))
    for name in Optimizer.Name.allCases {
      let runs = reference.runs.filter { $0.name == name.rawValue && $0.biasCorrection == nil }
      // With and without decay, each of them clipped and not.
      let kinds = runs.map { [$0.hyperparameters[.weightDecay] ?? 0 > 0, $0.clipNorm != nil] }
      #expect(Set(kinds).count == 4, "\(name)")
    }
    for run in reference.runs {
      #expect(run.parameters.count == 50 && run.parameters.allSatisfy { $0.count == reference.initial.count })
      let optimizer = try run.optimizer()
      #expect(difference(optimizer, reference, run, as: Double.self) <= 1e-13, "\(optimizer)")
      #expect(difference(optimizer, reference, run, as: Float.self) <= 1e-5, "\(optimizer)")
    }
  }

  @Test func learningRatesAreThoseOfTheReference() throws {
    let reference = try Reference.load()
    #expect(Set(reference.schedules.map(\.schedule)) == Set(Schedule.Name.allCases.map(\.rawValue)))
    for run in reference.schedules {
      let name = try #require(Schedule.Name(rawValue: run.schedule))
      let schedule = try #require(
        Schedule(
          name, warmupSteps: run.warmupSteps, decaySteps: run.decaySteps, decayRate: run.decayRate,
          finalLearningRate: run.finalLearningRate))
      #expect(run.rates.count == 50)
      for (index, expected) in run.rates.enumerated() {
        let rate = schedule.learningRate(reference.fullLearningRate, step: index + 1)
        #expect(abs(rate - expected) <= 1e-14, "\(schedule), step \(index + 1)")
      }
    }
  }
}
