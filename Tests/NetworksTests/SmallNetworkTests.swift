import Kernels
import Networks
import Primitives
import Testing

@Suite struct SmallNetworkTests {
  /// A network, its loss, and numbers for both that single precision holds exactly.
  struct Problem: CustomTestStringConvertible, Sendable {
    var network: MLP
    var loss: Loss
    var x: [Double]
    var y: [Double]
    var labels: [Int32]
    var parameters: [Double]

    static let rows = 300

    init(_ widths: [Int], _ hidden: Activation, _ output: Activation, _ loss: Loss) {
      network = MLP(
        inputs: widths[0], hidden: Array(widths.dropFirst().dropLast()), outputs: widths[widths.count - 1],
        activation: hidden, outputActivation: output)
      self.loss = loss
      var numbers = Numbers(seed: 5)
      func array(_ count: Int) -> [Double] { numbers.array(count).map { Double(Float($0)) } }
      let outputs = network.outputs
      x = array(Self.rows * network.inputs)
      y = array(Self.rows * outputs).map { loss.task == .probabilities ? abs($0) : $0 }
      labels = (0..<Self.rows).map { Int32($0 * 7 % outputs) }
      parameters = array(network.parameterCount ?? 0)
    }

    var testDescription: String {
      "\(network.summary) \(network.layers[0].activation) \(network.outputActivation) \(loss.name)"
    }

    static let all: [Problem] =
      [
        Problem([2, 10, 1], .relu, .identity, .meanSquaredError),
        Problem([1, 33, 1], .relu, .identity, .meanAbsoluteError),
        Problem([3, 17, 1], .relu, .identity, .huber(delta: 0.5)),
        Problem([2, 1, 1], .relu, .identity, .halfSquaredError),
        Problem([2, 10, 1], .leakyRelu, .identity, .meanSquaredError),
        Problem([1, 1], .relu, .identity, .meanSquaredError),
        Problem([7, 3, 1], .sigmoid, .sigmoid, .meanSquaredError),
        Problem([5, 11, 3], .identity, .tanh, .meanSquaredError),
        Problem([2, 3, 3, 3, 3, 3, 3, 3, 1], .tanh, .relu, .meanSquaredError),
        Problem([3, 4, 1], .tanh, .softmax, .crossEntropy),
        Problem([3, 4, 2], .relu, .softmax, .crossEntropy),
        Problem([3, 9], .relu, .softmax, .crossEntropy),
        Problem([3, 37], .relu, .softmax, .crossEntropy),
        Problem([3, 5, 3], .gelu, .sigmoid, .binaryCrossEntropy),
        Problem([3, 5, 1], .silu, .sigmoid, .binaryCrossEntropy),
      ]
      + Activation.allCases.filter { $0.isTrainable && $0 != .softmax }.flatMap {
        [
          Problem([3, 5, 4, 2], $0, .identity, .huber(delta: 0.5)),
          Problem([2, 3], .tanh, $0, .halfSquaredError),
        ]
      } + Loss.all.filter { $0.task == .numbers }.map { Problem([3, 4, 2], .elu, .identity, $0) }
  }

  struct Outcome<Element: Scalar> {
    var loss: Element
    var gradient: [Element]
    var bits: [[UInt8]] { [[loss], gradient].map { $0.withUnsafeBytes(Array.init) } }
  }

  func small<Element: Scalar>(
    _ problem: Problem, rows: [Int], following: [Int]? = nil, weights: [Double]? = nil,
    asRecords: Bool = false,
    _ variant: KernelVariant, as type: Element.Type
  ) throws -> Outcome<Element> {
    let network = try #require(SmallNetwork<Element>(problem.network, loss: problem.loss, variant: variant))
    func buffer(_ values: [Double]) -> AlignedBuffer<Element> {
      AlignedBuffer(values.map { Element($0) }, filler: 0)
    }
    let (x, y, w) = (buffer(problem.x), buffer(problem.y), buffer(problem.parameters))
    let gradient = AlignedBuffer<Element>(repeating: .nan, count: w.count)
    let weights = weights.map { buffer($0) }
    let rowWeights = weights.map { UnsafeBufferPointer($0.elements) }
    let (features, outputs) = (problem.network.inputs, problem.network.outputs)
    let width = SmallNetwork<Element>.recordWidth(
      features: features, targets: outputs, isWeighted: weights != nil)
    // What fills up must not count.
    let records = AlignedBuffer<Element>(
      (0..<Problem.rows).flatMap { row in
        let numbers =
          x.array[row * features..<(row + 1) * features] + y.array[row * outputs..<(row + 1) * outputs]
          + (weights.map { [$0.array[row]] } ?? [])
        return numbers + [Element](repeating: .nan, count: width - numbers.count)
      }, filler: 0)
    let listed = rows + (following ?? [])
    let loss = listed.withUnsafeBufferPointer { listed in
      problem.labels.withUnsafeBufferPointer { labels in
        let features = UnsafeBufferPointer(x.elements)
        var source: SmallNetwork<Element>.Rows =
          asRecords
          ? .init(
            records: UnsafeBufferPointer(records.elements), width: width, isWeighted: weights != nil)
          : problem.loss.task == .classes
            ? .init(x: features, labels: labels, weights: rowWeights)
            : .init(x: features, y: UnsafeBufferPointer(y.elements), weights: rowWeights)
        source.isFar = following != nil
        network.view.bringNear(listed, of: source)
        return network.view.gradient(
          parameters: UnsafeBufferPointer(w.elements), of: source, rows: listed, count: rows.count,
          gradient: gradient.elements)
      }
    }
    return withExtendedLifetime((x, y, w, weights, records, network)) {
      Outcome(loss: loss, gradient: gradient.array)
    }
  }

  /// The same by passes over whole layers, with the loops of `variant` or plain ones.
  func layered<Element: Scalar>(
    _ problem: Problem, rows: [Int], weights: [Double]? = nil, _ variant: KernelVariant?,
    as type: Element.Type
  ) -> Outcome<Element> {
    func picked(_ values: [Double], _ width: Int) -> AlignedBuffer<Element> {
      AlignedBuffer(
        rows.flatMap { values[$0 * width..<($0 + 1) * width] }.map { Element($0) }, filler: 0)
    }
    let network = problem.network
    let (x, y) = (picked(problem.x, network.inputs), picked(problem.y, network.outputs))
    let labels = AlignedBuffer(rows.map { problem.labels[$0] }, filler: 0)
    let w = AlignedBuffer(problem.parameters.map { Element($0) }, filler: 0)
    let gradient = AlignedBuffer<Element>(repeating: .nan, count: w.count)
    let weights = weights.map { picked($0, 1) }
    let targets: Targets<Element> =
      problem.loss.task == .classes
      ? .labels(UnsafeBufferPointer(labels.elements)) : .values(y.matrix(rows.count, network.outputs))
    let loss = Workspace<Element>(network: network, capacity: rows.count, variant: variant)
      .computeGradient(
        input: x.matrix(rows.count, network.inputs), targets: targets,
        weights: weights.map { UnsafeBufferPointer($0.elements) },
        parameters: UnsafeBufferPointer(w.elements), loss: problem.loss, gradient: gradient.elements)
    return withExtendedLifetime((x, y, w, labels, weights)) { Outcome(loss: loss, gradient: gradient.array) }
  }

  /// Around the rows of a vector and of a tile, in both precisions.
  static let rowCounts = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 128, 200]

  @Test(arguments: Problem.all) func gradientsAreThoseOfTheSpecification(problem: Problem) throws {
    let variant = try #require(KernelVariant.all.first)
    for count in Self.rowCounts {
      let rows = (0..<count).map { ($0 * 37 + 11) % Problem.rows }
      let truth = layered(problem, rows: rows, nil, as: Double.self)
      func check<Element: Scalar>(_ type: Element.Type, tolerance: Double) throws {
        let found = try small(problem, rows: rows, variant, as: type)
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

  @Test(arguments: Problem.all) func allVariantsGiveTheSameBits(problem: Problem) throws {
    let best = try #require(KernelVariant.all.first)
    for count in [1, 9, 17, 33, 64, 65, 200] {
      let rows = (0..<count).map { ($0 * 91 + 3) % Problem.rows }
      let single = try small(problem, rows: rows, best, as: Float.self).bits
      let double = try small(problem, rows: rows, best, as: Double.self).bits
      for variant in KernelVariant.all.dropFirst() {
        #expect(try small(problem, rows: rows, variant, as: Float.self).bits == single, "\(variant.name)")
        #expect(try small(problem, rows: rows, variant, as: Double.self).bits == double, "\(variant.name)")
      }
    }
  }

  /// Training computes the outputs that evaluation does: a single number or class a row is all that the loss adds up.
  @Test(arguments: Problem.all.filter { $0.network.outputs == 1 || $0.loss == .crossEntropy })
  func lossesHaveTheBitsOfLayers(problem: Problem) throws {
    for variant in KernelVariant.all {
      for count in [1, 17, 200] {
        let rows = (0..<count).map { ($0 * 53 + 1) % Problem.rows }
        let single = try small(problem, rows: rows, variant, as: Float.self)
        #expect(single.bits[0] == layered(problem, rows: rows, variant, as: Float.self).bits[0])
        let double = try small(problem, rows: rows, variant, as: Double.self)
        #expect(double.bits[0] == layered(problem, rows: rows, variant, as: Double.self).bits[0])
      }
    }
  }

  /// Some zeros, and otherwise numbers that single precision holds exactly.
  static let weights = (0..<Problem.rows).map { $0 % 5 == 0 ? 0 : Double($0 % 11) / 8 }

  @Test(arguments: Problem.all) func weightedGradientsAreThoseOfTheSpecification(problem: Problem) throws {
    let variant = try #require(KernelVariant.all.first)
    for count in Self.rowCounts {
      let rows = (0..<count).map { ($0 * 37 + 11) % Problem.rows }
      let truth = layered(problem, rows: rows, weights: Self.weights, nil, as: Double.self)
      func check<Element: Scalar>(_ type: Element.Type, tolerance: Double) throws {
        let found = try small(problem, rows: rows, weights: Self.weights, variant, as: type)
        let scale = Double(count) * 15
        #expect(abs(Double(found.loss) - truth.loss) <= tolerance * (truth.loss + 1))
        for (a, b) in zip(found.gradient, truth.gradient) {
          #expect(abs(Double(a) - b) <= tolerance * max(scale, abs(b)), "\(count) rows")
        }
      }
      try check(Double.self, tolerance: 1e-14)
      try check(Float.self, tolerance: 4e-6)
    }
  }

  @Test(arguments: Problem.all) func weightsGiveTheSameBitsInAllVariantsAndOnesThoseOfNone(problem: Problem)
    throws
  {
    let best = try #require(KernelVariant.all.first)
    let ones = [Double](repeating: 1, count: Problem.rows)
    func check<Element: Scalar>(_ type: Element.Type, _ rows: [Int]) throws {
      let expected = try small(problem, rows: rows, weights: Self.weights, best, as: type).bits
      let none = try small(problem, rows: rows, best, as: type).bits
      for variant in KernelVariant.all {
        #expect(try small(problem, rows: rows, weights: Self.weights, variant, as: type).bits == expected)
        #expect(
          try small(problem, rows: rows, weights: ones, variant, as: type).bits == none,
          "\(variant.name), \(rows.count) rows")
      }
    }
    for count in [1, 9, 17, 33, 64, 65, 200] {
      let rows = (0..<count).map { ($0 * 91 + 3) % Problem.rows }
      try check(Float.self, rows)
      try check(Double.self, rows)
    }
  }

  /// Widths of one to ten numbers a row, with what fills up and without.
  @Test(arguments: Problem.all.filter { $0.loss.task != .classes })
  func rowsAsRecordsGiveTheSameBits(problem: Problem) throws {
    func check<Element: Scalar>(_ type: Element.Type, _ rows: [Int], _ variant: KernelVariant) throws {
      for weights in [nil, Self.weights] {
        #expect(
          try small(problem, rows: rows, weights: weights, asRecords: true, variant, as: type).bits
            == small(problem, rows: rows, weights: weights, variant, as: type).bits,
          "\(variant.name), \(rows.count) rows")
      }
    }
    for variant in KernelVariant.all {
      for count in Self.rowCounts {
        let rows = (0..<count).map { ($0 * 91 + 3) % Problem.rows }
        try check(Float.self, rows, variant)
        try check(Double.self, rows, variant)
      }
    }
  }

  /// What is asked for ahead may be the last row of the memory, and there may be nothing ahead.
  @Test(arguments: Problem.all) func rowsFromAfarGiveTheSameBits(problem: Problem) throws {
    func check<Element: Scalar>(
      _ type: Element.Type, _ count: Int, following: [Int], _ variant: KernelVariant
    )
      throws
    {
      let rows = (0..<count).map { ($0 * 91 + 3) % Problem.rows }
      for weights in [nil, Self.weights] {
        let near = try small(problem, rows: rows, weights: weights, variant, as: type).bits
        for asRecords in problem.loss.task == .classes ? [false] : [false, true] {
          let far = try small(
            problem, rows: rows, following: following, weights: weights, asRecords: asRecords, variant,
            as: type)
          #expect(far.bits == near, "\(variant.name), \(count) rows, \(following.count) following")
        }
      }
    }
    for variant in KernelVariant.all {
      for (count, following) in [(1, 1), (9, 0), (65, 100), (200, 1)] {
        let following = (0..<following).map { Problem.rows - 1 - 3 * $0 % Problem.rows }
        try check(Float.self, count, following: following, variant)
        try check(Double.self, count, following: following, variant)
      }
    }
  }

  @Test func whatIsNotSmallIsLeftToOthers() throws {
    let variant = try #require(KernelVariant.all.first)
    func isSmall(_ widths: [Int], output: Activation = .identity, loss: Loss = .meanSquaredError) -> Bool {
      let network = MLP(
        inputs: widths[0], hidden: Array(widths.dropFirst().dropLast()), outputs: widths[widths.count - 1],
        outputActivation: output)
      return SmallNetwork<Float>(network, loss: loss, variant: variant) != nil
    }
    #expect(isSmall([2, 10, 1]))
    #expect(!isSmall([2, 200, 1]))
    #expect(!isSmall([Int.max / 2, Int.max / 2, 1]))
    #expect(!isSmall([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]))
    #expect(!isSmall([2, 3, 2], output: .softmax))
    #expect(isSmall([2, 3, 2], output: .softmax, loss: .crossEntropy))
    #expect(!isSmall([2, 3, 2], output: .tanh, loss: .binaryCrossEntropy))
  }
}
