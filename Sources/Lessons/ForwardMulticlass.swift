import Lockstep

extension Lesson {
  static let forwardMulticlass = Lesson(
    name: "forward-multiclass", summary: "softmax over four classes, 2-3-4, and its loss"
  ) { transcript throws(LockstepError) in
    let x = [1.0, 2.0]
    let label = 3
    let network = WorkedNetwork([
      .first,
      WorkedLayer(
        [[0.1, 0.4, 0.7, 1.0], [0.2, 0.5, 0.8, 1.1], [0.3, 0.6, 0.9, 1.2]], bias: [0.1, 0.2, 0.3, 0.4],
        .softmax),
    ])
    transcript.show("x", x)
    transcript.show("class", [Double(label)])
    for layer in 0..<2 { transcript.showLayer(layer, of: network) }
    transcript.show("u1", network.totalInput(of: 0, x))
    transcript.show("z1", network.output(of: 0, x))
    try transcript.check("u2", network.totalInput(of: 1, x), published: [1.02, 2.29, 3.56, 4.83])
    let y = network.output(x)
    try transcript.check(
      "y", y, published: [0.01602796, 0.05707321, 0.20322929, 0.72366954])
    try transcript.checkLesson(
      loss: network.loss(.crossEntropy, x, .labels([Int32(label)])),
      probability: network.outputBiasLast(x)[label],
      published: 0.3234202933601941)
  }
}

extension Transcript {
  /// Shows a cross-entropy as the library has it, and as the lessons do, which keep the logarithm finite by adding 1e-7
  /// to the `probability` of what is true.
  mutating func checkLesson(loss: Double, probability: Double, published: Double) throws(LockstepError) {
    say(
      "The lesson adds 1e-7 inside the logarithm; Lockstep computes the loss from u2, which needs no such guard."
    )
    try check(
      "loss", [loss], expected: [-Double.log(probability)], within: 1e-12,
      source: "as -log of the probability")
    try check("loss of the lesson", [-Double.log(probability + 1e-7)], published: [published], places: 16)
  }
}
