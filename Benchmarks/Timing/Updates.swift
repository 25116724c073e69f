import Benchmark
import Lockstep

/// One step of each optimizer on all parameters, on one thread.
func updates() {
  let optimizers: [(String, Optimizer)] = [
    ("sgd", .sgd(SGD())), ("momentum", .sgd(SGD(momentum: 0.9))), ("adam", .adam(Adam())),
  ]
  for (name, optimizer) in optimizers {
    // In the first-level cache, and in none.
    for parameters in [1024, 4 << 20] {
      update(name, optimizer, parameters: parameters, as: Float.self)
      update(name, optimizer, parameters: parameters, as: Double.self)
    }
  }
}

private func update<Element: Scalar>(
  _ name: String, _ optimizer: Optimizer, parameters: Int, as type: Element.Type
) {
  measure(
    "\(name), \(parameters) parameters, \(Element.precision.rawValue)",
    (.thousands, amount: Double(parameters)),
    repetitions: parameters < 1 << 16 ? .kilo : .one
  ) {
    let state = AlignedBuffer<Element>(repeating: 0, count: optimizer.slots * parameters)
    let (w, g): (AlignedBuffer<Element>, AlignedBuffer<Element>) = (numbers(parameters), numbers(parameters))
    var step = 0
    return {
      step += 1
      let update: PreparedStep<Element> = optimizer.prepare(step: step, scale: 1)
      update.apply(to: 0..<parameters, parameters: w.elements, gradient: g.reading, state: state.elements)
    }
  }
}
