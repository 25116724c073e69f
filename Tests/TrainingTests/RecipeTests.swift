import Lockstep
import Testing

@testable import Training

@Suite("Recipes")
struct RecipeTests {
  @Test(
    "survive being written as JSON",
    arguments: [Optimizer.sgd(SGD(learningRate: 0.1, momentum: 0.3)), .adam(Adam(beta2: 1.0 / 3))])
  func json(optimizer: Optimizer) throws {
    var recipe = try Fixture.recipe(loss: .crossEntropy, optimizer: optimizer, seed: .max)
    recipe.initialParameters = "abc"
    #expect(RecipeDocument(json: RecipeDocument(recipe).json)?.recipe == recipe)
  }

  @Test("that no version knows are refused", arguments: ["", "{}", "[1]", "{\"inputs\": 1e400}"])
  func badJSON(text: String) {
    #expect(RecipeDocument(json: text)?.recipe == nil)
  }

  @Test("say in which options they differ")
  func differences() throws {
    let one = try Fixture.recipe()
    #expect(one.differences(from: one).isEmpty)
    var other = try Fixture.recipe(hidden: [9, 6], seed: 9)
    other.shuffle = false
    #expect(other.differences(from: one).map(\.option) == ["--hidden", "--seed", "--no-shuffle"])
    #expect(other.differences(from: one)[0].own == "9,6" && other.differences(from: one)[0].other == "9,5")
    let sgd = try Fixture.recipe(optimizer: .sgd(SGD(learningRate: 0.01)))
    #expect(sgd.differences(from: one).map(\.option) == ["--optimizer"])
  }

  @Test("refuse what does not go together")
  func contradictions() throws {
    func kind(_ loss: Loss, _ output: Activation, hidden: Activation = .relu) -> LockstepError.Kind? {
      do {
        _ = try Recipe(
          network: MLP(
            inputs: 1, hidden: [2], outputs: 2, activation: hidden, outputActivation: output),
          loss: loss, optimizer: .adam(Adam()), batchSize: 1)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(kind(.crossEntropy, .identity) == .configuration)
    #expect(kind(.binaryCrossEntropy, .softmax) == .configuration)
    #expect(kind(.meanSquaredError, .identity, hidden: .softmax) == .configuration)
    #expect(kind(.meanSquaredError, .softmax) == nil)
    #expect(kind(.crossEntropy, .softmax) == nil)
  }

  @Test(
    "refuse optimizers that cannot work",
    arguments: [
      Optimizer.sgd(SGD(learningRate: 0)), .sgd(SGD(learningRate: .nan)), .sgd(SGD(momentum: 1)),
      .adam(Adam(beta1: 1)), .adam(Adam(beta2: -0.1)), .adam(Adam(epsilon: 0)),
      .adam(Adam(epsilon: 1e-60)), .sgd(SGD(learningRate: 1e300)),
    ])
  func badOptimizers(optimizer: Optimizer) {
    let error = #expect(throws: LockstepError.self) { try Fixture.recipe(optimizer: optimizer) }
    #expect(error?.kind == .usage)
  }
}
