import Lockstep

extension Lesson {
  static let forwardLayer = Lesson(
    name: "forward-layer", summary: "a layer of three sigmoid units on four inputs"
  ) { transcript throws(LockstepError) in
    let x = [1.0, 5.0, 2.0, -1.0]
    let layer = WorkedNetwork([
      WorkedLayer(
        [[0.1, 0.2, 0.3], [0.2, 0.3, 0.4], [0.3, 0.4, 0.5], [0.4, 0.5, 0.6]], bias: [0.1, 0.2, 0.3], .sigmoid)
    ])
    transcript.show("x", x)
    transcript.show("W", layer.kernel(0), columns: 3)
    transcript.show("b", layer.bias(0))
    try transcript.check("total input", layer.totalInput(of: 0, x), published: [1.4, 2.2, 3.0])
    try transcript.check(
      "output", layer.output(x), published: [0.80218389, 0.90024951, 0.95257413])
  }
}
