import Glibc
import Kernels
import Primitives
import Testing

@Suite struct LossKernelsTests {
  @Test(arguments: [1, 2, 7, 31]) func squaredErrorIsTheSumOfSquares(count: Int) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        var numbers = Numbers(seed: 1)
        let outputs = numbers.buffer(2 * count, as: type)
        let targets = numbers.buffer(2 * count, as: type)
        let gradient = AlignedBuffer(repeating: Element.nan, count: 2 * count)
        let loss = LossKernels.squaredError(
          outputs: outputs.matrix(2, count).readOnly, targets: targets.matrix(2, count).readOnly,
          gradient: gradient.matrix(2, count))
        var exact = 0.0
        for (index, (a, t)) in zip(outputs.doubles, targets.doubles).enumerated() {
          exact += (a - t) * (a - t)
          #expect(agrees(gradient.elements[index], 2 * (a - t), roundings: 1))
        }
        // Positive terms: each square is off by three roundings, the sum by one a term.
        #expect(agrees(loss, exact, roundings: 2 * count + 3))
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
        let result = Self.binaryCrossEntropy([Element(z)], [Element(target)])
        #expect(agrees(result.loss, loss, roundings: 3))
        // A probability near one is known to a unit in the last place of one, and so is the derivative.
        #expect(abs(Double(result.gradient[0]) - slope) <= Double(Element.ulpOfOne))
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
          let result = Self.binaryCrossEntropy([Element(z)], [Element(t)])
          let p = 1 / (1 + Glibc.exp(-Double(Element(z))))
          let target = Double(Element(t))
          let exact = -target * Glibc.log(p) - (1 - target) * Glibc.log(1 - p)
          // The parts of the sum are at most |z| + 1.
          #expect(abs(Double(result.loss) - exact) <= 4 * (abs(z) + 1) * Double(Element.ulpOfOne))
          #expect(agrees(result.outputs[0], p, roundings: 4))
          #expect(abs(Double(result.gradient[0]) - (p - target)) <= 4 * Double(Element.ulpOfOne))
        }
      }
      check(type)
    }
  }

  private static func binaryCrossEntropy<Element: Scalar>(_ z: [Element], _ targets: [Element]) -> (
    loss: Element, outputs: [Element], gradient: [Element]
  ) {
    let outputs = AlignedBuffer(z, filler: 0)
    let targets = AlignedBuffer(targets, filler: 0)
    let gradient = AlignedBuffer(repeating: Element.nan, count: z.count)
    let loss = LossKernels.binaryCrossEntropy(
      outputs: outputs.matrix(1, z.count), targets: targets.matrix(1, z.count).readOnly,
      gradient: gradient.matrix(1, z.count))
    return (loss, outputs.array, gradient.array)
  }

  /// Among these are logits so large that their own logarithm of a sum of exponentials would swallow the loss.
  @Test(
    arguments: [
      [1], [0, 0], [1, 2, 3], [1e4, -1e4], [-1e4, 1e4], [1e4, 1e4], [-1e4, -1e4, -1e4], [100, 98, 97],
      [1e4, 9998, 0], [8192, 8191, 8190, 8189, 8188],
    ] as [[Double]]) func crossEntropyIsExactFarOut(logits: [Double])
  {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        for label in logits.indices {
          let result = Self.crossEntropy([logits.map { Element($0) }], [Int32(label)])
          // The largest logit's own term is 1: the others' go into the logarithm without it.
          let largest = logits.max() ?? 0
          let terms = logits.map { Glibc.exp($0 - largest) }
          let exact = Glibc.log(terms.reduce(0, +)) + (largest - logits[label])
          // The sum of terms, at least 1, has one rounding a term, which the logarithm hands on.
          let bound = Double(logits.count + 3) * Double(Element.ulpOfOne) * max(1, exact)
          #expect(abs(Double(result.loss) - exact) <= bound, "label \(label)")
          for index in logits.indices {
            let slope = terms[index] / terms.reduce(0, +) - (index == label ? 1 : 0)
            let unit = Double(Element.ulpOfOne)
            #expect(abs(Double(result.gradient[index]) - slope) <= Double(logits.count + 4) * unit)
          }
        }
      }
      check(type)
    }
  }

  @Test func crossEntropyAddsUpTheRows() {
    let rows = [[1.0, 2, 3], [0, -1, 4], [2, 2, 2]]
    let labels: [Int32] = [2, 0, 1]
    let all = Self.crossEntropy(rows, labels)
    let each = zip(rows, labels).map { Self.crossEntropy([$0], [$1]) }
    #expect(all.loss == each.reduce(0) { $0 + $1.loss })
    #expect(all.gradient == each.flatMap(\.gradient))
    #expect(all.outputs == each.flatMap(\.outputs))
  }

  private static func crossEntropy<Element: Scalar>(_ logits: [[Element]], _ labels: [Int32]) -> (
    loss: Element, outputs: [Element], gradient: [Element]
  ) {
    let (rows, columns) = (logits.count, logits[0].count)
    let outputs = AlignedBuffer(Array(logits.joined()), filler: 0)
    let labels = AlignedBuffer(labels, filler: 0)
    let gradient = AlignedBuffer(repeating: Element.nan, count: rows * columns)
    let loss = LossKernels.crossEntropy(
      outputs: outputs.matrix(rows, columns), labels: labels.readOnly,
      gradient: gradient.matrix(rows, columns))
    return (loss, outputs.array, gradient.array)
  }

  @Test func lossesOfNotANumberAreNotANumber() {
    #expect(Self.binaryCrossEntropy([Float.nan], [1]).loss.isNaN)
    for label in 0..<3 {
      #expect(Self.crossEntropy([[1, Float.nan, 2]], [Int32(label)]).loss.isNaN)
    }
  }
}
