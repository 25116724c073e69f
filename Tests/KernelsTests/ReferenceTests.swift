import Foundation
import Primitives
import Testing

@testable import Kernels

/// What JAX works out: see Reference/make_reference.py.
private struct Reference: Decodable {
  struct ActivationValues: Decodable {
    var name: String
    var outputs: [Double]
    var derivatives: [Double]
  }
  struct LossValues: Decodable {
    var name: String
    var loss: Double
    var gradient: [Double]
  }

  var sums: [Double]
  var activations: [ActivationValues]
  var rows: Int
  var columns: Int
  var huber_delta: Double
  var outputs: [Double]
  var targets: [Double]
  var labels: [Int32]
  var losses: [LossValues]

  static func load() throws -> Reference {
    let url = try #require(
      Bundle.module.url(forResource: "reference", withExtension: "json", subdirectory: "Reference"))
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }
}

@Suite struct ReferenceTests {
  /// How far off numbers of about one may be: a few units in the last place.
  private static func bound<Element: Scalar>(_ type: Element.Type) -> Double { 16 * Double(Element.ulpOfOne) }

  @Test(arguments: allKernels) func activationsAreThoseOfJAX(kernels: KernelVariant?) throws {
    let reference = try Reference.load()
    #expect(reference.activations.count == Activation.allCases.count - 2, "all but step and softmax")
    func check<Element: Scalar>(_ values: Reference.ActivationValues, as type: Element.Type) throws {
      let activation = try #require(Activation(rawValue: values.name))
      let count = reference.sums.count
      let sums = Misaligned(reference.sums.map { Element($0) })
      let outputs = Misaligned(Array(repeating: Element.nan, count: count))
      let gradient = Misaligned(Array(repeating: Element(1), count: count))
      let fast = FastKernels<Element>(kernels)
      fast.activate(activation, sums: sums.matrix(1, count).readOnly, outputs: outputs.matrix(1, count))
      let known = activation.needsSums ? sums : outputs
      fast.backpropagate(
        activation, known: known.matrix(1, count).readOnly, gradient: gradient.matrix(1, count))
      for index in 0..<count {
        let (a, slope) = (values.outputs[index], values.derivatives[index])
        let what: Comment =
          "\(values.name) at \(reference.sums[index]), \(kernels.title), \(Element.precision)"
        #expect(abs(Double(outputs.elements[index]) - a) <= Self.bound(type) * max(1, abs(a)), what)
        #expect(abs(Double(gradient.elements[index]) - slope) <= Self.bound(type), what)
      }
    }
    for values in reference.activations {
      try check(values, as: Float.self)
      try check(values, as: Double.self)
    }
  }

  @Test(arguments: allKernels) func lossesAreThoseOfJAX(kernels: KernelVariant?) throws {
    let reference = try Reference.load()
    #expect(reference.losses.count == Loss.all.count)
    func check<Element: Scalar>(_ values: Reference.LossValues, as type: Element.Type) throws {
      var loss = try #require(Loss(name: values.name))
      if case .huber = loss { loss = .huber(delta: reference.huber_delta) }
      let (rows, columns) = (reference.rows, reference.columns)
      let outputs = Misaligned(reference.outputs.map { Element($0) })
      let targets = Misaligned(reference.targets.map { Element($0) })
      let labels = Misaligned(reference.labels)
      let gradient = Misaligned(Array(repeating: Element.nan, count: rows * columns))
      let fast = FastKernels<Element>(kernels)
      let sum =
        loss == .crossEntropy
        ? fast.crossEntropy(
          outputs: outputs.matrix(rows, columns), labels: labels.readOnly,
          gradient: gradient.matrix(rows, columns))
        : fast.loss(
          loss, outputs: outputs.matrix(rows, columns), targets: targets.matrix(rows, columns).readOnly,
          gradient: gradient.matrix(rows, columns))
      let divisor = Double(rows * loss.divisor(outputs: columns))
      let what: Comment = "\(values.name), \(kernels.title), \(Element.precision)"
      #expect(abs(Double(sum) / divisor - values.loss) <= Self.bound(type) * max(1, values.loss), what)
      for (found, expected) in zip(gradient.elements, values.gradient) {
        #expect(abs(Double(found) / divisor - expected) <= Self.bound(type), what)
      }
    }
    for values in reference.losses {
      try check(values, as: Float.self)
      try check(values, as: Double.self)
    }
  }
}
