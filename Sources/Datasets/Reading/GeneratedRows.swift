import Primitives

/// Samples that are made as they are wanted.
public final class GeneratedRows<Element: Scalar>: RowSource {
  /// The number of rows.
  public let count: Int
  /// What the targets of a row are.
  public let targets: TargetShape
  private let generator: any RowGenerator
  private let name: String

  /// The rows of `address`.
  ///
  /// - Throws: ``LockstepError`` of kind `usage` if the generator cannot make them in this format, or not as what is wanted.
  public init(_ address: GeneratorAddress, role: TargetRole) throws(LockstepError) {
    try address.generator.check(as: Element.self)
    count = address.rows
    generator = address.generator
    name = address.text
    switch (address.generator.targets, role) {
    case (.values(let columns), .values): targets = .values(columns: columns)
    case (.labels, .labels): targets = .labels
    case (.labels, .values): targets = .values(columns: 1)
    case (.values, .labels):
      throw LockstepError(
        .usage, address.text, "makes numbers, not classes", remedy: "Choose --loss mse, or another generator."
      )
    }
  }

  /// The number of features of a row.
  public var features: Int { generator.features }

  /// The address for both.
  public var names: (x: String, y: String) { (name, name) }

  /// What makes rows, on one thread at a time.
  public func makeReader() throws(LockstepError) -> any RowReading<Element> { Reader(generator) }

  /// Makes rows where they are wanted; what is made but not wanted goes to scratch memory.
  private final class Reader: RowReading {
    private let generator: any RowGenerator
    private var x = AlignedBuffer<Element>(repeating: 0, count: 0)
    private var values = AlignedBuffer<Element>(repeating: 0, count: 0)
    private var labels = AlignedBuffer<Int32>(repeating: 0, count: 0)

    init(_ generator: any RowGenerator) { self.generator = generator }

    func read(_ rows: Range<Int>, into place: RowPlace<Element>) throws(LockstepError) {
      let features = place.x.isEmpty ? scratch(&x, 0, rows.count * generator.features) : place.x
      let columns = generator.targets.columns
      switch (generator.targets, place.targets) {
      case (.values, .values(let values)?):
        generator.makeRows(from: rows.lowerBound, x: features, y: .values(values))
      case (.values, _):
        let values = scratch(&values, 0, rows.count * columns)
        generator.makeRows(from: rows.lowerBound, x: features, y: .values(values))
      case (.labels, .labels(let labels)?):
        generator.makeRows(from: rows.lowerBound, x: features, y: TargetRows<Element>.labels(labels))
      case (.labels, _):
        let labels = scratch(&labels, 0, rows.count)
        generator.makeRows(from: rows.lowerBound, x: features, y: TargetRows<Element>.labels(labels))
        if case .values(let values)? = place.targets {
          for (index, label) in labels.enumerated() { values[index] = Element(label) }
        }
      }
    }

    private func scratch<Number: BitwiseCopyable>(
      _ buffer: inout AlignedBuffer<Number>, _ zero: Number, _ count: Int
    ) -> UnsafeMutableBufferPointer<Number> {
      if buffer.count < count { buffer = AlignedBuffer(repeating: zero, count: count) }
      return UnsafeMutableBufferPointer(rebasing: buffer.elements[..<count])
    }
  }
}
