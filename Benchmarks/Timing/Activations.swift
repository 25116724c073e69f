import Benchmark
import Lockstep

/// What layers apply to their weighted sums, on one thread.
func activations() {
  for activation in Activation.allCases where activation != .identity {
    measure(activation, as: Float.self)
    measure(activation, as: Double.self)
  }
}

private func measure<Element: Scalar>(_ activation: Activation, as type: Element.Type) {
  let (rows, columns) = (128, 64)
  let work = (Rate.thousands, amount: Double(rows * columns))
  measure("\(activation.rawValue), \(Element.precision.rawValue)", work, repetitions: .kilo) {
    let kernels = FastKernels<Element>(.current)
    let (sums, values): (AlignedBuffer<Element>, AlignedBuffer<Element>) = (
      numbers(rows * columns), numbers(rows * columns)
    )
    return {
      // From the same sums each time: repeated, an activation comes to rest at values that may be faster or slower.
      kernels.activate(
        activation, sums: Matrix(sums.reading, rows: rows, columns: columns),
        outputs: MutableMatrix(values.elements, rows: rows, columns: columns))
    }
  }
}
