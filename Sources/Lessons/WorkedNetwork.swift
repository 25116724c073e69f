import Lockstep

/// A dense layer with its parameters written out.
struct WorkedLayer: Sendable {
  /// A row for each input, with a number for each output.
  var kernel: [[Double]]
  /// A number for each output.
  var bias: [Double]
  /// What is applied to the weighted sums.
  var activation: Activation

  init(_ kernel: [[Double]], bias: [Double], _ activation: Activation) {
    self.kernel = kernel
    self.bias = bias
    self.activation = activation
  }
}

/// What the rows of a lesson are to become.
enum WorkedTargets {
  /// Numbers, as many a row as there are outputs.
  case values([Double])
  /// A class a row.
  case labels([Int32])
}

/// A network with its parameters, run by the library on a few rows, so that every intermediate can be seen.
///
/// Rows are given as one array, row by row. Forward and backward passes take the plain loops, which round as the sums are
/// written, without fused multiply-adds.
struct WorkedNetwork: Sendable {
  /// The network.
  let network: MLP
  /// The parameters, laid out as ``ParameterLayout`` says.
  var parameters: [Double]

  /// A network with drawn or trained parameters.
  init(_ network: MLP, parameters: [Double]) {
    self.network = network
    self.parameters = parameters
  }

  /// The network of these layers.
  init(_ layers: [WorkedLayer]) {
    self.init(
      MLP(
        inputs: layers[0].kernel.count,
        layers: layers.map { DenseLayer(units: $0.bias.count, activation: $0.activation) }),
      parameters: layers.flatMap { $0.kernel.flatMap { $0 } + $0.bias })
  }

  /// The places of the parameters.
  var layout: ParameterLayout { ParameterLayout(network) }

  /// The weighted sums of `layer`, which counts from 0.
  func totalInput(of layer: Int, _ x: [Double]) -> [Double] {
    output(of: layer, x, activation: .identity)
  }

  /// The outputs of `layer`, which counts from 0.
  func output(of layer: Int, _ x: [Double]) -> [Double] {
    output(of: layer, x, activation: network.layers[layer].activation)
  }

  /// The outputs of the last layer.
  func output(_ x: [Double]) -> [Double] { output(of: network.layers.count - 1, x) }

  /// The outputs for one row in the lessons' order: a layer's products are added up first and its bias last, where the
  /// library's sums start with the bias. That shows in the sixteenth digit, which some lessons print.
  func outputBiasLast(_ row: [Double]) -> [Double] {
    var values = row
    for (index, layer) in network.layers.enumerated() {
      let products = WorkedNetwork(
        MLP(inputs: values.count, layers: [DenseLayer(units: layer.units, activation: .identity)]),
        parameters: kernel(index) + bias(index).map { _ in 0 })
      values = zip(products.output(values), bias(index)).map { $0 + $1 }
      values.withUnsafeMutableBufferPointer {
        let sums = MutableMatrix($0, rows: 1, columns: layer.units)
        layer.activation.apply(to: sums.readOnly, outputs: sums)
      }
    }
    return values
  }

  /// The mean of `loss` over the rows.
  func loss(_ loss: Loss, _ x: [Double], _ targets: WorkedTargets) -> Double {
    let rows = x.count / network.inputs
    let workspace = Workspace<Double>(network: network, capacity: rows, variant: nil)
    let total = run(x, targets) {
      workspace.evaluate(input: $0, targets: $1, parameters: $2, loss: loss).loss
    }
    return total / Double(rows * loss.divisor(outputs: network.outputs))
  }

  /// The derivatives by the parameters of the sum of `loss` over the rows and, for numbers, over the outputs.
  func gradient(of loss: Loss, _ x: [Double], _ targets: WorkedTargets) -> [Double] {
    let workspace = Workspace<Double>(network: network, capacity: x.count / network.inputs, variant: nil)
    var gradient = parameters
    gradient.withUnsafeMutableBufferPointer { gradient in
      _ = run(x, targets) {
        workspace.computeGradient(
          input: $0, targets: $1, parameters: $2, loss: loss, gradient: gradient)
      }
    }
    return gradient
  }

  /// The first layers of a network are a network too, and their parameters are the first ones of the vector.
  private func output(of layer: Int, _ x: [Double], activation: Activation) -> [Double] {
    var part = MLP(inputs: network.inputs, layers: Array(network.layers[...layer]))
    part.layers[layer].activation = activation
    let rows = x.count / network.inputs
    let workspace = Workspace<Double>(network: part, capacity: rows, variant: nil)
    return x.withUnsafeBufferPointer { x in
      parameters[..<layout.layers[layer].bias.upperBound].withUnsafeBufferPointer { parameters in
        Array(
          workspace.predict(
            input: Matrix(x, rows: rows, columns: network.inputs), parameters: parameters
          ).elements)
      }
    }
  }

  private func run(
    _ x: [Double], _ targets: WorkedTargets,
    _ body: (Matrix<Double>, Targets<Double>, UnsafeBufferPointer<Double>) -> Double
  ) -> Double {
    let rows = x.count / network.inputs
    return x.withUnsafeBufferPointer { x in
      parameters.withUnsafeBufferPointer { parameters in
        let input = Matrix(x, rows: rows, columns: network.inputs)
        switch targets {
        case .values(let values):
          return values.withUnsafeBufferPointer {
            body(input, .values(Matrix($0, rows: rows, columns: network.outputs)), parameters)
          }
        case .labels(let labels):
          return labels.withUnsafeBufferPointer { body(input, .labels($0), parameters) }
        }
      }
    }
  }
}

extension WorkedNetwork {
  /// The kernel of `layer`, which counts from 0, row by row.
  func kernel(_ layer: Int) -> [Double] { Array(parameters[layout.layers[layer].kernel]) }

  /// The bias of `layer`.
  func bias(_ layer: Int) -> [Double] { Array(parameters[layout.layers[layer].bias]) }
}

extension Transcript {
  /// Shows the kernel and bias of a layer, which counts from 0, or of vectors laid out like its parameters.
  mutating func showLayer(_ layer: Int, of network: WorkedNetwork, suffix: String = "") {
    show("W\(layer + 1)\(suffix)", network.kernel(layer), columns: network.network.layers[layer].units)
    show("b\(layer + 1)\(suffix)", network.bias(layer))
  }
}
