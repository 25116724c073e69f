import CKernels
import Primitives

/// The gradient of a small network's loss, with rows in the lanes of vectors: no loop over a layer's few units is long enough
/// to fill a vector, but there are always rows.
///
/// Forward, loss and backward run over tiles of 64 rows (32 in double precision) that stay in the first-level cache, and the
/// rows are picked out of the samples on the way. Outputs have the same bits as those of layers computed one after the other.
///
/// One thread at a time may use it: it owns its scratch memory.
public final class SmallNetwork<Element: Scalar>: Sendable {
  /// A layer: its sizes, where its kernel and bias begin among the parameters, and its activation.
  public typealias Layer = (inputs: Int, outputs: Int, kernel: Int, bias: Int, activation: Activation)

  /// The most parameters of a small network: partial sums of all of them fit into the first-level cache.
  public static var mostParameters: Int { 512 }

  /// The numbers of a row that holds all that belongs to it: whole fours, which vectors are loaded with.
  public static func recordWidth(features: Int, targets: Int, isWeighted: Bool) -> Int {
    (features + targets + (isWeighted ? 1 : 0) + 3) / 4 * 4
  }

  /// What the gradient is computed with, as plain addresses, valid as long as the network: using it counts no references.
  public let view: View
  private let layers: AlignedBuffer<ck_layer>
  private let network: AlignedBuffer<ck_small_network>
  private let scratch: AlignedBuffer<UInt8>

  /// A network of `layers`, or nil if it is not small, or if its last activation is not one that `loss` goes with.
  ///
  /// Whether it is small depends on its shape alone.
  public init?(layers: [Layer], parameterCount: Int, loss: Loss, variant: KernelVariant) {
    guard let last = layers.last, layers.count <= CK_MOST_LAYERS, parameterCount <= Self.mostParameters,
      loss.requiredActivation == nil || loss.requiredActivation == last.activation
    else { return nil }
    let codes = layers.enumerated().map { index, layer in
      // The activation that is part of the loss is left to it.
      let isFused = index == layers.count - 1 && loss.requiredActivation != nil
      return (isFused ? Activation.identity : layer.activation).code
    }
    var table: [ck_layer] = []
    for (layer, code) in zip(layers, codes) {
      guard let code else { return nil }
      table.append(
        ck_layer(
          inputs: Int32(layer.inputs), outputs: Int32(layer.outputs), kernel: Int32(layer.kernel),
          bias: Int32(layer.bias), activation: code))
    }
    let entries = AlignedBuffer(table, filler: table[0])
    let network = AlignedBuffer(
      repeating: ck_small_network(
        layers: entries.elements.baseAddress, count: Int32(table.count), parameters: Int32(parameterCount),
        loss: loss.code, huber_delta: loss.huberDelta ?? 0), count: 1)
    let scratch = AlignedBuffer<UInt8>(
      repeating: 0, count: ck_small_scratch(table, Int32(table.count), Int32(parameterCount)))
    (self.layers, self.network, self.scratch) = (entries, network, scratch)
    view = View(
      variant: variant, network: UnsafeBufferPointer(network.elements), parameterCount: parameterCount,
      takesLabels: loss == .crossEntropy, scratch: scratch.elements)
  }

  /// See ``SmallNetwork/view``.
  public struct View: BitwiseCopyable, @unchecked Sendable {
    // Sendable: addresses of memory that the network owns, to be used as the network is, by one thread at a time.
    @usableFromInline let variant: KernelVariant
    @usableFromInline let network: UnsafeBufferPointer<ck_small_network>
    @usableFromInline let parameterCount: Int
    @usableFromInline let takesLabels: Bool
    @usableFromInline let scratch: UnsafeMutableBufferPointer<UInt8>

    init(
      variant: KernelVariant, network: UnsafeBufferPointer<ck_small_network>, parameterCount: Int,
      takesLabels: Bool, scratch: UnsafeMutableBufferPointer<UInt8>
    ) {
      self.variant = variant
      self.network = network
      self.parameterCount = parameterCount
      self.takesLabels = takesLabels
      self.scratch = scratch
    }
  }
}

extension SmallNetwork.View {
  /// Sets `gradient` to the sum over some rows of the derivatives of their loss by the parameters, and returns the sum of
  /// the loss.
  ///
  /// - Parameters:
  ///   - parameters: all parameters.
  ///   - source: where rows lie: with classes if the loss is cross-entropy, otherwise with numbers.
  ///   - rows: which rows, and after the first `count` of them those that are wanted next.
  ///   - count: how many rows, at most as many as there are.
  ///   - gradient: as long as `parameters`.
  @inlinable public func gradient(
    parameters: UnsafeBufferPointer<Element>, of source: SmallNetwork.Rows, rows: UnsafeBufferPointer<Int>,
    count: Int, gradient: UnsafeMutableBufferPointer<Element>
  ) -> Element {
    precondition(takesLabels == source.hasLabels)
    precondition(parameters.count == parameterCount && gradient.count == parameterCount)
    precondition(count <= rows.count)
    guard let p = parameters.baseAddress, let rowNumbers = rows.baseAddress, let g = gradient.baseAddress
    else { return 0 }
    var source = source.place
    return rowNumbers.withMemoryRebound(to: Int64.self, capacity: rows.count) { numbers in
      switch Element.precision {
      case .float32:
        Element(
          variant.functions.pointee.small_gradient_f32(
            network.baseAddress, raw(p), &source, numbers, Int64(count), Int64(rows.count - count),
            UnsafeMutableRawPointer(g).assumingMemoryBound(to: Float.self), scratch.baseAddress))
      case .float64:
        Element(
          variant.functions.pointee.small_gradient_f64(
            network.baseAddress, raw(p), &source, numbers, Int64(count), Int64(rows.count - count),
            UnsafeMutableRawPointer(g).assumingMemoryBound(to: Double.self), scratch.baseAddress))
      }
    }
  }

  /// Brings the first of `rows` near, if rows are far: as many as are wanted before ``gradient(parameters:of:rows:count:gradient:)``
  /// can see to it.
  @inlinable public func bringNear(_ rows: UnsafeBufferPointer<Int>, of source: SmallNetwork.Rows) {
    guard source.isFar, let rowNumbers = rows.baseAddress else { return }
    var source = source.place
    rowNumbers.withMemoryRebound(to: Int64.self, capacity: rows.count) { numbers in
      switch Element.precision {
      case .float32:
        variant.functions.pointee.bring_near_f32(network.baseAddress, &source, numbers, Int64(rows.count))
      case .float64:
        variant.functions.pointee.bring_near_f64(network.baseAddress, &source, numbers, Int64(rows.count))
      }
    }
  }

  // `Element` is `Float` or `Double`, as its precision says: this only tells the compiler.
  @inlinable func raw<Number>(_ pointer: UnsafePointer<Element>) -> UnsafePointer<Number> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Number.self)
  }
}

extension SmallNetwork {
  /// Where the numbers of all rows lie.
  public struct Rows: BitwiseCopyable, @unchecked Sendable {
    // Sendable: plain addresses; who may touch what they lead to when is for its owner to see to.
    @usableFromInline var place: ck_rows
    @usableFromInline let hasLabels: Bool

    /// Whether rows are picked from so many that most have to be fetched from afar: then they are asked for before they are used.
    /// False at first.
    @inlinable public var isFar: Bool {
      get { place.far != 0 }
      set { place.far = newValue ? 1 : 0 }
    }

    /// Rows that are picked from more bytes than this had better be far: no cache of a core's own holds so many.
    public static var mostNearBytes: Int { 8 << 20 }

    /// How many rows after those under way are asked for.
    public static var ahead: Int { Int(CK_ROWS_AHEAD) }

    /// Rows whose features, targets and weights lie apart from each other, each row-major without gaps.
    ///
    /// - Parameters:
    ///   - x: the features.
    ///   - y: the targets.
    ///   - weights: what losses are multiplied by; nil for 1.
    public init(
      x: UnsafeBufferPointer<Element>, y: UnsafeBufferPointer<Element>,
      weights: UnsafeBufferPointer<Element>? = nil
    ) {
      place = ck_rows(
        x: x.baseAddress, targets: y.baseAddress, weights: weights?.baseAddress, record: 0,
        weighted: weights == nil ? 0 : 1, far: 0)
      hasLabels = false
    }

    /// The same with a class for each row.
    public init(
      x: UnsafeBufferPointer<Element>, labels: UnsafeBufferPointer<Int32>,
      weights: UnsafeBufferPointer<Element>? = nil
    ) {
      place = ck_rows(
        x: x.baseAddress, targets: labels.baseAddress, weights: weights?.baseAddress, record: 0,
        weighted: weights == nil ? 0 : 1, far: 0)
      hasLabels = true
    }

    /// Rows of ``SmallNetwork/recordWidth(features:targets:isWeighted:)`` numbers: a row's features, targets, and weight if it has
    /// one, and what fills up. The first is aligned to 64 bytes.
    public init(records: UnsafeBufferPointer<Element>, width: Int, isWeighted: Bool) {
      precondition(width > 0 && width % 4 == 0)
      place = ck_rows(
        x: records.baseAddress, targets: nil, weights: nil, record: Int32(width),
        weighted: isWeighted ? 1 : 0, far: 0)
      hasLabels = false
    }
  }
}
