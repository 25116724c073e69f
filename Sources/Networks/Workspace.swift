import Kernels
import Primitives

/// The memory in which one thread runs a network over some rows: forward, loss and backward.
///
/// Everything is allocated here, once; nothing is allocated in the passes. A workspace is used by one thread at a time
/// (its owner hands each worker its own); the passes leave nothing in it that a later pass depends on.
public final class Workspace<Element: Scalar>: Sendable {
  /// What the passes need to know of a layer, as plain bits in plain memory.
  @usableFromInline struct LayerPlan: BitwiseCopyable {
    @usableFromInline var inputs: Int
    @usableFromInline var outputs: Int
    @usableFromInline var kernelOffset: Int
    @usableFromInline var activation: Activation
    /// Where the layer's weighted sums lie in `memory`, for `capacity` rows; with the outputs, unless the activation's
    /// derivative needs them.
    @usableFromInline var sumOffset: Int
    /// Where the layer's outputs lie.
    @usableFromInline var outputOffset: Int
  }

  /// The most rows of one pass.
  public let capacity: Int
  /// The network's features.
  public let inputs: Int
  /// The network's outputs.
  public let outputs: Int
  @usableFromInline let layers: AlignedBuffer<LayerPlan>
  /// The layers' weighted sums and outputs, then two matrices as wide as the widest layer for the deltas.
  @usableFromInline let memory: AlignedBuffer<Element>
  @usableFromInline let deltaOffsets: (Int, Int)
  @usableFromInline let dense: DenseKernels<Element>
  @usableFromInline let kernels: FastKernels<Element>

  /// A workspace for passes of `network` over up to `capacity` rows, with the loops of `variant` or the plain ones.
  public init(network: MLP, capacity: Int, variant: KernelVariant? = .current) {
    precondition(capacity > 0)
    self.capacity = capacity
    inputs = network.inputs
    outputs = network.outputs
    var end = 0
    func reserve(width: Int) -> Int {
      defer { end += Self.padded(capacity * width) }
      return end
    }
    let plans = zip(ParameterLayout(network).layers, network.layers).map { place, layer in
      let sums = reserve(width: place.outputs)
      return LayerPlan(
        inputs: place.inputs, outputs: place.outputs, kernelOffset: place.kernelOffset,
        activation: layer.activation, sumOffset: sums,
        outputOffset: layer.activation.needsSums ? reserve(width: place.outputs) : sums)
    }
    let widest = network.layers.reduce(0) { max($0, $1.units) }
    deltaOffsets = (reserve(width: widest), reserve(width: widest))
    dense = DenseKernels(variant: variant, terms: max(capacity, network.inputs, widest))
    kernels = FastKernels(variant)
    layers = AlignedBuffer(plans, filler: plans[0])
    memory = AlignedBuffer(repeating: 0, count: end)
  }

  /// Sets all scratch memory to the bytes `byte`, so that tests can show that no pass reads what it did not write.
  public func poison(with byte: UInt8) {
    UnsafeMutableRawBufferPointer(memory.elements).initializeMemory(as: UInt8.self, repeating: byte)
  }

  private static func padded(_ count: Int) -> Int {
    let line = AlignedBuffer<Element>.alignment / MemoryLayout<Element>.stride
    return (count + line - 1) / line * line
  }

  @inlinable func matrix(at offset: Int, rows: Int, columns: Int) -> MutableMatrix<Element> {
    MutableMatrix(
      UnsafeMutableBufferPointer(rebasing: memory.elements[offset..<offset + rows * columns]),
      rows: rows, columns: columns)
  }
}
