import Kernels
import Networks
import Primitives

/// Reproducible numbers for tests.
struct Numbers {
  private let random: CounterRandom
  private var index: UInt64 = 0

  init(seed: UInt64) { random = CounterRandom(seed: seed, purpose: .testing) }

  /// Uniform in [-1, 1).
  mutating func next() -> Double {
    defer { index += 1 }
    return 2 * random.uniforms(index).0 - 1
  }

  mutating func array(_ count: Int) -> [Double] { (0..<count).map { _ in next() } }
}

extension AlignedBuffer {
  /// A view of the elements as `rows` by `columns`.
  func matrix(_ rows: Int, _ columns: Int) -> Matrix<Element> {
    Matrix(UnsafeBufferPointer(elements), rows: rows, columns: columns)
  }
}

/// A minibatch whose memory it owns.
struct Batch<Element: Scalar> {
  enum Truth {
    case values(AlignedBuffer<Element>)
    case labels(AlignedBuffer<Int32>)
  }

  let rows: Int
  let features: Int
  let outputs: Int
  let x: AlignedBuffer<Element>
  let truth: Truth

  var input: Matrix<Element> { x.matrix(rows, features) }

  var targets: Targets<Element> {
    switch truth {
    case .values(let buffer): .values(buffer.matrix(rows, outputs))
    case .labels(let buffer): .labels(UnsafeBufferPointer(buffer.elements))
    }
  }

  /// Numbers for `network`, and targets of the kind that `loss` takes.
  init(for network: MLP, loss: Loss, rows: Int, numbers: inout Numbers) {
    (self.rows, features, outputs) = (rows, network.inputs, network.outputs)
    x = AlignedBuffer(numbers.array(rows * network.inputs).map { Element($0) }, filler: 0)
    switch loss.task {
    case .numbers:
      truth = .values(AlignedBuffer(numbers.array(rows * network.outputs).map { Element($0) }, filler: 0))
    case .probabilities:
      let values = numbers.array(rows * network.outputs).map { Element(($0 + 1) / 2) }
      truth = .values(AlignedBuffer(values, filler: 0))
    case .classes:
      let labels = numbers.array(rows).map { Int32(($0 + 1) / 2 * Double(network.outputs)) }
      truth = .labels(AlignedBuffer(labels, filler: 0))
    }
  }
}

extension Workspace {
  /// The gradient and the loss of `batch`, as arrays.
  func gradient(of batch: Batch<Element>, parameters: [Element], loss: Loss) -> (
    loss: Element, gradient: [Element]
  ) {
    var gradient = [Element](repeating: .nan, count: parameters.count)
    let total = parameters.withUnsafeBufferPointer { parameters in
      gradient.withUnsafeMutableBufferPointer { gradient in
        computeGradient(
          input: batch.input, targets: batch.targets, parameters: parameters, loss: loss,
          gradient: gradient)
      }
    }
    return (total, gradient)
  }
}
