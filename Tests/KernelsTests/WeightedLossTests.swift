import Primitives
import Testing

@testable import Kernels

/// Losses of rows with weights, against those of rows without.
@Suite struct WeightedLossTests {
  struct Result<Element: Scalar> {
    var loss: Element
    var outputs: [Element]
    var gradient: [Element]
    var allBits: [[UInt8]] { [bits([loss]), bits(outputs), bits(gradient)] }
  }

  static let shapes = [(1, 1), (1, 10), (3, 7), (15, 1), (16, 16), (17, 10), (33, 3), (100, 1), (5, 300)]

  /// Random outputs and targets of `loss`, evaluated with `weights`; nil for none.
  static func evaluate<Element: Scalar>(
    _ loss: Loss, _ rows: Int, _ columns: Int, weights: [Element]?, _ kernels: KernelVariant?,
    rows chosen: Range<Int>? = nil
  ) -> Result<Element> {
    let chosen = chosen ?? 0..<rows
    func part(_ values: [Element]) -> [Element] {
      Array(values[chosen.lowerBound * columns..<chosen.upperBound * columns])
    }
    let outputs = Misaligned(part(numbers(rows * columns, stream: 41).map { $0 * 3 }))
    let targets = Misaligned(part(numbers(rows * columns, stream: 42).map { min(abs($0), 1) }))
    let labels = Misaligned(chosen.map { Int32($0 * 7 % columns) })
    let gradient = Misaligned([Element](repeating: .nan, count: chosen.count * columns))
    let weights = weights.map { Misaligned($0) }
    let a = outputs.matrix(chosen.count, columns)
    let g = gradient.matrix(chosen.count, columns)
    let sum =
      loss == .crossEntropy
      ? FastKernels(kernels).crossEntropy(
        outputs: a, labels: labels.readOnly, weights: weights?.readOnly, gradient: g)
      : FastKernels(kernels).loss(
        loss, outputs: a, targets: targets.matrix(chosen.count, columns).readOnly, weights: weights?.readOnly,
        gradient: g)
    return Result(loss: sum, outputs: Array(outputs.elements), gradient: Array(gradient.elements))
  }

  static func check(_ body: (any Scalar.Type, KernelVariant?, Int, Int) -> Void) {
    for (rows, columns) in shapes {
      for kernels in allKernels { forBothPrecisions { body($0, kernels, rows, columns) } }
    }
  }

  @Test(arguments: Loss.all) func onesChangeNoBit(loss: Loss) {
    Self.check { type, kernels, rows, columns in
      func check<Element: Scalar>(_ type: Element.Type) {
        let ones = [Element](repeating: 1, count: rows)
        let weighted = Self.evaluate(loss, rows, columns, weights: ones, kernels)
        let plain: Result<Element> = Self.evaluate(loss, rows, columns, weights: nil, kernels)
        #expect(weighted.allBits == plain.allBits, "\(kernels.title), \(rows) by \(columns)")
      }
      check(type)
    }
  }

  /// A row's gradient is its own, times its weight, rounded once; zeros leave nothing.
  @Test(arguments: Loss.all) func eachRowIsMultipliedByItsWeight(loss: Loss) {
    Self.check { type, kernels, rows, columns in
      func check<Element: Scalar>(_ type: Element.Type) {
        let weights: [Element] = (0..<rows).map { $0 % 4 == 3 ? 0 : Element($0 % 7) / 4 + 0.1 }
        let weighted = Self.evaluate(loss, rows, columns, weights: weights, kernels)
        let plain: Result<Element> = Self.evaluate(loss, rows, columns, weights: nil, kernels)
        #expect(bits(weighted.outputs) == bits(plain.outputs))
        let expected = plain.gradient.indices.map { weights[$0 / columns] * plain.gradient[$0] }
        #expect(weighted.gradient == expected, "\(kernels.title), \(rows) by \(columns)")
        var sum = 0.0
        for row in 0..<rows {
          let own: Result<Element> = Self.evaluate(
            loss, rows, columns, weights: nil, kernels, rows: row..<row + 1)
          sum += Double(weights[row]) * Double(own.loss)
        }
        #expect(agrees(weighted.loss, sum, roundings: 2 * rows * columns + 4), "\(kernels.title)")
      }
      check(type)
    }
  }

  @Test(arguments: Loss.all) func powersOfTwoScaleAllBits(loss: Loss) {
    Self.check { type, kernels, rows, columns in
      func check<Element: Scalar>(_ type: Element.Type) {
        let fours = [Element](repeating: 4, count: rows)
        let weighted = Self.evaluate(loss, rows, columns, weights: fours, kernels)
        let plain: Result<Element> = Self.evaluate(loss, rows, columns, weights: nil, kernels)
        #expect(weighted.loss == 4 * plain.loss && weighted.gradient == plain.gradient.map { 4 * $0 })
      }
      check(type)
    }
  }

  @Test(arguments: Loss.all) func bitsOfWeightedLossesDoNotDependOnTheVariant(loss: Loss) throws {
    let best = try #require(KernelVariant.all.first)
    for (rows, columns) in Self.shapes {
      forBothPrecisions { type in
        func check<Element: Scalar>(_ type: Element.Type) {
          let random: [Element] = numbers(rows, stream: 43)
          let weights = random.map { abs($0) }
          let expected = Self.evaluate(loss, rows, columns, weights: weights, best).allBits
          for variant in KernelVariant.all.dropFirst() {
            let found = Self.evaluate(loss, rows, columns, weights: weights, variant).allBits
            #expect(found == expected, "\(variant.name)")
          }
        }
        check(type)
      }
    }
  }
}
