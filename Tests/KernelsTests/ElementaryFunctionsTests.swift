import CKernels
import Foundation
import Primitives
import Testing

@testable import Kernels

/// An elementary function of the compiled loops, with the error that it claims.
struct ElementaryFunction: Sendable, CustomTestStringConvertible {
  var name: String
  var code: Int
  /// The error in units in the last place.
  var units: Double
  /// The arguments, from `range`, within the range in which e^x is normal.
  var range: ClosedRange<Double>
  var truth: @Sendable (Double) -> Double

  var testDescription: String { name }

  static let all = [
    ElementaryFunction(
      name: "exp", code: ck_exponential, units: 1, range: -Double.infinity...Double.infinity, truth: exp),
    ElementaryFunction(
      name: "expm1", code: ck_exponential_less_one, units: 2, range: -Double.infinity...0, truth: expm1),
    ElementaryFunction(name: "log", code: ck_logarithm, units: 1, range: 0...Double.infinity, truth: log),
    ElementaryFunction(
      name: "log1p", code: ck_logarithm_of_one_more, units: 1, range: 0...1, truth: log1p),
    ElementaryFunction(
      name: "logistic", code: ck_logistic, units: 3, range: -Double.infinity...Double.infinity,
      truth: { $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0)) }),
    ElementaryFunction(
      name: "tanh", code: ck_hyperbolic_tangent, units: 2, range: -Double.infinity...Double.infinity,
      truth: tanh),
    ElementaryFunction(
      name: "normal", code: ck_normal, units: 8, range: -Double.infinity...Double.infinity,
      truth: normal),
  ]

  /// erfc(-x / sqrt(2)) / 2, mended for the rounding of the argument, which the function magnifies.
  private static func normal(_ x: Double) -> Double {
    let root = 0.5.squareRoot()
    let y = -x * root
    // The rounding errors of the product and of the root.
    let error = (-y).addingProduct(-x, root) + x * 4.8336466567264565e-17
    return (erfc(y) - 2 / Double.pi.squareRoot() * exp(-y * y) * error) / 2
  }

  /// Numbers of all sizes: many small ones, the same with their logarithm evenly spread, and a few about 1.
  func arguments<Element: Scalar>(_ type: Element.Type) -> [Element] {
    let limit = Element.precision == .float32 ? 87.0 : 708.0
    let random = CounterRandom(seed: 6, purpose: .testing, stream: UInt32(code))
    let values = (0..<6000).flatMap { index -> [Double] in
      let (u, v) = random.uniforms(UInt64(index))
      let sign: Double = index % 2 == 0 ? 1 : -1
      return [sign * limit * u, sign * 4 * v, sign * exp(-25 * u), exp(sign * limit * v), 1 + sign * v / 2]
    }
    return values.map { Element($0) }.filter {
      range.contains(Double($0)) && $0 != 0
        && abs($0) <= (code == ck_logarithm ? Element(exp(limit)) : Element(limit))
    }
  }
}

extension KernelVariant {
  fileprivate func evaluate<Element: Scalar>(_ code: Int, _ values: [Element]) -> [Element] {
    let buffer = AlignedBuffer(values, filler: 0)
    let raw = UnsafeMutableRawPointer(buffer.elements.baseAddress)
    let (table, count) = (functions.pointee, Int64(values.count))
    switch Element.precision {
    case .float32: table.evaluate_f32(raw?.assumingMemoryBound(to: Float.self), count, Int32(code))
    case .float64: table.evaluate_f64(raw?.assumingMemoryBound(to: Double.self), count, Int32(code))
    }
    return buffer.array
  }
}

@Suite struct ElementaryFunctionsTests {
  @Test(arguments: ElementaryFunction.all) func errorsAreWhatIsClaimed(function: ElementaryFunction) throws {
    let variant = try #require(KernelVariant.all.first)
    /// The largest error in units in the last place, and where.
    func worst<Element: Scalar>(_ type: Element.Type) -> (units: Double, argument: Element) {
      let arguments = function.arguments(type)
      var worst = (units: 0.0, argument: Element(0))
      for (x, found) in zip(arguments, variant.evaluate(function.code, arguments)) {
        let exact = function.truth(Double(x))
        // Results too small for the normal range are zero.
        if abs(exact) < Double(Element.leastNormalMagnitude) { continue }
        let units = abs(Double(found) - exact) / Double(Element(exact).ulp)
        if !(units <= worst.units) { worst = (units.isNaN ? .infinity : units, x) }
      }
      return worst
    }
    let single = worst(Float.self)
    #expect(single.units <= function.units, "\(single.argument)")
    // In double precision the other library has an error of its own, of a unit a call and operation.
    let double = worst(Double.self)
    #expect(double.units <= function.units + (function.code < ck_logistic ? 1 : 3), "\(double.argument)")
    #expect(
      single.units > 0.5 && double.units > 0.4,
      "\(single), \(double): somewhere a result is not the nearest number")
  }

  @Test(arguments: ElementaryFunction.all) func allVariantsGiveTheSameBits(function: ElementaryFunction)
    throws
  {
    let best = try #require(KernelVariant.all.first)
    for variant in KernelVariant.all.dropFirst() {
      let (single, double) = (function.arguments(Float.self), function.arguments(Double.self))
      #expect(variant.evaluate(function.code, single) == best.evaluate(function.code, single))
      #expect(variant.evaluate(function.code, double) == best.evaluate(function.code, double))
    }
  }

  @Test func limitsAreRight() throws {
    forBothPrecisions { type in
      func check<Element: Scalar>(_ type: Element.Type) {
        for variant in KernelVariant.all {
          func value(_ code: Int, _ x: Element) -> Element { variant.evaluate(code, [x])[0] }
          for far in [1e4, 1e30, .infinity] as [Element] {
            #expect(value(ck_exponential, -far) == 0 && value(ck_exponential, far) == .infinity)
            #expect(value(ck_exponential_less_one, -far) == -1)
            #expect(value(ck_logistic, -far) == 0 && value(ck_logistic, far) == 1)
            #expect(value(ck_hyperbolic_tangent, -far) == -1 && value(ck_hyperbolic_tangent, far) == 1)
            #expect(value(ck_normal, -far) == 0 && value(ck_normal, far) == 1)
          }
          #expect(value(ck_exponential, 0) == 1 && value(ck_exponential_less_one, 0) == 0)
          #expect(value(ck_logarithm, 1) == 0 && value(ck_logarithm, .infinity) == .infinity)
          #expect(value(ck_logarithm_of_one_more, 0) == 0)
          #expect(value(ck_logistic, 0) == 0.5 && value(ck_hyperbolic_tangent, 0) == 0)
          for function in ElementaryFunction.all {
            #expect(value(function.code, .nan).isNaN, "\(function.name)")
          }
        }
      }
      check(type)
    }
  }
}
