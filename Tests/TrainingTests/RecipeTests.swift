import Lockstep
import Testing

@testable import Training

@Suite("Recipes")
struct RecipeTests {
  @Test("survive being written as JSON", arguments: Optimizer.Name.allCases)
  func json(name: Optimizer.Name) throws {
    var optimizer = Optimizer(name)
    for (index, hyperparameter) in optimizer.hyperparameters.enumerated() {
      optimizer[hyperparameter] = 1 / Double(3 + index)
    }
    optimizer.biasCorrection = .fixed
    var recipe = try Fixture.recipe(loss: .crossEntropy, optimizer: optimizer, seed: .max)
    recipe.initialParameters = "abc"
    #expect(RecipeDocument(json: RecipeDocument(recipe).json)?.recipe == recipe)
  }

  @Test("survive with every loss and activation")
  func jsonOfParts() throws {
    for loss in Loss.all + [.huber(delta: 0.1)] {
      let recipe = try Fixture.recipe(loss: loss)
      #expect(RecipeDocument(json: RecipeDocument(recipe).json)?.recipe == recipe, "\(loss)")
    }
    for activation in Activation.allCases where activation != .softmax {
      let recipe = try Fixture.recipe(activation: activation)
      #expect(RecipeDocument(json: RecipeDocument(recipe).json)?.recipe == recipe, "\(activation)")
    }
  }

  /// What stood in checkpoints when there were three losses.
  @Test("are read from older checkpoints")
  func olderJSON() throws {
    let text = """
      {"batch_size":50,"beta1":0.9,"beta2":0.999,"epsilon":1e-08,"initial_parameters":"","initializer":"auto",\
      "inputs":2,"layers":[{"activation":"relu","units":10},{"activation":"identity","units":1}],\
      "learning_rate":0.01,"loss":"mse","optimizer":"adam","precision":"float32","seed":7,"shards":1,\
      "shuffle":true,"validation_digest":"","validation_fraction":0}
      """
    let recipe = try Recipe(
      network: MLP(inputs: 2, hidden: [10], outputs: 1), loss: .meanSquaredError,
      optimizer: .adam(Adam(learningRate: 0.01)), batchSize: 50, seed: 7)
    #expect(RecipeDocument(json: text)?.recipe == recipe)
    #expect(RecipeDocument(json: text.replacing("mse", with: "huber"))?.recipe == nil, "it needs its delta")
  }

  @Test("keep their reduction as JSON", arguments: Reduction.allCases)
  func reductionJSON(reduction: Reduction) throws {
    var recipe = try Fixture.recipe()
    recipe.reduction = reduction
    recipe.clipNorm = 1.0 / 3
    #expect(RecipeDocument(json: RecipeDocument(recipe).json)?.recipe == recipe)
  }

  @Test(
    "keep their schedule as JSON",
    arguments: [
      Schedule(.constant, warmupSteps: 3), Schedule(.step(every: 4, factor: 1.0 / 3)),
      Schedule(.exponential(over: 5, factor: 0.1)), Schedule(.cosine(over: .max, to: 0.1), warmupSteps: 9),
    ])
  func scheduleJSON(schedule: Schedule) throws {
    var recipe = try Fixture.recipe()
    recipe.schedule = schedule
    #expect(RecipeDocument(json: RecipeDocument(recipe).json)?.recipe == recipe)
  }

  @Test("refuse to clip to nothing", arguments: [0, -1, Double.nan, .infinity])
  func badClipNorm(norm: Double) {
    let error = #expect(throws: LockstepError.self) {
      try Recipe(
        network: MLP(inputs: 1, hidden: [], outputs: 1), loss: .meanSquaredError,
        optimizer: Optimizer(.sgd), clipNorm: norm, batchSize: 1)
    }
    #expect(error?.kind == .usage)
  }

  @Test(
    "refuse schedules that cannot work",
    arguments: [
      Schedule(.step(every: 0, factor: 0.1)), Schedule(.exponential(over: 3, factor: 0)),
      Schedule(.step(every: 1, factor: 1.5)), Schedule(.cosine(over: 3, to: -1)),
      Schedule(.cosine(over: 3, to: .nan)), Schedule(warmupSteps: -1),
    ])
  func badSchedules(schedule: Schedule) {
    let error = #expect(throws: LockstepError.self) {
      try Recipe(
        network: MLP(inputs: 1, hidden: [], outputs: 1), loss: .meanSquaredError,
        optimizer: Optimizer(.sgd), schedule: schedule, batchSize: 1)
    }
    #expect(error?.kind == .usage)
  }

  @Test(
    "of files from before there was a choice are read as what they were",
    arguments: [
      (
        "\"optimizer\":\"adam\",\"learning_rate\":0.01,\"beta1\":0.9,\"beta2\":0.99,\"epsilon\":1e-7",
        Optimizer.adam(Adam(learningRate: 0.01, beta2: 0.99, epsilon: 1e-7))
      ),
      (
        "\"optimizer\":\"sgd\",\"learning_rate\":0.5,\"momentum\":0.25",
        .sgd(SGD(learningRate: 0.5, momentum: 0.25))
      ),
      ("\"optimizer\":\"sgd\",\"learning_rate\":0.5,\"momentum\":0", .sgd(SGD(learningRate: 0.5))),
    ])
  func older(json: String, optimizer: Optimizer) throws {
    let text = """
      {"batch_size":50,"initial_parameters":"","initializer":"auto","inputs":3,
      "layers":[{"activation":"tanh","units":9},{"activation":"tanh","units":5},{"activation":"identity","units":2}],
      \(json),"loss":"mse","precision":"float32","seed":3,"shards":7,"shuffle":true,"validation_digest":"",
      "validation_fraction":0}
      """
    #expect(RecipeDocument(json: text)?.recipe == (try Fixture.recipe(optimizer: optimizer)))
  }

  @Test("keep the sizes of a shuffle by blocks, and are refused with sizes that are none")
  func blocks() throws {
    let shape = try #require(BlockShape(blockRows: 64, windowBlocks: 9))
    let recipe = try Fixture.recipe(shuffle: .blocks(shape))
    let text = RecipeDocument(recipe).json
    #expect(text.contains("\"block_rows\":64,") && text.contains("\"window_blocks\":9"))
    #expect(RecipeDocument(json: text)?.recipe == recipe)
    for bad in ["0", "-64", "65", "2199023255552"] {
      #expect(RecipeDocument(json: text.replacing("_rows\":64,", with: "_rows\":\(bad),"))?.recipe == nil)
    }
  }

  @Test("with an optimizer that lacks a number are refused")
  func missingNumber() throws {
    let text = RecipeDocument(try Fixture.recipe()).json
    #expect(text.contains("\"beta2\":0.999,"))
    #expect(RecipeDocument(json: text.replacing("\"beta2\":0.999,", with: ""))?.recipe == nil)
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
    other.shuffle = .none
    #expect(other.differences(from: one).map(\.option) == ["--hidden", "--seed", "--shuffle"])
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
    #expect(kind(.crossEntropy, .softmax) == nil)
    for loss in Loss.all where loss.task == .numbers {
      #expect(kind(loss, .softmax) == .configuration)
      #expect(kind(loss, .softplus) == nil)
    }
    for delta in [0, -1, .nan, .infinity, 1e-60, 1e300] {
      #expect(kind(.huber(delta: delta), .identity) == .usage, "\(delta)")
    }
  }

  @Test("of networks that can only be run are refused when it comes to training")
  func step() throws {
    for recipe in [
      try Fixture.recipe(activation: .step), try Fixture.recipe(outputActivation: .step),
    ] {
      let error = #expect(throws: LockstepError.self) {
        try Trainer<Float>(recipe: recipe, samples: Fixture.samples())
      }
      #expect(error?.kind == .configuration && error?.problem.contains("derivative") == true)
    }
  }

  @Test(
    "refuse optimizers that cannot work",
    arguments: [
      Optimizer.sgd(SGD(learningRate: 0)), .sgd(SGD(learningRate: .nan)), .sgd(SGD(momentum: 1)),
      .adam(Adam(beta1: 1)), .adam(Adam(beta2: -0.1)), .adam(Adam(epsilon: 0)),
      .adam(Adam(epsilon: 1e-60)), .sgd(SGD(learningRate: 1e300)), .rmsProp(RMSProp(rho: 1)),
      .adaGrad(AdaGrad(weightDecay: -1)), .adamW(AdamW(weightDecay: .infinity)),
      .sgd(SGD(momentum: 0, nesterov: true)),
    ])
  func badOptimizers(optimizer: Optimizer) {
    let error = #expect(throws: LockstepError.self) { try Fixture.recipe(optimizer: optimizer) }
    #expect(error?.kind == .usage)
  }
}
