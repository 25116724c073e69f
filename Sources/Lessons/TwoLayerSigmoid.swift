import Lockstep

extension Lesson {
  static let twoLayerSigmoid = Lesson(
    name: "two-layer-sigmoid",
    summary: "two layers without biases; a forgotten transpose"
  ) { transcript throws(LockstepError) in
    let x = [1.0, 2.0]
    // The lesson's matrices have a row for each unit; kernels have a column for each.
    let start = WorkedNetwork([
      WorkedLayer([[0.4, 0.7], [0.3, 0.6]], bias: [0, 0], .sigmoid),
      WorkedLayer([[0.2, 1], [0.3, 0.7]], bias: [0, 0], .sigmoid),
    ])
    transcript.show("x", x)
    transcript.show("target", target)
    transcript.say(
      "W1 and W2 have a row for each unit, as the lesson writes them: z1 = sigmoid(W1 x), y = sigmoid(W2 z1)."
    )
    transcript.show("W1", [0.4, 0.3, 0.7, 0.6], columns: 2)
    transcript.show("W2", [0.2, 0.3, 1, 0.7], columns: 2)
    transcript.show("z1", start.output(of: 0, x))
    try transcript.check("y at the start", start.output(x), published: [0.60041131, 0.79248709])
    transcript.say(
      """
      The error is half the sum of the squares, the learning rate is 1. Backpropagation sends the slopes of the second \
      layer, d2, through the transpose of W2: d1 = (W2' d2) z1 (1 - z1). The lesson used W2 itself: as-published. It still \
      learns, because the second layer's own gradient is right, but more slowly. There are no biases, which the trainer \
      does not offer: the right gradient is the library's, the steps are the lesson's own.
      """)
    let published = descend(from: start, x) { publishedGradient($0, x) }
    let right = descend(from: start, x) { network in
      network.gradient(of: .meanSquaredError, x, .values(target)).map { $0 / 2 }
    }
    transcript.show(
      "outputs", header: ["step", "y0 as-published", "y1 as-published", "y0 right", "y1 right"],
      rows: zip(published.outputs, right.outputs).enumerated().map { [Double($0)] + $1.0 + $1.1 }, stride: 10)
    try transcript.check(
      "y as-published", published.network.output(x), published: [0.91175343, 0.08878309])
    try transcript.check("y right", right.network.output(x), published: [0.94191174, 0.06357643])
    func error(_ network: WorkedNetwork) -> Double { network.loss(.meanSquaredError, x, .values(target)) }
    try transcript.claim(
      "The right gradient ends nearer to the target.", holds: error(right.network) < error(published.network))
  }

  private static let target = [1.0, 0.0]

  /// The network after 100 steps along `gradient`, and its outputs before each of them and at the end.
  private static func descend(
    from start: WorkedNetwork, _ x: [Double], gradient: (WorkedNetwork) -> [Double]
  ) -> (network: WorkedNetwork, outputs: [[Double]]) {
    var network = start
    var outputs = [network.output(x)]
    let kernels = network.layout.layers.flatMap { Array($0.kernel) }
    for _ in 0..<100 {
      let slopes = gradient(network)
      for weight in kernels { network.parameters[weight] -= slopes[weight] }
      outputs.append(network.output(x))
    }
    return (network, outputs)
  }

  /// The lesson's gradient, laid out as the parameters are: wrong in the first layer.
  private static func publishedGradient(_ network: WorkedNetwork, _ x: [Double]) -> [Double] {
    let (hidden, output) = (network.output(of: 0, x), network.output(x))
    let slopes = zip(output, target).map { y, t in (y - t) * y * (1 - y) }
    let kernel = network.kernel(1)
    // The kernel is the transpose of W2, so W2 d2 takes its columns, where its rows would be right.
    let hiddenSlopes = (0..<2).map { unit in
      (kernel[unit] * slopes[0] + kernel[2 + unit] * slopes[1]) * hidden[unit] * (1 - hidden[unit])
    }
    let outer = { (inputs: [Double], slopes: [Double]) in
      inputs.flatMap { input in slopes.map { input * $0 } } + slopes
    }
    return outer(x, hiddenSlopes) + outer(hidden, slopes)
  }
}
