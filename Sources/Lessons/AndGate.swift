import Lockstep

extension Lesson {
  static let andGate = Lesson(
    name: "and-gate", summary: "a sigmoid unit with a fixed bias learns AND"
  ) { transcript throws(LockstepError) in
    let table = TruthTable.and
    let (x, target) = (table.features, table.targets)
    var unit = WorkedNetwork([WorkedLayer([[1], [6]], bias: [-4], .sigmoid)])
    transcript.show("x", x, columns: 2)
    transcript.show("target", target, columns: 1)
    transcript.show("W", unit.kernel(0))
    transcript.show("b", unit.bias(0))
    transcript.say(
      """
      The error is half the sum of the squares over the four rows, the learning rate is 1. The bias stays as it is, which \
      the trainer does not offer: the gradient is the library's, the step is the lesson's own.
      """)
    var rows: [[Double]] = []
    for step in 0...200 {
      let error = 2 * unit.loss(.meanSquaredError, x, .values(target))
      rows.append([Double(step)] + unit.kernel(0) + [error])
      if step == 200 { break }
      // Half of it: the library's squares are whole.
      let slopes = unit.gradient(of: .meanSquaredError, x, .values(target))
      for weight in 0..<2 { unit.parameters[weight] -= slopes[weight] / 2 }
    }
    transcript.show("trajectory", header: ["step", "w0", "w1", "error"], rows: rows, stride: 10)
    try transcript.check("W after", unit.kernel(0), published: [2.66643661, 2.66689667])
    transcript.show("outputs", unit.output(x))
  }
}
