import Lockstep

extension Lesson {
  static let xorAdam = Lesson(
    name: "xor-adam", summary: "2-4-1 learns XOR with two forms of Adam"
  ) { transcript throws(LockstepError) in
    let table = TruthTable.xor
    transcript.show("x", table.features, columns: 2)
    transcript.show("target", table.targets)
    transcript.say(
      """
      2-4-1, all sigmoid; standard normal kernels and zero biases. All four rows make a step: each is a shard, the reducer \
      adds their gradients, Adam takes steps of 0.001 for 20,000 epochs. The seed is 0. Of the first 10,000 seeds, \
      9,764 learn XOR with stepwise correction and 9,607 with fixed; the others end on a plateau where two outputs are \
      one half.
      """)
    for correction in [BiasCorrection.fixed, .stepwise] {
      let trainer = try trainer(correction)
      var errors: [[Double]] = []
      try trainer.train(epochs: 20_000) { epoch, record in
        if epoch == 1 || epoch % 1000 == 0 { errors.append([Double(epoch), 4 * record.loss]) }
      }
      transcript.show(
        "sum of squared errors, \(correction.rawValue) correction", header: ["epoch", "error"], rows: errors,
        stride: 2)
      let network = WorkedNetwork(trainer.recipe.network, parameters: trainer.parameters)
      try transcript.check(
        "outputs, \(correction.rawValue)", network.output(table.features), expected: table.targets,
        within: 0.2, source: "within 0.2 of the targets")
      transcript.show(
        "decision boundary, \(correction.rawValue) correction", of: network, over: -0.5..<1.5, points: 201,
        samples: (0..<4).flatMap { row in table.features[2 * row..<2 * row + 2] + [table.targets[row]] })
    }
    transcript.say(
      """
      fixed divides the moments by 1 - beta at every step, as if it were the first: the first steps are the same, later \
      ones a third as long as those of stepwise, which divides by 1 - beta^t.
      """)
  }

  /// A trainer of XOR whose Adam corrects its moments in this way.
  private static func trainer(_ correction: BiasCorrection) throws(LockstepError) -> Trainer<Double> {
    let recipe = try Recipe(
      network: MLP(inputs: 2, hidden: [4], outputs: 1, activation: .sigmoid, outputActivation: .sigmoid),
      loss: .meanSquaredError, optimizer: .adam(Adam(learningRate: 0.001, biasCorrection: correction)),
      reduction: .sum, initializer: .normal, batchSize: 4, shards: .count(4), seed: 0, shuffle: .none)
    return try Trainer(recipe: recipe, samples: TruthTable.xor.samples())
  }
}
