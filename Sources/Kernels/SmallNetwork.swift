import CKernels
import Primitives

/// The gradient of a small network's squared error, with rows in the lanes of vectors: no loop over a layer's few units is
/// long enough to fill a vector, but there are always rows.
///
/// Forward, loss and backward run over tiles of 64 rows (32 in double precision) that stay in the first-level cache, and the
/// rows are picked out of the samples on the way. Activations are computed by polynomials of its own: within 2 units in the
/// last place for e^x, and so for sigmoid and tanh within 4.
///
/// One thread at a time may use it: it owns its scratch memory.
public final class SmallNetwork<Element: Scalar>: Sendable {
  /// A layer: its sizes, where its kernel and bias begin among the parameters, and its activation.
  public typealias Layer = (inputs: Int, outputs: Int, kernel: Int, bias: Int, activation: Activation)

  /// The most parameters of a small network: partial sums of all of them fit into the first-level cache.
  public static var mostParameters: Int { 512 }

  /// What the gradient is computed with, as plain addresses, valid as long as the network: using it counts no references.
  public let view: View
  private let layers: AlignedBuffer<ck_layer>
  private let scratch: AlignedBuffer<UInt8>

  /// A network of `layers`, or nil if it is not small or has an activation that is not made for this.
  ///
  /// Whether it is small depends on its shape alone.
  public init?(layers: [Layer], parameterCount: Int, variant: KernelVariant) {
    let codes = layers.compactMap(\.activation.code)
    guard (1...Int(CK_MOST_LAYERS)).contains(layers.count), codes.count == layers.count,
      parameterCount <= Self.mostParameters
    else { return nil }
    let table = zip(layers, codes).map { layer, code in
      ck_layer(
        inputs: Int32(layer.inputs), outputs: Int32(layer.outputs), kernel: Int32(layer.kernel),
        bias: Int32(layer.bias), activation: code)
    }
    let entries = AlignedBuffer(table, filler: table[0])
    let scratch = AlignedBuffer<UInt8>(
      repeating: 0, count: ck_small_scratch(table, Int32(table.count), Int32(parameterCount)))
    self.layers = entries
    self.scratch = scratch
    view = View(
      variant: variant, layers: UnsafeBufferPointer(entries.elements), parameterCount: parameterCount,
      scratch: scratch.elements)
  }

  /// See ``SmallNetwork/view``.
  public struct View: BitwiseCopyable, @unchecked Sendable {
    // Sendable: addresses of memory that the network owns, to be used as the network is, by one thread at a time.
    @usableFromInline let variant: KernelVariant
    @usableFromInline let layers: UnsafeBufferPointer<ck_layer>
    @usableFromInline let parameterCount: Int
    @usableFromInline let scratch: UnsafeMutableBufferPointer<UInt8>

    init(
      variant: KernelVariant, layers: UnsafeBufferPointer<ck_layer>, parameterCount: Int,
      scratch: UnsafeMutableBufferPointer<UInt8>
    ) {
      self.variant = variant
      self.layers = layers
      self.parameterCount = parameterCount
      self.scratch = scratch
    }
  }
}

extension SmallNetwork.View {
  /// Sets `gradient` to the sum over some rows of the derivatives of their squared error by the parameters, and returns the
  /// sum of the squared errors.
  ///
  /// - Parameters:
  ///   - parameters: all parameters.
  ///   - x: the features of all rows, row-major.
  ///   - y: the targets of all rows, row-major.
  ///   - rows: which rows.
  ///   - gradient: as long as `parameters`.
  @inlinable public func squaredErrorGradient(
    parameters: UnsafeBufferPointer<Element>, x: UnsafeBufferPointer<Element>,
    y: UnsafeBufferPointer<Element>, rows: UnsafeBufferPointer<Int>,
    gradient: UnsafeMutableBufferPointer<Element>
  ) -> Element {
    precondition(parameters.count == parameterCount && gradient.count == parameterCount)
    guard let p = parameters.baseAddress, let x = x.baseAddress, let y = y.baseAddress,
      let rowNumbers = rows.baseAddress, let g = gradient.baseAddress
    else { return 0 }
    let count = Int32(layers.count)
    return rowNumbers.withMemoryRebound(to: Int64.self, capacity: rows.count) { numbers in
      switch Element.precision {
      case .float32:
        Element(
          variant.functions.pointee.small_gradient_f32(
            layers.baseAddress, count, raw(p), Int32(parameterCount), raw(x), raw(y), numbers,
            Int64(rows.count), UnsafeMutableRawPointer(g).assumingMemoryBound(to: Float.self),
            scratch.baseAddress))
      case .float64:
        Element(
          variant.functions.pointee.small_gradient_f64(
            layers.baseAddress, count, raw(p), Int32(parameterCount), raw(x), raw(y), numbers,
            Int64(rows.count), UnsafeMutableRawPointer(g).assumingMemoryBound(to: Double.self),
            scratch.baseAddress))
      }
    }
  }

  // `Element` is `Float` or `Double`, as its precision says: this only tells the compiler.
  @inlinable func raw<Number>(_ pointer: UnsafePointer<Element>) -> UnsafePointer<Number> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Number.self)
  }
}
