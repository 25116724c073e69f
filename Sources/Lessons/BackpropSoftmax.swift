import Lockstep

extension Lesson {
  static let backpropSoftmax = Lesson(
    name: "backprop-softmax", summary: "one step of backpropagation, 2-3-2 with softmax"
  ) { transcript throws(LockstepError) in
    let x = [1.0, 5.0]
    let rate = 0.01
    let network = WorkedNetwork([.first, WorkedLayer.second.with(.softmax)])
    transcript.show("x", x)
    transcript.show("target", [0, 1])
    for layer in 0..<2 { transcript.showLayer(layer, of: network) }
    transcript.show("u1", network.totalInput(of: 0, x))
    transcript.show("z1", network.output(of: 0, x))
    transcript.show("u2", network.totalInput(of: 1, x))
    try transcript.check("y", network.output(x), published: [0.08706577, 0.91293423])
    transcript.show("loss", [network.loss(.crossEntropy, x, .labels([1]))])

    let slopes = WorkedNetwork(
      network.network, parameters: network.gradient(of: .crossEntropy, x, .labels([1])))
    try transcript.checkGradients(slopes)
    try transcript.checkParameters(
      WorkedNetwork(network.network, parameters: try trained(network, x, rate: rate)), rate: rate)
  }

  /// The parameters after one step of the trainer.
  private static func trained(_ network: WorkedNetwork, _ x: [Double], rate: Double) throws(LockstepError)
    -> [Double]
  {
    let recipe = try Recipe(
      network: network.network, loss: .crossEntropy, optimizer: .sgd(SGD(learningRate: rate)), batchSize: 1)
    let trainer = try Trainer(
      recipe: recipe, samples: Samples(x: x, features: 2, labels: [1], classes: 2),
      parameters: network.parameters)
    try trainer.train(epochs: 1)
    return trainer.parameters
  }
}

extension Transcript {
  fileprivate mutating func checkGradients(_ slopes: WorkedNetwork) throws(LockstepError) {
    say("For a single row, the derivative by a bias is that by its unit's total input.")
    try check("dE/du2 = dE/db2", slopes.bias(1), published: [0.08706577, -0.08706577])
    try check("dE/du1 = dE/db1", slopes.bias(0), published: [-0.02611973, -0.02611973, -0.02611973])
    let kernel = slopes.kernel(0)
    show("dE/dW1 row 1", Array(kernel[..<3]))
    try check(
      "dE/dW1 row 2", Array(kernel[3...]), published: [-0.13059866, -0.13059866, -0.13059866])
    try check(
      "dE/dW2", slopes.kernel(1), columns: 2,
      published: [0.10447893, -0.10447893, 0.21766443, -0.21766443, 0.33084994, -0.33084994])
  }

  fileprivate mutating func checkParameters(_ after: WorkedNetwork, rate: Double) throws(LockstepError) {
    say(
      "After one step of the trainer, a parameter is less by the learning rate, \(rate), times its derivative."
    )
    try check(
      "W1 after", after.kernel(0), columns: 3,
      published: [0.1002612, 0.3002612, 0.5002612, 0.20130599, 0.40130599, 0.60130599])
    try check("b1 after", after.bias(0), published: [0.1002612, 0.2002612, 0.3002612])
    try check(
      "W2 after", after.kernel(1), columns: 2,
      published: [0.09895521, 0.40104479, 0.19782336, 0.50217664, 0.2966915, 0.6033085])
    try check("b2 after", after.bias(1), published: [0.09912934, 0.20087066])
  }
}
