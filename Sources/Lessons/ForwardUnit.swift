import Lockstep

extension Lesson {
  static let forwardUnit = Lesson(
    name: "forward-unit", summary: "one unit with ReLU"
  ) { transcript throws(LockstepError) in
    let x = [2.0, 3.0]
    let unit = WorkedNetwork([WorkedLayer([[0.1], [0.2]], bias: [0.5], .relu)])
    transcript.show("x", x)
    transcript.show("W", unit.kernel(0), columns: 1)
    transcript.show("b", unit.bias(0))
    try transcript.check("total input", unit.totalInput(of: 0, x), published: [1.3])
    try transcript.check("output", unit.output(x), published: [1.3])
  }
}
