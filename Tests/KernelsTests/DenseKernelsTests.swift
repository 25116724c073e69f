import Primitives
import Testing

@testable import Kernels

@Suite struct DenseKernelsTests {
  /// B rows, I inputs, O outputs: ragged, tiny, and beyond every tile in each direction.
  static let sizes = [
    (1, 1, 1), (1, 7, 3), (2, 1, 16), (3, 5, 17), (8, 16, 48), (9, 13, 49), (17, 33, 10), (31, 20, 1),
    (40, 3, 97), (64, 50, 64), (7, 100, 31),
  ]

  struct Results<Element: Scalar> {
    var output: [Element]
    var kernelGradient: [Element]
    var biasGradient: [Element]
    var inputGradient: [Element]
    var bits: [[UInt8]] {
      [output, kernelGradient, biasGradient, inputGradient].map { $0.withUnsafeBytes(Array.init) }
    }
    var doubles: [[Double]] {
      [output, kernelGradient, biasGradient, inputGradient].map { $0.map { Double($0) } }
    }
  }

  func results<Element: Scalar>(
    _ size: (Int, Int, Int), _ variant: KernelVariant?, misaligned: Bool = false, as type: Element.Type
  ) -> Results<Element> {
    let (rows, inputs, outputs) = size
    let random = CounterRandom(seed: 3, purpose: .testing, stream: 4)
    var number: UInt64 = 0
    var owners: [AlignedBuffer<Element>] = []
    let shift = misaligned ? 1 : 0
    func buffer(_ count: Int, filled: Bool) -> UnsafeMutableBufferPointer<Element> {
      let owner = AlignedBuffer<Element>(repeating: .nan, count: count + shift)
      owners.append(owner)
      let elements = UnsafeMutableBufferPointer(rebasing: owner.elements[shift...])
      if filled {
        for index in elements.indices {
          // Of single precision, so that both types compute with the same numbers.
          elements[index] = Element(Float(random.normals(number).0))
          number += 1
        }
      }
      return elements
    }
    func matrix(_ rows: Int, _ columns: Int, filled: Bool) -> MutableMatrix<Element> {
      MutableMatrix(buffer(rows * columns, filled: filled), rows: rows, columns: columns)
    }
    let kernels = DenseKernels<Element>(variant: variant, terms: max(rows, inputs, outputs))
    let input = matrix(rows, inputs, filled: true).readOnly
    let kernel = matrix(inputs, outputs, filled: true).readOnly
    let delta = matrix(rows, outputs, filled: true).readOnly
    let bias = UnsafeBufferPointer(buffer(outputs, filled: true))
    let output = matrix(rows, outputs, filled: false)
    let kernelGradient = matrix(inputs, outputs, filled: false)
    let biasGradient = buffer(outputs, filled: false)
    let inputGradient = matrix(rows, inputs, filled: false)
    kernels.forward(input: input, kernel: kernel, bias: bias, output: output)
    kernels.gradient(
      input: input, delta: delta, kernelGradient: kernelGradient, biasGradient: biasGradient)
    kernels.backward(delta: delta, kernel: kernel, inputGradient: inputGradient)
    return withExtendedLifetime(owners) {
      Results(
        output: Array(output.elements), kernelGradient: Array(kernelGradient.elements),
        biasGradient: Array(biasGradient), inputGradient: Array(inputGradient.elements))
    }
  }

  @Test(arguments: sizes) func productsAreThoseOfTheSpecification(rows: Int, inputs: Int, outputs: Int) throws
  {
    let size = (rows, inputs, outputs)
    let truth = results(size, nil, as: Double.self).doubles
    let terms = Double(max(rows, inputs, outputs))
    for variant in KernelVariant.all {
      for (found, unit) in [
        (results(size, variant, as: Double.self).doubles, Double.ulpOfOne),
        (results(size, variant, as: Float.self).doubles, Double(Float.ulpOfOne)),
      ] {
        for (a, b) in zip(found.joined(), truth.joined()) {
          // Normal numbers: a sum of that many products, each rounded.
          #expect(abs(a - b) <= 4 * unit * (terms.squareRoot() * 4 + abs(b)), "\(variant.name)")
        }
      }
    }
  }

  @Test(arguments: sizes) func bitsDependNeitherOnVariantNorOnAlignment(
    rows: Int, inputs: Int, outputs: Int
  ) throws {
    let size = (rows, inputs, outputs)
    let best = try #require(KernelVariant.all.first)
    let single = results(size, best, as: Float.self).bits
    let double = results(size, best, as: Double.self).bits
    for variant in KernelVariant.all {
      #expect(results(size, variant, misaligned: true, as: Float.self).bits == single, "\(variant.name)")
      #expect(results(size, variant, misaligned: true, as: Double.self).bits == double, "\(variant.name)")
    }
  }
}
