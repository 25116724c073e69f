import Primitives
import Testing

@testable import Kernels

/// Numbers that begin one element past an aligned address, so that no loop can count on alignment.
private struct Misaligned<Element: Scalar> {
  private let buffer: AlignedBuffer<Element>
  let count: Int

  init(_ values: [Element]) {
    count = values.count
    buffer = AlignedBuffer(repeating: 0, count: count + 1)
    _ = UnsafeMutableBufferPointer(rebasing: buffer.elements[1...]).update(fromContentsOf: values)
  }

  var elements: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: buffer.elements[1...])
  }
  var readOnly: UnsafeBufferPointer<Element> { UnsafeBufferPointer(elements) }
  var bits: [UInt8] { Array(UnsafeRawBufferPointer(elements)) }
}

private func numbers<Element: Scalar>(_ count: Int, stream: UInt32) -> [Element] {
  let random = CounterRandom(seed: 5, purpose: .testing, stream: stream)
  return (0..<count).map { Element(random.normals(UInt64($0)).0) }
}

@Suite struct FastKernelsTests {
  static let sizes = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 41, 64, 100, 1023]

  @Test func thereIsAVariantForEveryCPU() {
    #expect(KernelVariant.all.last?.name == "baseline" || KernelVariant.all.last?.name == "neon")
    #expect(KernelVariant.named("none") == nil)
  }

  private func checkUpdates<Element: Scalar>(_ variant: KernelVariant, count: Int, as type: Element.Type) {
    let fast = FastKernels<Element>(variant)
    let plain = FastKernels<Element>(nil)
    func run(_ kernels: FastKernels<Element>) -> [[UInt8]] {
      let gradient = Misaligned<Element>(numbers(count, stream: 1))
      let w = Misaligned<Element>(numbers(count, stream: 2))
      let m = Misaligned<Element>(numbers(count, stream: 3))
      let v = Misaligned<Element>(numbers(count, stream: 4).map { $0 * $0 })
      kernels.add(gradient.readOnly, to: w.elements)
      kernels.gradientDescent(
        parameters: w.elements, gradient: gradient.readOnly, scale: 0.3, decay: 0.01, rate: 0.01)
      kernels.momentum(
        parameters: w.elements, gradient: gradient.readOnly, velocity: m.elements, scale: 0.3,
        decay: 0.01, rate: 0.01, momentum: 0.9)
      kernels.nesterov(
        parameters: w.elements, gradient: gradient.readOnly, velocity: m.elements, scale: 0.3,
        decay: 0.01, rate: 0.01, momentum: 0.9)
      kernels.adaGrad(
        parameters: w.elements, gradient: gradient.readOnly, squares: v.elements, scale: 0.3,
        decay: 0.01, rate: 0.01, epsilon: 1e-8)
      kernels.rmsProp(
        parameters: w.elements, gradient: gradient.readOnly, squares: v.elements, scale: 0.3,
        decay: 0.01, rate: 0.01, oneMinusRho: 0.1, epsilon: 1e-8)
      let steps = Misaligned<Element>(numbers(count, stream: 5).map { $0 * $0 })
      kernels.adaDelta(
        parameters: w.elements, gradient: gradient.readOnly, squares: v.elements, steps: steps.elements,
        scale: 0.3, decay: 0.01, rate: 0.7, oneMinusRho: 0.1, epsilon: 1e-6)
      kernels.adam(
        parameters: w.elements, gradient: gradient.readOnly, firstMoment: m.elements,
        secondMoment: v.elements, scale: 0.3, decay: 0.01, shrink: 0.99, rate: 0.01, rootScale: 1.7,
        oneMinusBeta1: 0.1, oneMinusBeta2: 0.001, epsilon: 1e-8)
      return [w.bits, m.bits, v.bits, steps.bits]
    }
    #expect(run(fast) == run(plain), "\(variant.name), \(count) numbers")
  }

  @Test func updatesHaveTheBitsOfTheirSpecification() {
    for variant in KernelVariant.all {
      for count in Self.sizes {
        checkUpdates(variant, count: count, as: Float.self)
        checkUpdates(variant, count: count, as: Double.self)
      }
    }
  }

  @Test func sumsOfSquaresHaveTheBitsOfTheirSpecification() {
    func check<Element: Scalar>(_ variant: KernelVariant, count: Int, as type: Element.Type) {
      let values = Misaligned<Element>(numbers(count, stream: 6))
      let fast = FastKernels<Element>(variant).sumOfSquares(values.readOnly)
      #expect(
        fast.bitPattern == Elementwise.sumOfSquares(values.readOnly).bitPattern, "\(variant.name), \(count)")
    }
    for variant in KernelVariant.all {
      for count in Self.sizes {
        check(variant, count: count, as: Float.self)
        check(variant, count: count, as: Double.self)
      }
    }
  }

  @Test(arguments: [1, 5, 255, 256, 257, 289, 1000, 4097, 99_991, 100_000, 1 << 20, 1 << 40])
  func permutationsAreThoseOfTheirSpecification(count: Int) {
    let permutation = KeyedPermutation(
      count: count, random: CounterRandom(seed: 9, purpose: .testing, stream: 2))
    for variant in KernelVariant.all {
      for (start, length) in [(0, min(count, 700)), (count / 3, min(count / 2, 333)), (count - 1, 1)] {
        var indices = [Int](repeating: -1, count: length)
        indices.withUnsafeMutableBufferPointer {
          permutation.copyIndices(from: start, into: $0, variant: variant)
        }
        #expect(indices == (start..<start + length).map { permutation[$0] }, "\(variant.name)")
      }
    }
  }
}

@Suite struct SmallNetworkTests {
  /// A network given by its widths, with one activation in the hidden layers and one at the output.
  struct Shape: CustomStringConvertible, Sendable {
    var widths: [Int]
    var hidden: Activation
    var output: Activation
    var description: String { "\(widths) \(hidden) \(output)" }

    var layers: [SmallNetwork<Double>.Layer] {
      var offset = 0
      return zip(widths, widths.dropFirst()).enumerated().map { index, pair in
        defer { offset += (pair.0 + 1) * pair.1 }
        return (
          pair.0, pair.1, offset, offset + pair.0 * pair.1, index == widths.count - 2 ? output : hidden
        )
      }
    }
    var parameters: Int { zip(widths, widths.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 } }
  }

  static let shapes: [Shape] = [
    Shape(widths: [2, 10, 1], hidden: .relu, output: .identity),
    Shape(widths: [1, 1], hidden: .relu, output: .identity),
    Shape(widths: [3, 5, 4, 2], hidden: .tanh, output: .identity),
    Shape(widths: [7, 3, 1], hidden: .sigmoid, output: .sigmoid),
    Shape(widths: [5, 11, 3], hidden: .identity, output: .tanh),
    Shape(widths: [2, 3, 3, 3, 3, 3, 3, 3, 1], hidden: .tanh, output: .relu),
  ]

  struct Outcome<Element: Scalar> {
    var loss: Element
    var gradient: [Element]
    var bits: [UInt8] { gradient.withUnsafeBytes(Array.init) + withUnsafeBytes(of: loss, Array.init) }
  }

  func fast<Element: Scalar>(
    _ shape: Shape, rows: [Int], _ variant: KernelVariant, as type: Element.Type
  ) throws -> Outcome<Element> {
    let network = try #require(
      SmallNetwork<Element>(layers: shape.layers, parameterCount: shape.parameters, variant: variant))
    let (inputs, outputs) = (shape.widths[0], shape.widths[shape.widths.count - 1])
    let x: [Element] = numbers(500 * inputs, stream: 11)
    let y: [Element] = numbers(500 * outputs, stream: 12)
    let parameters: [Element] = numbers(shape.parameters, stream: 13).map { $0 * 0.5 }
    let gradient = AlignedBuffer<Element>(repeating: .nan, count: shape.parameters)
    let loss = x.withUnsafeBufferPointer { x in
      y.withUnsafeBufferPointer { y in
        rows.withUnsafeBufferPointer { rows in
          parameters.withUnsafeBufferPointer { parameters in
            withExtendedLifetime(network) {
              network.view.squaredErrorGradient(
                parameters: parameters, x: x, y: y, rows: rows, gradient: gradient.elements)
            }
          }
        }
      }
    }
    return Outcome(loss: loss, gradient: gradient.array)
  }

  /// The same in double precision by the plain kernels, layer by layer.
  func plain(_ shape: Shape, rows: [Int], rounded: (Double) -> Double) -> Outcome<Double> {
    let (inputs, outputs) = (shape.widths[0], shape.widths[shape.widths.count - 1])
    let x: [Double] = numbers(500 * inputs, stream: 11).map(rounded)
    let y: [Double] = numbers(500 * outputs, stream: 12).map(rounded)
    let parameters: [Double] = numbers(shape.parameters, stream: 13).map { rounded($0 * 0.5) }
    let count = rows.count
    func matrix(_ columns: Int) -> (AlignedBuffer<Double>, MutableMatrix<Double>) {
      let buffer = AlignedBuffer(repeating: 0.0, count: count * columns)
      return (buffer, MutableMatrix(buffer.elements, rows: count, columns: columns))
    }
    let gradient = AlignedBuffer(repeating: 0.0, count: shape.parameters)
    let w = AlignedBuffer(parameters, filler: 0)
    func part(_ buffer: AlignedBuffer<Double>, _ start: Int, _ length: Int)
      -> UnsafeMutableBufferPointer<Double>
    { UnsafeMutableBufferPointer(rebasing: buffer.elements[start..<start + length]) }
    var values = [matrix(inputs)]
    for (k, row) in rows.enumerated() {
      for i in 0..<inputs { values[0].1[k, i] = x[row * inputs + i] }
    }
    for layer in shape.layers {
      let output = matrix(layer.outputs)
      Dense.forward(
        input: values[values.count - 1].1.readOnly,
        kernel: Matrix(
          UnsafeBufferPointer(part(w, layer.kernel, layer.inputs * layer.outputs)), rows: layer.inputs,
          columns: layer.outputs), bias: UnsafeBufferPointer(part(w, layer.bias, layer.outputs)),
        output: output.1)
      layer.activation.apply(to: output.1)
      values.append(output)
    }
    let targets = matrix(outputs)
    for (k, row) in rows.enumerated() { for o in 0..<outputs { targets.1[k, o] = y[row * outputs + o] } }
    var delta = matrix(outputs)
    let loss = LossKernels.squaredError(
      outputs: values[values.count - 1].1.readOnly, targets: targets.1.readOnly, gradient: delta.1)
    for (index, layer) in shape.layers.enumerated().reversed() {
      layer.activation.backpropagate(outputs: values[index + 1].1.readOnly, gradient: delta.1)
      Dense.accumulateGradient(
        input: values[index].1.readOnly, delta: delta.1.readOnly,
        kernelGradient: MutableMatrix(
          part(gradient, layer.kernel, layer.inputs * layer.outputs), rows: layer.inputs,
          columns: layer.outputs), biasGradient: part(gradient, layer.bias, layer.outputs))
      let below = matrix(layer.inputs)
      Dense.backward(
        delta: delta.1.readOnly,
        kernel: Matrix(
          UnsafeBufferPointer(part(w, layer.kernel, layer.inputs * layer.outputs)), rows: layer.inputs,
          columns: layer.outputs), inputGradient: below.1)
      delta = below
    }
    return withExtendedLifetime((values, delta, w, targets)) {
      Outcome(loss: loss, gradient: gradient.array)
    }
  }

  static let rowCounts = [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 128, 200]

  @Test(arguments: shapes)
  func gradientsAreThoseOfTheSpecification(shape: Shape) throws {
    let variant = try #require(KernelVariant.all.first)
    for count in Self.rowCounts {
      let rows = (0..<count).map { ($0 * 37 + 11) % 500 }
      func check<Element: Scalar>(_ type: Element.Type, tolerance: Double) throws {
        let found = try fast(shape, rows: rows, variant, as: type)
        let truth = plain(shape, rows: rows) { Double(Element($0)) }
        // Relative to the sum of the sizes of what is added: about one summand a row.
        let scale = Double(count) * 10
        #expect(abs(Double(found.loss) - truth.loss) <= tolerance * (truth.loss + 1))
        for (a, b) in zip(found.gradient, truth.gradient) {
          #expect(abs(Double(a) - b) <= tolerance * max(scale, abs(b)), "\(count) rows")
        }
      }
      try check(Double.self, tolerance: 1e-14)
      try check(Float.self, tolerance: 4e-6)
    }
  }

  @Test(arguments: shapes)
  func allVariantsGiveTheSameBits(shape: Shape) throws {
    for count in Self.rowCounts {
      let rows = (0..<count).map { ($0 * 91 + 3) % 500 }
      let best = try #require(KernelVariant.all.first)
      let single = try fast(shape, rows: rows, best, as: Float.self).bits
      let double = try fast(shape, rows: rows, best, as: Double.self).bits
      for variant in KernelVariant.all.dropFirst() {
        #expect(try fast(shape, rows: rows, variant, as: Float.self).bits == single, "\(variant.name)")
        #expect(try fast(shape, rows: rows, variant, as: Double.self).bits == double, "\(variant.name)")
      }
    }
  }

  @Test func whatIsNotSmallIsLeftToOthers() throws {
    let variant = try #require(KernelVariant.all.first)
    func isSmall(_ shape: Shape) -> Bool {
      SmallNetwork<Float>(layers: shape.layers, parameterCount: shape.parameters, variant: variant) != nil
    }
    #expect(isSmall(Self.shapes[0]))
    #expect(!isSmall(Shape(widths: [2, 200, 1], hidden: .relu, output: .identity)))
    #expect(!isSmall(Shape(widths: [2, 3, 2], hidden: .relu, output: .softmax)))
    #expect(!isSmall(Shape(widths: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], hidden: .relu, output: .identity)))
  }

  @Test func activationsAreAccurate() throws {
    // Steps of a prime length through all sizes that matter, and the edges of every branch.
    for variant in KernelVariant.all.prefix(1) {
      func check<Element: Scalar>(_ type: Element.Type, units: Double) {
        let inputs: [Element] =
          (-4000...4000).map { Element(Double($0) * 0.00917) }
          + [0, 0.625, -0.625, Element(0.625).nextUp, 1e-30, -1e-30, 40, -40, 88, -88, 1000, -1000]
        for activation in [Activation.sigmoid, .tanh] {
          let found = variant.activate(inputs, activation)
          for (x, a) in zip(inputs, found) {
            let z = Double(x)
            let truth =
              activation == .tanh
              ? Double.tanh(z) : z < 0 ? Double.exp(z) / (1 + Double.exp(z)) : 1 / (1 + Double.exp(-z))
            // Below e^-87 the result is that of -87: far smaller than any rounding error of what it is added to.
            let error = abs(Double(a) - truth) / max(Double(Element(truth).ulp), 1e-38)
            #expect(error <= units || abs(truth) < 2e-38, "\(activation)(\(x)) is \(a)")
          }
        }
      }
      check(Float.self, units: 4)
      check(Double.self, units: 4)
      #expect(variant.activate([Float.nan, 1], .tanh)[0].isNaN)
      #expect(variant.activate([Float.nan, 1], .sigmoid)[0].isNaN)
      #expect(variant.activate([Float.nan, -1], .relu)[0].isNaN)
      #expect(variant.activate([Float.infinity, -.infinity], .tanh) == [1, -1])
    }
  }
}

extension KernelVariant {
  fileprivate func activate<Element: Scalar>(_ values: [Element], _ activation: Activation) -> [Element] {
    let code: Int32 = activation == .tanh ? 3 : activation == .sigmoid ? 2 : 1
    let buffer = AlignedBuffer(values, filler: 0)
    let raw = UnsafeMutableRawPointer(buffer.elements.baseAddress)
    switch Element.precision {
    case .float32:
      functions.pointee.activate_f32(
        raw?.assumingMemoryBound(to: Float.self), Int64(values.count), code)
    case .float64:
      functions.pointee.activate_f64(
        raw?.assumingMemoryBound(to: Double.self), Int64(values.count), code)
    }
    return buffer.array
  }
}
