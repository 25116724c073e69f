/// Points of a plane in rows and columns, the ends of both ranges among them.
struct PlaneMap {
  let first: Range<Double>
  let second: Range<Double>
  let points: Int

  /// The coordinates of all points, row by row.
  var features: [Double] {
    (0..<points).flatMap { row in
      (0..<points).flatMap { column in [Self.value(first, column, points), Self.value(second, row, points)] }
    }
  }

  /// A line for each point with its coordinates and what `text` says of it; an empty one between rows.
  func lines(_ text: (Int) -> String) -> [String] {
    (0..<points).flatMap { row in
      (0..<points).map { column in
        "\(Self.value(first, column, points)) \(Self.value(second, row, points)) \(text(row * points + column))"
      } + (row + 1 < points ? [""] : [])
    }
  }

  /// Draws `values`, one a point, in colours, with the line of one half if they are probabilities and lie on both sides of it,
  /// and samples with their targets in the same colours.
  func draw(
    _ values: [Double], in chart: inout ChartScript, label: String, isProbability: Bool,
    samples: [(x0: Double, x1: Double, target: Double)]
  ) {
    chart.hasColorBox = true
    chart.legendLines = 0
    // Viridis: even steps for the eye, whatever colours it sees (S. van der Walt and N. Smith, matplotlib).
    chart.settings += [
      "set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')",
      "set cblabel \(ChartScript.quoted(label))",
    ]
    chart.blocks.append(("map", lines { "\(values[$0])" }))
    chart.plots = ["$map using 1:2:3 with image"]
    if isProbability {
      chart.settings.append("set cbrange [0:1]")
      if values.contains(where: { $0 < 0.5 }), values.contains(where: { $0 > 0.5 }) {
        chart.preparations = [
          "set contour base", "unset surface", "set cntrparam levels discrete 0.5", "set table $half",
          "splot $map using 1:2:3", "unset table", "set surface", "unset contour",
        ]
        chart.plots.append(
          "$half using 1:2 with lines linewidth 2.5 linecolor rgb '#D55E00' title 'one half'")
        chart.legendLines = 1
      }
    }
    if !samples.isEmpty {
      chart.blocks.append(("samples", samples.map { "\($0.x0) \($0.x1) \($0.target)" }))
      chart.plots += Self.outlined("$samples using 1:2:3", color: "palette", count: samples.count)
    }
  }

  /// The axes of a map.
  var settings: [String] {
    [
      "set xlabel 'x0'", "set label 3 'x1' at screen 0.025, screen 0.45 center rotate", "unset grid",
      "set xrange [\(first.lowerBound):\(first.upperBound)]",
      "set yrange [\(second.lowerBound):\(second.upperBound)]", "set tics out",
    ]
  }

  /// Points with a dark rim, to be seen on any ground.
  static func outlined(_ data: String, color: String, count: Int) -> [String] {
    // Fewer can be larger.
    let size = count <= 50 ? 2.0 : 1.0
    let place = data.replacing(" using 1:2:3", with: " using 1:2")
    return [
      "\(place) with points pointtype 7 pointsize \(1.25 * size) linecolor rgb 'white'",
      "\(place) with points pointtype 7 pointsize \(1.1 * size) linecolor rgb 'black'",
      "\(data) with points pointtype 7 pointsize \(0.8 * size) linecolor \(color)",
    ]
  }

  private static func value(_ range: Range<Double>, _ index: Int, _ points: Int) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(index) / Double(points - 1)
  }
}
