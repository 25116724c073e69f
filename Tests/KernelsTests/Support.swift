import Kernels
import Primitives

/// Numbers in [-1, 1) that a `Float` holds exactly, so that all tests of one seed see the same ones.
struct Numbers {
  private let random: CounterRandom
  private var index: UInt64 = 0

  init(seed: UInt64) { random = CounterRandom(seed: seed, purpose: .testing) }

  mutating func next() -> Double {
    defer { index += 1 }
    return Double(Float(2 * random.uniforms(index).0 - 1))
  }

  mutating func buffer<Element: Scalar>(_ count: Int, as type: Element.Type) -> AlignedBuffer<Element> {
    AlignedBuffer((0..<count).map { _ in Element(next()) }, filler: 0)
  }
}

extension AlignedBuffer {
  /// A view of the elements as `rows` by `columns`.
  func matrix(_ rows: Int, _ columns: Int) -> MutableMatrix<Element> {
    MutableMatrix(elements, rows: rows, columns: columns)
  }

  /// The elements, read-only.
  var readOnly: UnsafeBufferPointer<Element> { UnsafeBufferPointer(elements) }
}

extension AlignedBuffer where Element: Scalar {
  /// The elements in double precision.
  var doubles: [Double] { elements.map(Double.init) }
}

/// A sum of products in double precision, with the bound on the error of any order of adding them up.
struct ExactSum {
  private(set) var value = 0.0
  private var magnitude = 0.0
  private var terms = 0

  mutating func add(_ term: Double) {
    value += term
    magnitude += abs(term)
    terms += 1
  }

  /// N. Higham, "Accuracy and stability of numerical algorithms", 2002, (3.5): each of n products and their sum are off
  /// by at most n unit roundoffs (half an ulp of one) of the sum of magnitudes. Twice that, for the reference's own.
  func agrees<Element: Scalar>(with result: Element) -> Bool {
    abs(Double(result) - value) <= Double(terms + 1) * Double(Element.ulpOfOne) * magnitude
  }
}

/// Whether `value` is `exact` but for `roundings` roundings, each of at most one unit in the last place.
func agrees<Element: Scalar>(_ value: Element, _ exact: Double, roundings: Int) -> Bool {
  let unit = max(Double(Element(exact.magnitude).ulp), Double(Element.leastNonzeroMagnitude))
  return value.isFinite && abs(Double(value) - exact) <= Double(roundings) * unit
}

/// Calls `body` for both number types.
func forBothPrecisions(_ body: (any Scalar.Type) throws -> Void) rethrows {
  try body(Float.self)
  try body(Double.self)
}
