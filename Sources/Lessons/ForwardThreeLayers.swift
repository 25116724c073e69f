import Lockstep

extension Lesson {
  static let forwardThreeLayers = Lesson(
    name: "forward-3-layer", summary: "three layers with ReLU, 2-3-2-2"
  ) { transcript throws(LockstepError) in
    let x = [1.0, 2.0]
    let network = WorkedNetwork([
      .first, .second, WorkedLayer([[0.1, 0.3], [0.2, 0.4]], bias: [1, 2], .relu),
    ])
    transcript.show("x", x)
    for layer in 0..<3 { transcript.showLayer(layer, of: network) }
    try transcript.check("u1", network.totalInput(of: 0, x), published: [0.6, 1.3, 2.0])
    transcript.show("z1", network.output(of: 0, x))
    try transcript.check("u2", network.totalInput(of: 1, x), published: [1.02, 2.29])
    transcript.show("z2", network.output(of: 1, x))
    try transcript.check(
      "sum of z1", [network.output(of: 0, x).reduce(0, +)], published: [3.9])
    // 0.1 * 1.02 + 0.2 * 2.29 + 1 and 0.3 * 1.02 + 0.4 * 2.29 + 2.
    try transcript.check(
      "output", network.output(x), expected: [1.56, 3.222], within: 1e-12, source: "as derived by hand")
  }
}
