extension Range<Int> {
  /// The numbers from 0 up to `count` that belong to `worker` of `workers`: whole units of `unit` numbers, as equal as can be.
  init(worker: Int, of workers: Int, count: Int, unit: Int) {
    let units = (count + unit - 1) / unit
    self =
      Swift.min(
        worker * units / workers * unit, count)..<Swift.min(
        (worker + 1) * units / workers * unit, count)
  }

  /// Calls `body` with pieces of `count` numbers, one after the other; the last may be shorter.
  @inline(__always) func forEachPiece(of count: Int, _ body: (Range<Int>) -> Void) {
    var start = lowerBound
    while start < upperBound {
      let piece = start..<Swift.min(start + count, upperBound)
      body(piece)
      start = piece.upperBound
    }
  }
}
