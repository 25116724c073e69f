import Kernels
import Primitives

/// The memory in which a team of threads runs a network over one minibatch together: for wide layers.
///
/// Rows are dealt out for the passes: whoever owns some rows computes their outputs and deltas. Then blocks of parameters are
/// dealt out: whoever owns a block sums its gradient over all rows. So no thread has a gradient of its own that would have to
/// be added to the others', and since every number is one sum in a fixed order, its bits do not depend on who computes what.
///
/// All memory is allocated here, once. Matrices of the minibatch have one row a sample and lie in panels: see ``PanelKernels``.
///
/// `input`, `outputs` and `deltas` of a row are written by the row's owner and read by all once the passes are over. Panels
/// and parameters are written block by block by the blocks' owners and read in the passes. The barriers between the two
/// phases of a step keep these apart.
///
/// While a network is trained, its wide layers' kernels live in their panels alone: bringing them there from anywhere else
/// in each step would move as much memory as the optimizer does. Biases and narrow layers' kernels live among the parameters.
public final class SharedWorkspace<Element: Scalar>: Sendable {
  /// A layer's sizes, and where its things begin.
  public struct LayerPlan: BitwiseCopyable, Sendable {
    /// The kernel's rows.
    public let inputs: Int
    /// The kernel's columns.
    public let outputs: Int
    /// Where the kernel begins among the parameters; the bias follows it, like one more row.
    public let kernelOffset: Int
    /// The activation.
    public let activation: Activation
    /// Whether vectors that hold an input each, for all outputs, would be so empty that the gradient is summed in vectors of
    /// inputs instead. Each of its numbers is the same sum either way.
    @inlinable public var isNarrow: Bool { Self.isNarrow(outputs: outputs) }

    /// Whether a layer with so many outputs is narrow.
    @inlinable public static func isNarrow(outputs: Int) -> Bool {
      4 * outputs <= 3 * PanelKernels<Element>.lanes
    }

    @usableFromInline let outputOffset: Int
    @usableFromInline let deltaOffset: Int
    /// Where the kernel's panels begin among those of all kernels.
    @usableFromInline let panelOffset: Int
    /// Meaningless in the first layer, whose inputs have no deltas.
    @usableFromInline let backwardOffset: Int
  }

  /// The most rows of a minibatch.
  public let capacity: Int
  /// The numbers between panels of the minibatch's matrices.
  let panelStride: Int
  let layers: AlignedBuffer<LayerPlan>
  /// Where the panels of all kernels begin, one after the other.
  private let kernelOffset: Int
  /// The numbers that the panels of all kernels have.
  public let kernelCount: Int
  let memory: AlignedBuffer<Element>
  let kernels: PanelKernels<Element>

  /// A workspace for minibatches of up to `capacity` rows, or nil if the network has a hidden activation that
  /// is not made in panels.
  public init?(network: MLP, capacity: Int, variant: KernelVariant) {
    precondition(capacity > 0)
    guard network.layers.dropLast().allSatisfy(\.activation.isMadeInPanels) else { return nil }
    self.capacity = capacity
    kernels = PanelKernels(variant)
    let (lanes, stride) = (PanelKernels<Element>.lanes, PanelKernels<Element>.panelStride(rows: capacity))
    panelStride = stride
    var end = 0
    func reserve(_ count: Int) -> Int {
      defer { end += count }
      return end
    }
    func reserveRows(_ width: Int) -> Int { reserve(PanelKernels<Element>.padded(width) / lanes * stride) }
    _ = reserveRows(network.inputs)
    let places = ParameterLayout(network).layers
    let start = end
    let panelOffsets = places.map { reserve($0.inputs * PanelKernels<Element>.padded($0.outputs)) - start }
    (kernelOffset, kernelCount) = (start, end - start)
    let plans = zip(zip(places, panelOffsets), network.layers).map { position, layer in
      let (place, panelOffset) = position
      let hasDeltas = place.kernelOffset > 0
      return LayerPlan(
        inputs: place.inputs, outputs: place.outputs, kernelOffset: place.kernelOffset,
        activation: layer.activation, outputOffset: reserveRows(place.outputs),
        deltaOffset: reserveRows(place.outputs), panelOffset: panelOffset,
        backwardOffset: reserve(hasDeltas ? place.outputs * PanelKernels<Element>.padded(place.inputs) : 0))
    }
    layers = AlignedBuffer(plans, filler: plans[0])
    memory = AlignedBuffer(repeating: 0, count: end)
  }

  /// The numbers that a workspace takes, as a `Double`: it may be more than any memory holds.
  public static func memoryCount(network: MLP, capacity: Int) -> Double {
    let lanes = Double(PanelKernels<Element>.lanes)
    let rows = Double(PanelKernels<Element>.panelStride(rows: capacity)) / lanes
    var inputs = Double(network.inputs)
    var count = rows * (inputs + lanes)
    for layer in network.layers {
      let outputs = Double(layer.units)
      count += 2 * rows * (outputs + lanes) + 2 * (inputs + lanes) * (outputs + lanes)
      inputs = outputs
    }
    return count
  }

  /// Plain addresses, valid as long as the workspace: what a step's loops work with.
  public var view: SharedPasses<Element> {
    guard let base = memory.elements.baseAddress, let layers = layers.elements.baseAddress else {
      preconditionFailure("a network has layers")
    }
    return SharedPasses(
      layers: UnsafeBufferPointer(start: layers, count: self.layers.count), base: base,
      kernelPanels: UnsafeMutableBufferPointer(start: base + kernelOffset, count: kernelCount),
      panelStride: panelStride, kernels: kernels)
  }
}
