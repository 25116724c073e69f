import Primitives
import Testing

@testable import Kernels

@Suite struct FastActivationsTests {
  static let counts = [1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 100]

  struct Result<Element: Scalar> {
    var outputs: Misaligned<Element>
    var gradient: Misaligned<Element>
    var bits: [[UInt8]] { [outputs.bits, gradient.bits] }
  }

  /// Outputs and derivatives of `rows` rows of normal numbers, in place or not.
  func run<Element: Scalar>(
    _ activation: Activation, _ variant: KernelVariant?, rows: Int = 1, columns: Int, inPlace: Bool = false,
    as type: Element.Type
  ) -> Result<Element> {
    let kernels = FastKernels<Element>(variant)
    let sums = Misaligned<Element>(numbers(rows * columns, stream: 21).map { $0 * 3 })
    let outputs = inPlace ? sums : Misaligned<Element>(Array(repeating: .nan, count: rows * columns))
    let gradient = Misaligned<Element>(numbers(rows * columns, stream: 22))
    let known = activation.needsSums ? Misaligned(Array(sums.readOnly)) : outputs
    kernels.activate(
      activation, sums: sums.matrix(rows, columns).readOnly, outputs: outputs.matrix(rows, columns))
    if activation != .softmax {
      kernels.backpropagate(
        activation, known: known.matrix(rows, columns).readOnly, gradient: gradient.matrix(rows, columns))
    }
    return Result(outputs: outputs, gradient: gradient)
  }

  @Test(arguments: Activation.allCases) func resultsAreThoseOfTheSpecification(activation: Activation) {
    func check<Element: Scalar>(_ variant: KernelVariant, _ count: Int, as type: Element.Type) {
      let fast = run(activation, variant, columns: count, as: type)
      let plain = run(activation, nil, columns: count, as: type)
      let unit = Double(Element.ulpOfOne)
      for (a, b) in zip(fast.outputs.elements, plain.outputs.elements) {
        // What the elementary function is off by, and its factor's rounding; both libraries have such an error.
        #expect(abs(Double(a - b)) <= 10 * unit * max(1, Double(abs(b))), "\(variant.name), \(count)")
      }
      for (a, b) in zip(fast.gradient.elements, plain.gradient.elements) {
        #expect(abs(Double(a - b)) <= 30 * unit, "\(variant.name), \(count)")
      }
    }
    for variant in KernelVariant.all {
      for count in Self.counts {
        check(variant, count, as: Float.self)
        check(variant, count, as: Double.self)
      }
    }
  }

  /// What takes no elementary function has even the same bits.
  @Test(arguments: [Activation.identity, .relu, .leakyRelu, .step])
  func piecewiseLinearOnesHaveTheBitsOfTheirSpecification(activation: Activation) {
    for variant in KernelVariant.all {
      for count in Self.counts {
        for inPlace in [false, true] {
          func bits(_ variant: KernelVariant?) -> [[UInt8]] {
            run(activation, variant, columns: count, inPlace: inPlace, as: Float.self).bits
              + run(activation, variant, columns: count, inPlace: inPlace, as: Double.self).bits
          }
          #expect(bits(variant) == bits(nil), "\(variant.name), \(count) numbers")
        }
      }
    }
  }

  @Test(arguments: Activation.allCases)
  func bitsDependNeitherOnVariantNorOnPlace(activation: Activation) throws {
    let best = try #require(KernelVariant.all.first)
    for (rows, columns) in [(1, 1), (3, 5), (16, 16), (17, 3), (5, 100), (40, 33)] {
      func bits(_ variant: KernelVariant, inPlace: Bool) -> [[UInt8]] {
        let single = run(
          activation, variant, rows: rows, columns: columns, inPlace: inPlace, as: Float.self)
        let double = run(
          activation, variant, rows: rows, columns: columns, inPlace: inPlace, as: Double.self)
        return single.bits + double.bits
      }
      let expected = bits(best, inPlace: false)
      for variant in KernelVariant.all {
        for inPlace in [false, true] {
          #expect(bits(variant, inPlace: inPlace) == expected, "\(variant.name), \(rows) x \(columns)")
        }
      }
    }
  }

  /// A row's bits are its own: how many rows there are, and where it stands among them, does not matter.
  @Test(arguments: [1, 2, 3, 10, 16, 17, 40, 1000]) func rowsOfSoftmaxAreIndependent(columns: Int) throws {
    let rows = 37
    for variant in KernelVariant.all {
      let kernels = FastKernels<Float>(variant)
      let logits: [Float] = numbers(rows * columns, stream: 23).map { $0 * 5 }
      let all = Misaligned(logits)
      kernels.softmax(all.matrix(rows, columns))
      for row in [0, 1, 15, 16, 36] {
        let own = row * columns..<(row + 1) * columns
        let one = Misaligned(Array(logits[own]))
        kernels.softmax(one.matrix(1, columns))
        #expect(Array(one.elements) == Array(all.elements[own]), "\(variant.name), row \(row)")
      }
    }
  }

  @Test(arguments: Activation.allCases) func notANumberStaysOne(activation: Activation) {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        for variant in KernelVariant.all {
          for column in [0, 1, 17, 18] {
            let values = Misaligned<Element>(numbers(19, stream: 24))
            values.elements[column] = .nan
            let matrix = values.matrix(1, 19)
            FastKernels(variant).activate(activation, sums: matrix.readOnly, outputs: matrix)
            #expect(values.elements[column].isNaN)
          }
        }
      }
      check(type)
    }
  }

  @Test func farOutActivationsAreTheirLimits() {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        for variant in KernelVariant.all {
          let limits: [(Activation, Element, Element)] = [
            (.sigmoid, 0, 1), (.tanh, -1, 1), (.elu, -1, 1e30), (.gelu, 0, 1e30), (.silu, 0, 1e30),
            (.softplus, 0, 1e30), (.leakyRelu, -0.01 * 1e30, 1e30), (.step, 0, 1),
          ]
          for (activation, low, high) in limits {
            let values = Misaligned<Element>([-1e30, 1e30])
            let matrix = values.matrix(1, 2)
            FastKernels(variant).activate(activation, sums: matrix.readOnly, outputs: matrix)
            #expect(Array(values.elements) == [low, high], "\(activation)")
          }
        }
      }
      check(type)
    }
  }
}
