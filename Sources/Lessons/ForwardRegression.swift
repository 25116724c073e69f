import Lockstep

extension Lesson {
  static let forwardRegression = Lesson(
    name: "forward-regression", summary: "two numbers predicted, 2-3-2, and their loss"
  ) { transcript throws(LockstepError) in
    let x = [1.0, 2.0]
    let target = [2.0, 4.0]
    let network = WorkedNetwork([.first, WorkedLayer.second.with(.identity)])
    transcript.show("x", x)
    transcript.show("target", target)
    for layer in 0..<2 { transcript.showLayer(layer, of: network) }
    transcript.show("u1", network.totalInput(of: 0, x))
    transcript.show("z1", network.output(of: 0, x))
    try transcript.check("y", network.output(x), published: [1.02, 2.29])
    let loss = network.loss(.meanSquaredError, x, .values(target))
    transcript.say("The lesson halves the mean of the squares; Lockstep's mse does not.")
    transcript.show("mse", [loss])
    try transcript.check("loss of the lesson", [loss / 2], published: [0.971125])
  }
}
