import Lockstep

extension Lesson {
  static let forwardBinary = Lesson(
    name: "forward-binary", summary: "yes or no by a sigmoid unit, 2-3-1, and its loss"
  ) { transcript throws(LockstepError) in
    let x = [1.0, 2.0]
    let network = WorkedNetwork([.first, WorkedLayer([[0.2], [0.4], [0.6]], bias: [0.1], .sigmoid)])
    transcript.show("x", x)
    transcript.show("target", [1])
    for layer in 0..<2 { transcript.showLayer(layer, of: network) }
    transcript.show("u1", network.totalInput(of: 0, x))
    transcript.show("z1", network.output(of: 0, x))
    transcript.show("u2", network.totalInput(of: 1, x))
    let y = network.output(x)
    try transcript.check("y", y, published: [0.87435214])
    try transcript.checkLesson(
      loss: network.loss(.binaryCrossEntropy, x, .values([1])), probability: network.outputBiasLast(x)[0],
      published: 0.13427195993720972)
  }
}
