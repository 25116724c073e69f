import Kernels
import Primitives

/// Random numbers dealt out to rows, `width` each: those of row i come from the blocks from i * B on, where B = width / 2
/// rounded up. The last number of a row's blocks is left out if the width is odd.
struct RowStream {
  let random: CounterRandom
  let width: Int

  init(seed: UInt64, purpose: CounterRandom.Purpose, width: Int) {
    random = CounterRandom(seed: seed, purpose: purpose)
    self.width = width
  }

  /// The numbers made at a time: 8 KiB, on the stack.
  private static var tile: Int { 1024 }

  private var blocks: Int { (width + 1) / 2 }

  /// Calls `body` with each number, uniform in [0, 1), and its place in a row-major matrix of `rows` rows.
  @inline(__always) func forEachUniform(from start: Int, rows: Int, _ body: (Int, Double) -> Void) {
    forEachTile(from: start, rows: rows, isNormal: false, body)
  }

  /// Calls `body` with each number, standard normal, and its place in a row-major matrix of `rows` rows.
  @inline(__always) func forEachNormal(from start: Int, rows: Int, _ body: (Int, Double) -> Void) {
    forEachTile(from: start, rows: rows, isNormal: true, body)
  }

  @inline(__always) private func forEachTile(
    from start: Int, rows: Int, isNormal: Bool, _ body: (Int, Double) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.tile) { tile in
      let first = UInt64(start) &* UInt64(blocks)
      let drawn = rows * 2 * blocks
      var (done, place, column) = (0, 0, 0)
      while done < drawn {
        let numbers = UnsafeMutableBufferPointer(rebasing: tile[..<min(tile.count, drawn - done)])
        let block = first &+ UInt64(done / 2)
        if isNormal {
          random.copyNormals(from: block, into: numbers)
        } else {
          random.copyUniforms(from: block, into: numbers)
        }
        if width % 2 == 0 {
          for index in numbers.indices { body(place &+ index, numbers[index]) }
          place += numbers.count
        } else {
          for number in numbers {
            if column < width {
              body(place, number)
              place &+= 1
            }
            column = column == width ? 0 : column &+ 1
          }
        }
        done += numbers.count
      }
    }
  }
}

/// Features that are uniform in a range whose end is excluded.
struct UniformFeatures {
  let stream: RowStream
  let range: Range<Double>

  init(_ count: Int, in range: Range<Double>, seed: UInt64) {
    stream = RowStream(seed: seed, purpose: .features, width: count)
    self.range = range
  }

  /// Sets `x` to the features of the rows from `start` on.
  @inline(__always) func fill<Element: Scalar>(
    from start: Int, rows: Int, x: UnsafeMutableBufferPointer<Element>
  ) {
    precondition(x.count == rows * stream.width)
    let end = Element(range.upperBound)
    // Rounding may reach the end of the range.
    let last = Double(end) >= range.upperBound ? end.nextDown : end
    let (lower, width) = (range.lowerBound, range.upperBound - range.lowerBound)
    stream.forEachUniform(from: start, rows: rows) { place, number in
      let value = Element(lower + width * number)
      x[place] = value < last ? value : last
    }
  }

  /// Throws ``LockstepError`` if `Element` cannot tell the ends of the range, which is what `option` sets, apart or say them.
  func check<Element: Scalar>(as type: Element.Type, option: String = "--range") throws(LockstepError) {
    let most = Double(Element.greatestFiniteMagnitude)
    let reach = max(abs(range.lowerBound), abs(range.upperBound))
    guard reach <= most else {
      throw LockstepError.tooLarge(reach, as: type, remedy: "Choose a smaller \(option).")
    }
    guard Element(range.lowerBound) < Element(range.upperBound) else {
      throw LockstepError(
        .usage, option, "is a single number in \(Element.precision.rawValue)",
        found: "\(range.lowerBound),\(range.upperBound)", remedy: "Choose a wider one or --precision float64."
      )
    }
  }
}

extension LockstepError {
  /// The error about numbers of up to `value` that were asked for in a format too narrow for them.
  static func tooLarge<Element: Scalar>(_ value: Double, as type: Element.Type, remedy: String)
    -> LockstepError
  {
    LockstepError(
      .usage, "", "the numbers asked for are too large for \(Element.precision.rawValue)",
      found: "up to \(value)", expected: "at most \(Double(Element.greatestFiniteMagnitude))", remedy: remedy)
  }
}
