import CKernels
import Primitives

/// Products for wide layers, with all matrices in panels: blocks of columns that stream through the cache, so that nothing
/// is copied within a product.
///
/// A panel holds ``lanes`` columns of a matrix, row after row. The panels of a minibatch's matrices begin
/// ``panelStride(rows:)`` numbers apart. Each element of a result is one sum in the order of
/// ``Dense``, by fused multiply-adds, so its bits depend neither on the variant nor on how the work is tiled or dealt out.
///
/// A plain value of plain addresses; who may touch them when is for its user to see to.
public struct PanelKernels<Element: Scalar>: BitwiseCopyable, Sendable {
  @usableFromInline let variant: KernelVariant

  /// The products of `variant`.
  public init(_ variant: KernelVariant) { self.variant = variant }

  /// The columns of a panel: those of one vector of 64 bytes.
  @inlinable public static var lanes: Int { 64 / MemoryLayout<Element>.stride }

  /// The panels that a block of ``weightGradient(columns:panels:rows:shard:input:delta:panelStride:stack:soon:)`` has
  /// at most.
  @inlinable public var mostPanels: Int { Int(variant.functions.pointee.product_vectors) }

  /// `count` rounded up to whole panels.
  @inlinable public static func padded(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

  /// The numbers between the panels of a matrix of up to `rows` rows: so many that neighbouring runs of rows of all panels fall
  /// into different sets of a cache.
  public static func panelStride(rows: Int) -> Int {
    var run = 128
    while run > rows { run /= 2 }
    // Odd multiples of a power of two are spread over the sets evenly.
    return (((rows + run - 1) / run) | 1) * run * lanes
  }

  /// Copies row `indices[k]` of `source`, whose rows have `width` numbers and lie without gaps, to row k of a matrix in panels.
  ///
  /// - Parameters:
  ///   - source: a matrix, row-major.
  ///   - width: its columns.
  ///   - indices: its rows that are wanted.
  ///   - destination: row 0 of the first panel.
  ///   - panelStride: the numbers between panels.
  @inlinable public func gather(
    of source: UnsafeBufferPointer<Element>, width: Int, indices: UnsafeBufferPointer<Int>,
    to destination: UnsafeMutablePointer<Element>, panelStride: Int
  ) {
    guard let from = source.baseAddress, let rows = indices.baseAddress else { return }
    let size = MemoryLayout<Element>.stride
    rows.withMemoryRebound(to: Int64.self, capacity: indices.count) {
      variant.functions.pointee.gather_panels(
        from, Int64(width * size), $0, Int64(indices.count), destination, Int64(panelStride * size))
    }
  }

  /// output[rows, columns] = activation(input[rows, terms] . matrix + start); or, with a `gate`, input . matrix times the
  /// activation's derivative where the activation is the gate's element.
  ///
  /// - Parameters:
  ///   - rows: the rows of input and output.
  ///   - columns: the columns of the matrix.
  ///   - terms: the columns of the input, and rows of the matrix.
  ///   - input: its first panel.
  ///   - matrix: its first panel, as ``pack(_:inputs:outputs:rows:columns:forward:backward:)`` makes it.
  ///   - start: one number a column, or nil for zeros.
  ///   - output: its first panel, aligned. Whole panels are written.
  ///   - gate: laid out like `output`, or nil.
  ///   - panelStride: the numbers between panels of input, output and gate.
  ///   - activation: one that ``Activation/isMadeInPanels``.
  @inlinable public func product(
    rows: Int, columns: Int, terms: Int, input: UnsafePointer<Element>, matrix: UnsafePointer<Element>,
    start: UnsafePointer<Element>?, output: UnsafeMutablePointer<Element>, gate: UnsafePointer<Element>?,
    panelStride: Int, activation: Activation
  ) {
    assert(panelStride % Self.lanes == 0 && panelStride >= rows * Self.lanes)
    guard let code = activation.code else { preconditionFailure("\(activation) is not made in panels") }
    let (m, n, k, apart) = (Int64(rows), Int64(columns), Int64(terms), Int64(panelStride))
    switch Element.precision {
    case .float32:
      variant.functions.pointee.panel_product_f32(
        m, n, k, raw(input), apart, raw(matrix), start.map { raw($0) }, raw(output), apart,
        gate.map { raw($0) }, code)
    case .float64:
      variant.functions.pointee.panel_product_f64(
        m, n, k, raw(input), apart, raw(matrix), start.map { raw($0) }, raw(output), apart,
        gate.map { raw($0) }, code)
    }
  }

  /// stack[columns, panels * lanes] = input[rows, columns]^T . delta[rows, panels * lanes], summed over runs of `shard` rows
  /// by themselves and then along ``PairwiseTree`` over the runs.
  ///
  /// - Parameters:
  ///   - columns: the columns of the input that are taken.
  ///   - panels: the width in panels, at most ``mostPanels``.
  ///   - rows: the rows of input and delta.
  ///   - shard: the rows of a run; the last may be shorter.
  ///   - input: the panel that the columns begin with; nil stands for a column of ones, which gives a bias's gradient.
  ///   - delta: the panel that the block begins with, aligned.
  ///   - panelStride: the numbers between panels of input and delta.
  ///   - stack: aligned, of ``stackCount(columns:panels:rows:shard:)`` numbers; receives the result at its start.
  ///   - soon: what is used right after, to be brought near meanwhile.
  @inlinable public func weightGradient(
    columns: Int, panels: Int, rows: Int, shard: Int, input: UnsafePointer<Element>?,
    delta: UnsafePointer<Element>, panelStride: Int, stack: UnsafeMutablePointer<Element>, soon: Soon
  ) {
    assert(panels <= mostPanels && panelStride % Self.lanes == 0 && panelStride >= rows * Self.lanes)
    let (m, vectors, apart) = (Int64(columns), Int32(panels), Int64(panelStride))
    let size = MemoryLayout<Element>.stride
    var soon = ck_soon(
      bases: UnsafeRawPointer(soon.vectors.baseAddress)?.assumingMemoryBound(to: UnsafeRawPointer?.self),
      offset: Int64(soon.offset * size), row: Int64(soon.rowStride * size), parts: Int32(soon.vectors.count))
    switch Element.precision {
    case .float32:
      variant.functions.pointee.weight_gradient_f32(
        m, vectors, Int64(rows), Int64(shard), input.map { raw($0) }, apart, raw(delta), apart, raw(stack),
        &soon)
    case .float64:
      variant.functions.pointee.weight_gradient_f64(
        m, vectors, Int64(rows), Int64(shard), input.map { raw($0) }, apart, raw(delta), apart, raw(stack),
        &soon)
    }
  }

  /// Memory that is used soon: in each of several vectors a block as high and as wide as that of a gradient.
  public struct Soon: BitwiseCopyable {
    /// The vectors; none if nothing is to be brought near.
    public var vectors: UnsafeBufferPointer<Address>
    /// Where the block begins in each.
    public var offset: Int
    /// The numbers between the block's rows.
    public var rowStride: Int

    /// See the properties.
    @inlinable public init(vectors: UnsafeBufferPointer<Address>, offset: Int, rowStride: Int) {
      self.vectors = vectors
      self.offset = offset
      self.rowStride = rowStride
    }
  }

  /// The address of memory that somebody else keeps alive.
  ///
  /// `Sendable`: it says nothing about who may touch the memory; its owner does.
  public struct Address: BitwiseCopyable, @unchecked Sendable {
    /// The address.
    public let base: UnsafeMutablePointer<Element>

    /// See the property.
    public init(_ base: UnsafeMutablePointer<Element>) { self.base = base }
  }

  /// The numbers that the stack of a block of a weight gradient has: one block for each level of the tree that may be open.
  public static func stackCount(columns: Int, panels: Int, rows: Int, shard: Int) -> Int {
    let runs = (rows - 1) / shard + 1
    return (Int.bitWidth - runs.leadingZeroBitCount + 1) * columns * panels * lanes
  }

  /// Copies a part of `matrix[inputs, outputs]`, row-major without gaps, into panels.
  ///
  /// - Parameters:
  ///   - matrix: all of it.
  ///   - inputs: its rows.
  ///   - outputs: its columns.
  ///   - rows: the part's rows: whole panels, or up to the matrix's end.
  ///   - columns: the part's columns, likewise.
  ///   - forward: the matrix in panels, `inputs * padded(outputs)` numbers.
  ///   - backward: its transpose in panels, `outputs * padded(inputs)` numbers; or nil.
  @inlinable public func pack(
    _ matrix: UnsafePointer<Element>, inputs: Int, outputs: Int, rows: Range<Int>, columns: Range<Int>,
    forward: UnsafeMutablePointer<Element>, backward: UnsafeMutablePointer<Element>?
  ) {
    let (i0, i1, o0, o1) = (
      Int64(rows.lowerBound), Int64(rows.upperBound), Int64(columns.lowerBound),
      Int64(columns.upperBound)
    )
    switch Element.precision {
    case .float32:
      variant.functions.pointee.pack_f32(
        raw(matrix), Int64(inputs), Int64(outputs), i0, i1, o0, o1, raw(forward), backward.map { raw($0) })
    case .float64:
      variant.functions.pointee.pack_f64(
        raw(matrix), Int64(inputs), Int64(outputs), i0, i1, o0, o1, raw(forward), backward.map { raw($0) })
    }
  }

  // `Element` is `Float` or `Double`, as its precision says: these only tell the compiler.
  @inlinable func raw<Number>(_ pointer: UnsafePointer<Element>) -> UnsafePointer<Number> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Number.self)
  }
  @inlinable func raw<Number>(_ pointer: UnsafeMutablePointer<Element>) -> UnsafeMutablePointer<Number> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Number.self)
  }
}

extension Activation {
  /// Whether products in panels make this activation: one of elements, whose derivative its outputs tell.
  public var isMadeInPanels: Bool { code != nil && !needsSums }
}
