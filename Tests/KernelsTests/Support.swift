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

/// Numbers that begin one element past an aligned address, so that no loop can count on alignment.
struct Misaligned<Element: BitwiseCopyable & ExpressibleByIntegerLiteral> {
  private let buffer: AlignedBuffer<Element>
  let count: Int

  init(_ values: [Element]) {
    count = values.count
    buffer = AlignedBuffer(repeating: 0, count: count + 1)
    _ = UnsafeMutableBufferPointer(rebasing: buffer.elements[1...]).update(fromContentsOf: values)
  }

  var elements: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(rebasing: buffer.elements[1...])
  }
  var readOnly: UnsafeBufferPointer<Element> { UnsafeBufferPointer(elements) }

  /// A view of the elements as `rows` by `columns`.
  func matrix(_ rows: Int, _ columns: Int) -> MutableMatrix<Element> {
    MutableMatrix(elements, rows: rows, columns: columns)
  }
  var bits: [UInt8] { Array(UnsafeRawBufferPointer(elements)) }
}

/// Normal numbers that depend on `stream`.
func numbers<Element: Scalar>(_ count: Int, stream: UInt32) -> [Element] {
  let random = CounterRandom(seed: 5, purpose: .testing, stream: stream)
  return (0..<count).map { Element(random.normals(UInt64($0)).0) }
}

/// The plain loops, and those of every variant that this CPU can run.
let allKernels: [KernelVariant?] = [nil] + KernelVariant.all

extension KernelVariant? {
  /// What messages call it.
  var title: String { self?.name ?? "plain" }
}

/// The bits of numbers.
func bits<Element: Scalar>(_ values: [Element]) -> [UInt8] { values.withUnsafeBytes(Array.init) }
