import Kernels
import Primitives

/// What an epoch's order by blocks comes to when rows are looked up again and again: for each window where it begins and how
/// it is mixed, for each block where its rows lie.
///
/// About 8 bytes for each block of a window, and 80 for the window itself.
final class WindowTable: Sendable {
  /// Where the rows lie that an order speaks of.
  enum Place {
    /// At their own number: all are there.
    case file
    /// In a ring of so many windows of at most so many rows, each window's blocks one after the other; the epoch's first one in
    /// slot `first`.
    case ring(windows: Int, windowRows: Int, first: Int)
  }

  private let starts: AlignedBuffer<Int>
  private let mixings: AlignedBuffer<KeyedPermutation>
  /// One entry for each block of which a window has rows, or one a window if these lie one after the other.
  private let bases: AlignedBuffer<Int>
  let view: View

  init(_ order: BlockOrder, at place: Place, variant: KernelVariant?) {
    let windows = order.windows
    starts = AlignedBuffer(repeating: order.count, count: windows + 1)
    let idle = KeyedPermutation(count: 0, random: CounterRandom(seed: 0, purpose: .windowOrder))
    let isMixed = windows > 0 && order.mixing(ofWindow: 0) != nil
    mixings = AlignedBuffer(repeating: idle, count: isMixed ? windows : 0)
    let blocksAreApart = if case .file = place { true } else { false }
    bases = AlignedBuffer(repeating: 0, count: windows * (blocksAreApart ? order.shape.windowBlocks : 1))
    for window in 0..<windows {
      starts.elements[window] = order.positions(ofWindow: window).lowerBound
      if isMixed, let mixing = order.mixing(ofWindow: window) { mixings.elements[window] = mixing }
      switch place {
      case .file:
        for (index, rows) in order.rows(ofWindow: window).enumerated() {
          bases.elements[window * order.shape.windowBlocks + index] = rows.lowerBound
        }
      case .ring(let slots, let windowRows, let first):
        bases.elements[window] = (first + window) % slots * windowRows
      }
    }
    view = View(
      starts: UnsafeBufferPointer(starts.elements), mixings: UnsafeBufferPointer(mixings.elements),
      bases: UnsafeBufferPointer(bases.elements), windowBlocks: order.shape.windowBlocks,
      partRows: order.shape.partRows, blocksAreApart: blocksAreApart, variant: variant)
  }

  /// The table as plain addresses, valid as long as the table.
  struct View: BitwiseCopyable, @unchecked Sendable {
    // Sendable: the table's memory is not written after it was made.
    let starts: UnsafeBufferPointer<Int>
    let mixings: UnsafeBufferPointer<KeyedPermutation>
    let bases: UnsafeBufferPointer<Int>
    let windowBlocks: Int
    let partRows: Int
    let blocksAreApart: Bool
    let variant: KernelVariant?

    /// Writes where the rows lie that stand at the positions from `start` on.
    func copyRows(from start: Int, into rows: UnsafeMutableBufferPointer<Int>) {
      var done = 0
      guard !rows.isEmpty else { return }
      var window = window(at: start)
      while done < rows.count {
        while starts[window + 1] <= start &+ done { window &+= 1 }
        let end = min(rows.count, starts[window &+ 1] &- start)
        let part = UnsafeMutableBufferPointer(rebasing: rows[done..<end])
        let first = start &+ done &- starts[window]
        if mixings.isEmpty {
          for index in part.indices { part[index] = first &+ index }
        } else {
          mixings[window].copyIndices(from: first, into: part, variant: variant)
        }
        locate(part, in: window)
        done = end
      }
    }

    private func window(at position: Int) -> Int {
      // No window has more rows than this, and all have about as many.
      var (low, high) = (position / (windowBlocks &* partRows), starts.count &- 1)
      while high &- low > 1 {
        let middle = (low &+ high) / 2
        if starts[middle] <= position { low = middle } else { high = middle }
      }
      return low
    }

    /// Replaces numbers of rows within a window by where these rows lie.
    private func locate(_ rows: UnsafeMutableBufferPointer<Int>, in window: Int) {
      guard blocksAreApart else {
        let base = bases[window]
        for index in rows.indices { rows[index] &+= base }
        return
      }
      let (shift, mask) = (partRows.trailingZeroBitCount, partRows &- 1)
      let first = window &* windowBlocks
      for index in rows.indices {
        let row = rows[index]
        rows[index] = bases[first &+ row &>> shift] &+ (row & mask)
      }
    }
  }
}
