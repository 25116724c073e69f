import Glibc
import Primitives
import Testing

@testable import Kernels

/// The plain loops and the compiled ones, against formulas worked out by hand.
@Suite struct LossKernelsTests {
  struct Result<Element: Scalar> {
    var loss: Element
    var outputs: [Element]
    var gradient: [Element]
    var allBits: [[UInt8]] { [bits([loss]), bits(outputs), bits(gradient)] }
  }

  static func evaluate<Element: Scalar>(
    _ loss: Loss, _ outputs: [Element], _ targets: [Element], _ kernels: KernelVariant?
  ) -> Result<Element> {
    let (a, t) = (Misaligned(outputs), Misaligned(targets))
    let gradient = Misaligned(Array(repeating: Element.nan, count: outputs.count))
    let sum = FastKernels(kernels).loss(
      loss, outputs: a.matrix(1, outputs.count), targets: t.matrix(1, outputs.count).readOnly,
      gradient: gradient.matrix(1, outputs.count))
    return Result(loss: sum, outputs: Array(a.elements), gradient: Array(gradient.elements))
  }

  static func crossEntropy<Element: Scalar>(
    _ logits: [[Element]], _ labels: [Int32], _ kernels: KernelVariant?
  ) -> Result<Element> {
    let (rows, columns) = (logits.count, logits[0].count)
    let outputs = Misaligned(Array(logits.joined()))
    let labels = Misaligned(labels)
    let gradient = Misaligned(Array(repeating: Element.nan, count: rows * columns))
    let loss = FastKernels(kernels).crossEntropy(
      outputs: outputs.matrix(rows, columns), labels: labels.readOnly,
      gradient: gradient.matrix(rows, columns))
    return Result(loss: loss, outputs: Array(outputs.elements), gradient: Array(gradient.elements))
  }

  /// The loss of one error and its derivative, as the textbook has them.
  static func textbook(_ loss: Loss, error: Double) -> (loss: Double, slope: Double) {
    switch loss {
    case .meanSquaredError: (error * error, 2 * error)
    case .halfSquaredError: (error * error / 2, error)
    case .meanAbsoluteError: (abs(error), error == 0 ? 0 : error / abs(error))
    case .huber(let delta):
      abs(error) <= delta
        ? (error * error / 2, error) : (delta * (abs(error) - delta / 2), delta * error / abs(error))
    default: (.nan, .nan)
    }
  }

  static let errors: [Loss] = [.meanSquaredError, .halfSquaredError, .meanAbsoluteError, .huber(delta: 0.25)]

  @Test(arguments: errors, [1, 2, 7, 15, 16, 17, 31, 64, 100])
  func lossesOfErrorsAreTheSumsOfTheTextbook(loss: Loss, count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 1)
        var outputs = numbers.buffer(count, as: type).array
        let targets = numbers.buffer(count, as: type).array
        // An error of nothing, too.
        outputs[count / 2] = targets[count / 2]
        for kernels in allKernels {
          let result = Self.evaluate(loss, outputs, targets, kernels)
          var exact = 0.0
          for index in outputs.indices {
            let error = Double(outputs[index]) - Double(targets[index])
            let expected = Self.textbook(loss, error: error)
            exact += expected.loss
            #expect(agrees(result.gradient[index], expected.slope, roundings: 1), "\(kernels.title)")
          }
          // Positive terms: each is off by three roundings, the sum by one a term.
          #expect(agrees(result.loss, exact, roundings: 2 * count + 3), "\(kernels.title)")
          #expect(result.outputs == outputs)
        }
      }
      check(type)
    }
  }

  /// Weighted sum, target, loss and derivative; worked out by hand where the plain formula overflows.
  @Test(
    arguments: [
      (1e4, 1, 0, 0), (1e4, 0, 1e4, 1), (-1e4, 0, 0, 0), (-1e4, 1, 1e4, -1), (1e4, 0.25, 7500, 0.75),
      (-1e4, 0.25, 2500, -0.25), (0, 1, 0.6931471805599453, -0.5), (0, 0.5, 0.6931471805599453, 0),
      (20, 1, 2.061153620314381e-9, -2.0611536181902037e-9),
      (-20, 0, 2.061153620314381e-9, 2.0611536181902037e-9),
    ] as [(Double, Double, Double, Double)])
  func binaryCrossEntropyIsExactFarOut(z: Double, target: Double, loss: Double, slope: Double) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        for kernels in allKernels {
          let result = Self.evaluate(.binaryCrossEntropy, [Element(z)], [Element(target)], kernels)
          #expect(agrees(result.loss, loss, roundings: 3), "\(kernels.title)")
          // A probability near one is known to a unit in the last place of one, and so is the derivative.
          #expect(abs(Double(result.gradient[0]) - slope) <= Double(Element.ulpOfOne), "\(kernels.title)")
        }
      }
      check(type)
    }
  }

  @Test func binaryCrossEntropyIsThePlainFormulaWhereThatIsGood() {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 2)
        for _ in 0..<50 {
          let (z, t) = (4 * numbers.next(), (numbers.next() + 1) / 2)
          let p = 1 / (1 + Glibc.exp(-Double(Element(z))))
          let target = Double(Element(t))
          let exact = -target * Glibc.log(p) - (1 - target) * Glibc.log(1 - p)
          for kernels in allKernels {
            let result = Self.evaluate(.binaryCrossEntropy, [Element(z)], [Element(t)], kernels)
            // The parts of the sum are at most |z| + 1.
            #expect(abs(Double(result.loss) - exact) <= 4 * (abs(z) + 1) * Double(Element.ulpOfOne))
            #expect(agrees(result.outputs[0], p, roundings: 4))
            #expect(abs(Double(result.gradient[0]) - (p - target)) <= 4 * Double(Element.ulpOfOne))
          }
        }
      }
      check(type)
    }
  }

  /// Among these are logits so large that their own logarithm of a sum of exponentials would swallow the loss.
  @Test(
    arguments: [
      [1], [0, 0], [1, 2, 3], [1e4, -1e4], [-1e4, 1e4], [1e4, 1e4], [-1e4, -1e4, -1e4], [100, 98, 97],
      [1e4, 9998, 0], [8192, 8191, 8190, 8189, 8188],
      [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7, 9, 5, 0],
    ] as [[Double]]) func crossEntropyIsExactFarOut(logits: [Double])
  {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        // The largest logit's own term is 1: the others' go into the logarithm without it.
        let largest = logits.max() ?? 0
        let terms = logits.map { Glibc.exp($0 - largest) }
        let sum = terms.reduce(0, +)
        for kernels in allKernels {
          for label in logits.indices {
            let result = Self.crossEntropy([logits.map { Element($0) }], [Int32(label)], kernels)
            let exact = Glibc.log(sum) + (largest - logits[label])
            // The sum of terms, at least 1, has one rounding a term, which the logarithm hands on.
            let bound = Double(logits.count + 3) * Double(Element.ulpOfOne) * max(1, exact)
            #expect(abs(Double(result.loss) - exact) <= bound, "label \(label), \(kernels.title)")
            for index in logits.indices {
              let slope = terms[index] / sum - (index == label ? 1 : 0)
              let unit = Double(Element.ulpOfOne)
              #expect(abs(Double(result.gradient[index]) - slope) <= Double(logits.count + 4) * unit)
              #expect(agrees(result.outputs[index], terms[index] / sum, roundings: logits.count + 4))
            }
          }
        }
      }
      check(type)
    }
  }

  @Test func crossEntropyAddsUpTheRows() {
    let rows = [[1.0, 2, 3], [0, -1, 4], [2, 2, 2]]
    let labels: [Int32] = [2, 0, 1]
    for kernels in allKernels {
      let all = Self.crossEntropy(rows, labels, kernels)
      let each = zip(rows, labels).map { Self.crossEntropy([$0], [$1], kernels) }
      #expect(abs(all.loss - each.reduce(0) { $0 + $1.loss }) < 1e-14)
      #expect(all.gradient == each.flatMap(\.gradient))
      #expect(all.outputs == each.flatMap(\.outputs))
    }
  }

  @Test func lossesOfNotANumberAreNotANumber() {
    for kernels in allKernels {
      for loss in Loss.all where loss != .crossEntropy {
        for place in [0, 16, 18] {
          var outputs = [Float](repeating: 0.5, count: 19)
          outputs[place] = .nan
          #expect(Self.evaluate(loss, outputs, Array(repeating: 1, count: 19), kernels).loss.isNaN)
        }
      }
      for label in 0..<3 {
        #expect(Self.crossEntropy([[1, Float.nan, 2]], [Int32(label)], kernels).loss.isNaN)
      }
    }
  }

  @Test(arguments: Loss.all) func bitsDoNotDependOnTheVariant(loss: Loss) throws {
    let best = try #require(KernelVariant.all.first)
    func results<Element: Scalar>(_ rows: Int, _ columns: Int, _ variant: KernelVariant, as: Element.Type)
      -> [[UInt8]]
    {
      let outputs: [Element] = numbers(rows * columns, stream: 31).map { $0 * 4 }
      if loss == .crossEntropy {
        let logits = (0..<rows).map { Array(outputs[$0 * columns..<($0 + 1) * columns]) }
        return Self.crossEntropy(logits, (0..<rows).map { Int32($0 * 7 % columns) }, variant).allBits
      }
      let random: [Element] = numbers(rows * columns, stream: 32)
      let targets = random.map { min(abs($0), 1) }
      return Self.evaluate(loss, outputs, targets, variant).allBits
    }
    for (rows, columns) in [(1, 1), (1, 10), (3, 7), (16, 16), (17, 10), (33, 40), (5, 1000)] {
      let single = results(rows, columns, best, as: Float.self)
      let double = results(rows, columns, best, as: Double.self)
      for variant in KernelVariant.all.dropFirst() {
        #expect(results(rows, columns, variant, as: Float.self) == single, "\(variant.name)")
        #expect(results(rows, columns, variant, as: Double.self) == double, "\(variant.name)")
      }
    }
  }

  /// Evaluation takes a probability from its loss, prediction from the activation.
  @Test func probabilitiesOfTheLossHaveTheBitsOfTheActivation() {
    func activated<Element: Scalar>(
      _ activation: Activation, _ rows: Int, _ columns: Int, _ values: [Element], _ kernels: KernelVariant?
    ) -> [Element] {
      let buffer = Misaligned(values)
      let matrix = buffer.matrix(rows, columns)
      FastKernels(kernels).activate(activation, sums: matrix.readOnly, outputs: matrix)
      return Array(buffer.elements)
    }
    for kernels in allKernels {
      let sums: [Float] = numbers(200, stream: 33).map { $0 * 10 }
      let targets = [Float](repeating: 0.25, count: 200)
      let loss = Self.evaluate(.binaryCrossEntropy, sums, targets, kernels)
      #expect(loss.outputs == activated(.sigmoid, 1, 200, sums, kernels), "\(kernels.title)")
      let logits = (0..<20).map { Array(sums[$0 * 10..<($0 + 1) * 10]) }
      let classes = Self.crossEntropy(logits, Array(repeating: 3, count: 20), kernels)
      #expect(classes.outputs == activated(.softmax, 20, 10, sums, kernels), "\(kernels.title)")
    }
  }
}
