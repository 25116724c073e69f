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
  ///   - matrix: its first panel, as ``pack(_:inputs:outputs:rows:columns:panels:)`` makes it.
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

  /// stack = input[rows, columns]^T . delta[rows, panels * lanes], in panels of `columns` rows, summed over runs of `shard` rows
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
      offset: Int64(soon.offset * size), panel: Int64(soon.panelStride * size),
      parts: Int32(soon.vectors.count),
      turned: soon.turned, turned_panel: Int64(soon.turnedStride * size))
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

  /// Memory that is used soon: in each of several vectors a block in panels, as high and as wide as that of a gradient.
  public struct Soon: BitwiseCopyable {
    /// Nothing.
    @inlinable public static var nothing: Soon {
      Soon(vectors: UnsafeBufferPointer(start: nil, count: 0), offset: 0, panelStride: 0)
    }

    /// The vectors; none if nothing is to be brought near.
    public var vectors: UnsafeBufferPointer<Address>
    /// Where the block begins in each.
    public var offset: Int
    /// The numbers between the block's panels.
    public var panelStride: Int

    /// Where the block of a matrix is turned to, if it is.
    public var turned: UnsafeMutablePointer<Element>?
    /// The numbers between the panels there.
    public var turnedStride = 0

    /// See the properties.
    @inlinable public init(vectors: UnsafeBufferPointer<Address>, offset: Int, panelStride: Int) {
      self.vectors = vectors
      self.offset = offset
      self.panelStride = panelStride
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
  ///   - rows: the part's rows.
  ///   - columns: the part's columns: whole panels, or up to the matrix's end.
  ///   - panels: the matrix in panels, `inputs * padded(outputs)` numbers, aligned. What the last one lacks is made zero.
  @inlinable public func pack(
    _ matrix: UnsafePointer<Element>, inputs: Int, outputs: Int, rows: Range<Int>, columns: Range<Int>,
    panels: UnsafeMutablePointer<Element>
  ) {
    let part = Part(inputs: inputs, outputs: outputs, rows: rows, columns: columns)
    switch Element.precision {
    case .float32:
      variant.functions.pointee.pack_f32(
        raw(matrix), part.inputs, part.outputs, part.i0, part.i1, part.o0, part.o1, raw(panels))
    case .float64:
      variant.functions.pointee.pack_f64(
        raw(matrix), part.inputs, part.outputs, part.i0, part.i1, part.o0, part.o1, raw(panels))
    }
  }

  /// Copies the same part from panels to `matrix`.
  @inlinable public func unpack(
    _ panels: UnsafePointer<Element>, inputs: Int, outputs: Int, rows: Range<Int>, columns: Range<Int>,
    matrix: UnsafeMutablePointer<Element>
  ) {
    let part = Part(inputs: inputs, outputs: outputs, rows: rows, columns: columns)
    switch Element.precision {
    case .float32:
      variant.functions.pointee.unpack_f32(
        raw(panels), part.inputs, part.outputs, part.i0, part.i1, part.o0, part.o1, raw(matrix))
    case .float64:
      variant.functions.pointee.unpack_f64(
        raw(panels), part.inputs, part.outputs, part.i0, part.i1, part.o0, part.o1, raw(matrix))
    }
  }

  /// Transposes a part of a matrix in panels: one that begins with whole panels of rows, too, and ends so or with the matrix.
  ///
  /// - Parameters:
  ///   - panels: the matrix, see ``pack(_:inputs:outputs:rows:columns:panels:)``.
  ///   - inputs: its rows.
  ///   - outputs: its columns.
  ///   - rows: the part's rows.
  ///   - columns: the part's columns.
  ///   - turned: the transpose in panels, `outputs * padded(inputs)` numbers, aligned.
  @inlinable public func turn(
    _ panels: UnsafePointer<Element>, inputs: Int, outputs: Int, rows: Range<Int>, columns: Range<Int>,
    turned: UnsafeMutablePointer<Element>
  ) {
    let part = Part(inputs: inputs, outputs: outputs, rows: rows, columns: columns)
    switch Element.precision {
    case .float32:
      variant.functions.pointee.turn_f32(
        raw(panels), part.inputs, part.outputs, part.i0, part.i1, part.o0, part.o1, raw(turned))
    case .float64:
      variant.functions.pointee.turn_f64(
        raw(panels), part.inputs, part.outputs, part.i0, part.i1, part.o0, part.o1, raw(turned))
    }
  }

  /// A part of a matrix, as the compiled loops take it.
  @usableFromInline struct Part {
    @usableFromInline let inputs, outputs, i0, i1, o0, o1: Int64

    @inlinable init(inputs: Int, outputs: Int, rows: Range<Int>, columns: Range<Int>) {
      self.inputs = Int64(inputs)
      self.outputs = Int64(outputs)
      (i0, i1) = (Int64(rows.lowerBound), Int64(rows.upperBound))
      (o0, o1) = (Int64(columns.lowerBound), Int64(columns.upperBound))
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
