import Primitives

/// A teacher's weights and memory to run rows through them, a tile of rows at a time.
///
/// Each sum is added up in the order of its terms, in double precision. Rows lie in the lanes of a tile, so that the compiler
/// can take several at once without changing any sum.
struct TeacherNetwork {
  /// The most rows of a tile, a multiple of 16: fewer where layers are so wide that memory would be large.
  let tile: Int

  private let widths: [Int]
  private let weights: [[Double]]
  /// What goes into a layer and what comes out of it, unit by unit, `tile` rows each.
  private let inputs: AlignedBuffer<Double>
  private let outputs: AlignedBuffer<Double>
  private let results: AlignedBuffer<Double>

  init(_ teacher: Teacher) {
    widths = teacher.widths
    weights = teacher.weights
    let widest = widths.max() ?? 1
    tile = max(16, min(64, (1 << 18) / widest / 16 * 16))
    inputs = AlignedBuffer(repeating: 0, count: widest * tile)
    outputs = AlignedBuffer(repeating: 0, count: widest * tile)
    results = AlignedBuffer(repeating: 0, count: teacher.outputs * tile)
  }

  /// The teacher's answers to `rows` rows, row-major; good until the next call.
  @inline(__always) func run<Element: Scalar>(_ x: UnsafeBufferPointer<Element>, rows: Int)
    -> UnsafeMutableBufferPointer<Double>
  {
    let features = widths[0]
    for row in 0..<rows {
      for feature in 0..<features {
        inputs.elements[feature &* tile &+ row] = Double(x[row &* features &+ feature])
      }
    }
    let last = runLayers()
    let count = widths[widths.count - 1]
    for row in 0..<rows {
      for output in 0..<count {
        results.elements[row &* count &+ output] = last[output &* tile &+ row]
      }
    }
    return results.elements
  }

  /// Runs what lies in `inputs` through all layers, and tells where the last one's sums lie.
  private func runLayers() -> UnsafeMutableBufferPointer<Double> {
    var (from, to) = (inputs.elements, outputs.elements)
    for layer in weights.indices {
      weights[layer].withUnsafeBufferPointer {
        run(from, through: $0, into: to, inputs: widths[layer], outputs: widths[layer + 1])
      }
      if layer < weights.count - 1 {
        for place in 0..<widths[layer + 1] * tile { to[place] = Double.tanh(to[place]) }
      }
      swap(&from, &to)
    }
    return from
  }

  /// Sets `sums` to the weighted sums of one layer, 16 rows at a time.
  private func run(
    _ values: UnsafeMutableBufferPointer<Double>, through kernel: UnsafeBufferPointer<Double>,
    into sums: UnsafeMutableBufferPointer<Double>, inputs: Int, outputs: Int
  ) {
    guard let from = UnsafeRawPointer(values.baseAddress), let to = UnsafeMutableRawPointer(sums.baseAddress)
    else { return }
    let (row, vector) = (tile * MemoryLayout<Double>.stride, MemoryLayout<SIMD8<Double>>.stride)
    for output in 0..<outputs {
      for column in stride(from: 0, to: row, by: 2 * vector) {
        var (first, second) = (SIMD8<Double>(), SIMD8<Double>())
        for input in 0..<inputs {
          let weight = kernel[input &* outputs &+ output]
          let place = from + (input &* row &+ column)
          first += weight * place.load(as: SIMD8<Double>.self)
          second += weight * place.load(fromByteOffset: vector, as: SIMD8<Double>.self)
        }
        to.storeBytes(of: first, toByteOffset: output &* row &+ column, as: SIMD8<Double>.self)
        to.storeBytes(of: second, toByteOffset: output &* row &+ column &+ vector, as: SIMD8<Double>.self)
      }
    }
  }
}
