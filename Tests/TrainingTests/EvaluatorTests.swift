import Lockstep
import Testing

@testable import Training

@Suite("Evaluation")
struct EvaluatorTests {
  @Test("gives the same bits for any number of workers", arguments: Loss.all)
  func sameBits(loss: Loss) throws {
    let recipe = try Fixture.recipe(loss: loss)
    let samples: Samples<Float> = Fixture.samples(5000, for: loss)
    let parameters: [Float] = recipe.initializer.parameters(for: recipe.network, seed: 1)
    let all = [1, 2, 3, 7, 16].map { workers in
      Evaluator(network: recipe.network, loss: loss, team: WorkerTeam(count: workers))
        .evaluate(
          samples, parameters: AlignedBuffer(parameters, filler: 0), countingConfusions: true)
    }
    #expect(all.allSatisfy { $0 == all[0] })
    #expect(all[0].samples == 5000 && all[0].loss.isFinite)
    #expect((all[0].meanAbsoluteError == nil) == (loss.task != .numbers))
    #expect((all[0].accuracy == nil) == (loss.task == .numbers))
    #expect((all[0].confusion == nil) == (loss.task != .classes))
    if let confusion = all[0].confusion {
      let counts = (0..<4).flatMap { truth in (0..<4).map { confusion[truth: truth, predicted: $0] } }
      #expect(counts.reduce(0, +) == 5000)
      let right = (0..<4).map { confusion[truth: $0, predicted: $0] }.reduce(0, +)
      #expect(all[0].accuracy == Double(right) / 5000)
    }
  }

  @Test("counts confusions only of as many classes as anybody reads, and only when asked")
  func confusions() throws {
    func confusion(_ loss: Loss, outputs: Int, counting: Bool = true) -> ConfusionMatrix? {
      let network = MLP(
        inputs: 1, hidden: [], outputs: outputs, outputActivation: loss.requiredActivation ?? .identity)
      let samples =
        loss == .crossEntropy
        ? Samples<Float>(x: [1, 2], features: 1, labels: [0, 0], classes: outputs)
        : Samples<Float>(
          x: [1, 2], features: 1, y: Array(repeating: 1, count: 2 * outputs), targets: outputs)
      return Evaluator<Float>(network: network, loss: loss, team: WorkerTeam(count: 2)).evaluate(
        samples, parameters: AlignedBuffer(repeating: 0, count: 2 * outputs),
        countingConfusions: counting
      ).confusion
    }
    #expect(confusion(.crossEntropy, outputs: 1000)?[truth: 0, predicted: 0] == 2)
    #expect(confusion(.crossEntropy, outputs: 1001) == nil)
    #expect(confusion(.crossEntropy, outputs: 3, counting: false) == nil)
    #expect(confusion(.binaryCrossEntropy, outputs: 1)?[truth: 1, predicted: 1] == 2)
    #expect(confusion(.binaryCrossEntropy, outputs: 2) == nil)
  }

  @Test("agrees with the formulas")
  func formulas() throws {
    // y = x0 - x1, predicted as x0 + 0.5.
    let x: [Double] = [1, 0, 4, 2, -3, 1, 2, 2]
    let y: [Double] = [1, 2, -4, 0]
    let network = MLP(inputs: 2, hidden: [], outputs: 1)
    let evaluation = Evaluator<Double>(
      network: network, loss: .meanSquaredError, team: WorkerTeam(count: 1)
    ).evaluate(
      Samples(x: x, features: 2, y: y), parameters: AlignedBuffer([1, 0, 0.5], filler: 0))
    // Errors 0.5, 2.5, 1.5, 2.5; deviations of y from its mean -0.25: 1.25, 2.25, -3.75, 0.25.
    let squares = 0.25 + 6.25 + 2.25 + 6.25
    #expect(evaluation.loss == squares / 4)
    #expect(evaluation.rootMeanSquaredError == (squares / 4).squareRoot())
    #expect(evaluation.meanAbsoluteError == 1.75)
    #expect(evaluation.r2 == 1 - squares / (1.5625 + 5.0625 + 14.0625 + 0.0625))
  }

  @Test("has the losses that its metrics tell")
  func losses() throws {
    let samples: Samples<Double> = Fixture.samples(1000)
    func evaluation(_ loss: Loss) throws -> Evaluation {
      let recipe = try Fixture.recipe(loss: loss)
      let parameters: [Double] = recipe.initializer.parameters(for: recipe.network, seed: 1)
      return Evaluator(network: recipe.network, loss: loss, team: WorkerTeam(count: 2))
        .evaluate(samples, parameters: AlignedBuffer(parameters, filler: 0))
    }
    func near(_ a: Double, _ b: Double?) -> Bool { abs(a - (b ?? .nan)) < 1e-12 }
    let squared = try evaluation(.meanSquaredError)
    let root = try #require(squared.rootMeanSquaredError)
    #expect(near(squared.loss, root * root))
    // Two targets a row, half of each square.
    #expect(near(try evaluation(.halfSquaredError).loss, squared.loss))
    #expect(near(try evaluation(.meanAbsoluteError).loss, squared.meanAbsoluteError))
    // No error is as large as that, or hardly any as small.
    #expect(near(try evaluation(.huber(delta: 100)).loss, squared.loss / 2))
    let slopes = try evaluation(.huber(delta: 1e-9)).loss * 1e9
    #expect(abs(slopes - (squared.meanAbsoluteError ?? 0)) < 1e-6)
  }

  @Test("has no r2 for a constant target")
  func constant() {
    let evaluation = Evaluator<Double>(
      network: MLP(inputs: 1, hidden: [], outputs: 1), loss: .meanSquaredError,
      team: WorkerTeam(count: 1)
    ).evaluate(
      Samples(x: [1, 2], features: 1, y: [3, 3]), parameters: AlignedBuffer([0, 3], filler: 0))
    #expect(evaluation.r2 == nil && evaluation.loss == 0)
  }
}
