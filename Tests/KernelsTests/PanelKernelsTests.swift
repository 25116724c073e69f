import Primitives
import Testing

@testable import Kernels

/// Products in panels have the bits of ``DenseKernels`` and of the tree of sums.
@Suite struct PanelKernelsTests {
  /// Rows, inputs, outputs: ragged, tiny, and beyond every tile in each direction.
  static let sizes = [
    (1, 1, 1), (1, 7, 3), (2, 1, 16), (3, 5, 17), (9, 13, 49), (15, 33, 10), (31, 20, 1), (40, 3, 97),
    (5, 1100, 33), (100, 50, 64),
  ]

  struct Problem<Element: Scalar> {
    let rows: Int
    let inputs: Int
    let outputs: Int
    let input: AlignedBuffer<Element>
    let kernel: AlignedBuffer<Element>
    let bias: AlignedBuffer<Element>
    let delta: AlignedBuffer<Element>
    let gate: AlignedBuffer<Element>

    init(_ size: (Int, Int, Int)) {
      (rows, inputs, outputs) = size
      let random = CounterRandom(seed: 5, purpose: .testing, stream: 9)
      func normals(_ count: Int, _ offset: Int) -> AlignedBuffer<Element> {
        AlignedBuffer((0..<count).map { Element(random.normals(UInt64($0 + offset)).0) }, filler: 0)
      }
      input = normals(rows * inputs, 0)
      kernel = normals(inputs * outputs, 1 << 20)
      bias = normals(outputs, 2 << 20)
      delta = normals(rows * outputs, 3 << 20)
      gate = normals(rows * inputs, 4 << 20)
    }

    func matrix(_ buffer: AlignedBuffer<Element>, _ columns: Int) -> Matrix<Element> {
      Matrix(UnsafeBufferPointer(buffer.elements), rows: buffer.count / columns, columns: columns)
    }

    /// The numbers between the panels of the matrices below.
    var panelStride: Int { PanelKernels<Element>.panelStride(rows: rows) }

    /// A matrix of NaN in panels.
    func empty(columns: Int) -> AlignedBuffer<Element> {
      let panels = PanelKernels<Element>.padded(columns) / PanelKernels<Element>.lanes
      return AlignedBuffer(repeating: .nan, count: panels * panelStride)
    }

    /// A copy in panels, and NaN between them.
    func inPanels(_ buffer: AlignedBuffer<Element>, _ columns: Int) -> AlignedBuffer<Element> {
      let result = empty(columns: columns)
      for row in 0..<rows {
        for column in 0..<columns {
          result.elements[place(row, column)] = buffer.elements[row * columns + column]
        }
      }
      return result
    }

    /// The numbers of a matrix in panels, row-major.
    func rowMajor(_ buffer: AlignedBuffer<Element>, _ columns: Int) -> [Element] {
      (0..<rows).flatMap { row in (0..<columns).map { buffer.elements[place(row, $0)] } }
    }

    private func place(_ row: Int, _ column: Int) -> Int {
      let lanes = PanelKernels<Element>.lanes
      return column / lanes * panelStride + row * lanes + column % lanes
    }
  }

  func bits<Element>(_ values: some Sequence<Element>) -> [UInt8] {
    Array(values).withUnsafeBytes(Array.init)
  }

  func checkPasses<Element: Scalar>(
    _ size: (Int, Int, Int), _ variant: KernelVariant, _ activation: Activation, as: Element.Type
  ) throws {
    let p = Problem<Element>(size)
    let dense = DenseKernels<Element>(variant: variant, terms: max(p.rows, p.inputs, p.outputs))
    let panels = PanelKernels<Element>(variant)
    let lanes = PanelKernels<Element>.lanes
    let forward = AlignedBuffer<Element>(
      repeating: .nan, count: p.inputs * PanelKernels<Element>.padded(p.outputs))
    let backward = AlignedBuffer<Element>(
      repeating: .nan, count: p.outputs * PanelKernels<Element>.padded(p.inputs))
    let kernel = try #require(p.kernel.elements.baseAddress)
    // In four parts, as by several workers.
    let (middle, across) = (
      min(p.inputs / 2 / lanes * lanes, p.inputs), min(p.outputs / 2 / lanes * lanes, p.outputs)
    )
    for rows in [0..<middle, middle..<p.inputs] where !rows.isEmpty {
      for columns in [0..<across, across..<p.outputs] where !columns.isEmpty {
        let packed = try #require(forward.elements.baseAddress)
        panels.pack(
          kernel, inputs: p.inputs, outputs: p.outputs, rows: rows, columns: columns, panels: packed)
        panels.turn(
          packed, inputs: p.inputs, outputs: p.outputs, rows: rows, columns: columns,
          turned: try #require(backward.elements.baseAddress))
        // And back.
        let matrix = AlignedBuffer<Element>(repeating: .nan, count: p.inputs * p.outputs)
        panels.unpack(
          packed, inputs: p.inputs, outputs: p.outputs, rows: rows, columns: columns,
          matrix: try #require(matrix.elements.baseAddress))
        for row in 0..<p.inputs {
          for column in 0..<p.outputs {
            let (index, isPart) = (row * p.outputs + column, rows ~= row && columns ~= column)
            #expect(
              isPart ? matrix.elements[index] == p.kernel.elements[index] : matrix.elements[index].isNaN)
          }
        }
      }
    }
    let input = p.inPanels(p.input, p.inputs)
    let output = p.empty(columns: p.outputs)
    panels.product(
      rows: p.rows, columns: p.outputs, terms: p.inputs, input: try #require(input.elements.baseAddress),
      matrix: try #require(forward.elements.baseAddress), start: p.bias.elements.baseAddress,
      output: try #require(output.elements.baseAddress), gate: nil, panelStride: p.panelStride,
      activation: activation)
    let expected = AlignedBuffer<Element>(repeating: 0, count: p.rows * p.outputs)
    let result = MutableMatrix(expected.elements, rows: p.rows, columns: p.outputs)
    dense.forward(
      input: p.matrix(p.input, p.inputs), kernel: p.matrix(p.kernel, p.outputs),
      bias: UnsafeBufferPointer(p.bias.elements), output: result)
    let loops = FastKernels<Element>(variant)
    loops.activate(activation, sums: result.readOnly, outputs: result)
    #expect(bits(p.rowMajor(output, p.outputs)) == bits(expected.elements))

    let delta = p.inPanels(p.delta, p.outputs)
    let gate = p.inPanels(p.gate, p.inputs)
    let below = p.empty(columns: p.inputs)
    panels.product(
      rows: p.rows, columns: p.inputs, terms: p.outputs, input: try #require(delta.elements.baseAddress),
      matrix: try #require(backward.elements.baseAddress), start: nil,
      output: try #require(below.elements.baseAddress), gate: gate.elements.baseAddress,
      panelStride: p.panelStride, activation: activation)
    let expectedBelow = AlignedBuffer<Element>(repeating: 0, count: p.rows * p.inputs)
    let resultBelow = MutableMatrix(expectedBelow.elements, rows: p.rows, columns: p.inputs)
    dense.backward(
      delta: p.matrix(p.delta, p.outputs), kernel: p.matrix(p.kernel, p.outputs), inputGradient: resultBelow)
    loops.backpropagate(activation, known: p.matrix(p.gate, p.inputs), gradient: resultBelow)
    #expect(bits(p.rowMajor(below, p.inputs)) == bits(expectedBelow.elements))
  }

  @Test(arguments: sizes) func passesHaveTheBitsOfDenseLayers(rows: Int, inputs: Int, outputs: Int) throws {
    for variant in KernelVariant.all {
      for activation in Activation.allCases where activation.isMadeInPanels {
        try checkPasses((rows, inputs, outputs), variant, activation, as: Float.self)
        try checkPasses((rows, inputs, outputs), variant, activation, as: Double.self)
      }
    }
  }

  /// The gradients of runs of rows by themselves, then added along the tree.
  func treeOfRuns<Element: Scalar>(
    _ p: Problem<Element>, shard: Int, _ dense: DenseKernels<Element>
  ) -> (kernel: [Element], bias: [Element]) {
    var sums = PairwiseTree.Accumulator<[Element]>()
    for (leaf, first) in stride(from: 0, to: p.rows, by: shard).enumerated() {
      let rows = first..<min(first + shard, p.rows)
      let gradient = AlignedBuffer<Element>(repeating: 0, count: (p.inputs + 1) * p.outputs)
      func part(_ buffer: AlignedBuffer<Element>, _ columns: Int) -> Matrix<Element> {
        Matrix(
          UnsafeBufferPointer(
            rebasing: buffer.elements[rows.lowerBound * columns..<rows.upperBound * columns]),
          rows: rows.count, columns: columns)
      }
      let split = p.inputs * p.outputs
      dense.gradient(
        input: part(p.input, p.inputs), delta: part(p.delta, p.outputs),
        kernelGradient: MutableMatrix(
          UnsafeMutableBufferPointer(rebasing: gradient.elements[..<split]), rows: p.inputs,
          columns: p.outputs),
        biasGradient: UnsafeMutableBufferPointer(rebasing: gradient.elements[split...]))
      sums.append(gradient.array, leaf: leaf) { zip($0, $1).map { $0 + $1 } }
    }
    let whole = PairwiseTree.Accumulator.joined([sums]) { zip($0, $1).map { $0 + $1 } } ?? []
    return (Array(whole[..<(p.inputs * p.outputs)]), Array(whole[(p.inputs * p.outputs)...]))
  }

  func checkGradient<Element: Scalar>(
    _ size: (Int, Int, Int), shard: Int, _ variant: KernelVariant, as: Element.Type
  ) throws {
    let p = Problem<Element>(size)
    let panels = PanelKernels<Element>(variant)
    let dense = DenseKernels<Element>(variant: variant, terms: max(p.rows, p.inputs, p.outputs))
    let lanes = PanelKernels<Element>.lanes
    let count = PanelKernels<Element>.padded(p.outputs) / lanes
    let input = p.inPanels(p.input, p.inputs)
    let delta = p.inPanels(p.delta, p.outputs)
    let stack = AlignedBuffer<Element>(
      repeating: .nan,
      count: PanelKernels<Element>.stackCount(
        columns: p.inputs, panels: panels.mostPanels, rows: p.rows, shard: shard))
    let base = try #require(stack.elements.baseAddress)
    let expected = treeOfRuns(p, shard: shard, dense)
    for panel in stride(from: 0, to: count, by: panels.mostPanels) {
      let width = min(panels.mostPanels, count - panel)
      let columns = min(width * lanes, p.outputs - panel * lanes)
      for (source, inputs, truth) in [(input, p.inputs, expected.kernel), (nil, 1, expected.bias)]
        as [(AlignedBuffer<Element>?, Int, [Element])]
      {
        panels.weightGradient(
          columns: inputs, panels: width, rows: p.rows, shard: shard, input: source?.elements.baseAddress,
          delta: try #require(delta.elements.baseAddress) + panel * p.panelStride,
          panelStride: p.panelStride, stack: base,
          soon: .nothing)
        let wanted = (0..<inputs).flatMap { row in
          (0..<columns).map { truth[row * p.outputs + panel * lanes + $0] }
        }
        let block = (0..<inputs).flatMap { row in
          (0..<columns).map { stack.elements[($0 / lanes * inputs + row) * lanes + $0 % lanes] }
        }
        #expect(bits(block) == bits(wanted))
      }
    }
  }

  @Test(arguments: sizes, [1, 3, 16, 1000]) func gradientsAreSummedAlongTheTree(
    size: (Int, Int, Int), shard: Int
  ) throws {
    for variant in KernelVariant.all {
      try checkGradient(size, shard: shard, variant, as: Float.self)
      try checkGradient(size, shard: shard, variant, as: Double.self)
    }
  }
}
