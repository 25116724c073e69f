import Primitives
import Testing

@testable import Datasets

@Suite("Normalisation")
struct NormalizationTests {
  /// Rows of three columns: one far from zero with a small spread, one around zero, one that is always 7.
  static let rows: [Double] = (0..<5003).flatMap { row -> [Double] in
    let random = CounterRandom(seed: 9, purpose: .testing).uniforms(UInt64(row))
    return [1e6 + random.0, 10 * random.1 - 5, 7]
  }

  func statistics(pieces: Int) -> ColumnStatistics {
    var pass = StatisticsPass<Double>(columns: 3)
    Self.rows.withUnsafeBufferPointer { rows in
      for start in stride(from: 0, to: rows.count, by: 3 * pieces) {
        pass.take(UnsafeBufferPointer(rebasing: rows[start..<min(start + 3 * pieces, rows.count)]))
      }
    }
    return pass.statistics
  }

  @Test("measures means, deviations and ranges, far from zero too")
  func measuring() {
    let found = statistics(pieces: 5003)
    #expect(found.count == 5003)
    for column in 0..<3 {
      let values = stride(from: column, to: Self.rows.count, by: 3).map { Self.rows[$0] }
      // By a shift that leaves nothing to be lost.
      let shift = values[0]
      let mean = values.reduce(0) { $0 + ($1 - shift) } / 5003
      let squares = values.reduce(0) { $0 + ($1 - shift - mean) * ($1 - shift - mean) }
      #expect(abs(found.means[column] - shift - mean) <= 1e-9)
      #expect(abs(found.deviations[column] - squares) <= 1e-9 * max(squares, 1))
      #expect(found.least[column] == values.min() && found.most[column] == values.max())
      #expect(found.isConstant(column) == (column == 2))
    }
  }

  @Test("gives the same bits in whatever pieces rows come", arguments: [1, 2, 1000, 1023, 1024, 1025, 3000])
  func pieces(count: Int) { #expect(statistics(pieces: count) == statistics(pieces: 5003)) }

  @Test("brings columns to like size, and back", arguments: [NormalizationKind.standard, .minmax])
  func scaling(kind: NormalizationKind) {
    let scaling = ColumnScaling(statistics(pieces: 5003), kind)
    let buffer = AlignedBuffer(Self.rows, filler: 0)
    scaling.apply(to: buffer.elements)
    var pass = StatisticsPass<Double>(columns: 3)
    pass.take(UnsafeBufferPointer(buffer.elements))
    let found = pass.statistics
    for column in 0..<2 {
      if kind == .standard {
        #expect(abs(found.means[column]) <= 1e-8 && abs(found.standardDeviation(column) - 1) <= 1e-9)
      } else {
        #expect(found.least[column] == 0 && abs(found.most[column] - 1) <= 1e-12)
      }
    }
    // What is constant becomes 0.
    #expect(found.least[2] == 0 && found.most[2] == 0)
    scaling.undo(buffer.elements)
    #expect(zip(buffer.elements, Self.rows).allSatisfy { abs($0 - $1) <= 1e-9 * max(1, abs($1)) })
  }

  @Test("leaves alone what has no size to speak of, and takes no impossible numbers")
  func extremes() {
    var pass = StatisticsPass<Double>(columns: 2)
    let rows = [0, -1e308, Double.leastNonzeroMagnitude, 1e308]
    rows.withUnsafeBufferPointer { pass.take($0) }
    for kind in [NormalizationKind.standard, .minmax] {
      let scaling = ColumnScaling(pass.statistics, kind)
      #expect(scaling.scales == [1, 1])
      #expect(ColumnScaling(offsets: scaling.offsets, scales: scaling.scales) != nil)
    }
    for bad in [0, -1, .infinity, .nan] { #expect(ColumnScaling(offsets: [0], scales: [bad]) == nil) }
    #expect(
      ColumnScaling(offsets: [.nan], scales: [1]) == nil && ColumnScaling(offsets: [], scales: [1]) == nil)
  }
}
