import Lessons
import Lockstep

/// What a lesson has to draw: its tables and maps.
struct LessonCharts {
  let transcript: Transcript

  /// A chart for each, in order.
  var scripts: [ChartScript] {
    transcript.entries.compactMap { entry in
      switch entry {
      case .table(let table): chart(table)
      case .map(let map): chart(map)
      case .text, .claim, .numbers: nil
      }
    }
  }

  private func chart(_ table: Transcript.Table) -> ChartScript {
    var chart = ChartScript(
      kind: .svg, title: "\(transcript.lesson): \(table.label)", subtitle: "")
    let isCloud = table.look == .cloud
    let name = isCloud ? "loss" : table.header.count == 2 ? table.header[1] : "value"
    chart.settings = [
      "set xlabel \(ChartScript.quoted(table.header[0]))", "set datafile missing '?'",
      "set label 3 \(ChartScript.quoted(name)) at screen 0.025, screen 0.45 center rotate",
      "set format y '%.3g'",
    ]
    if isCloud { chart.settings += ["set logscale y", "set format y '%.0e'"] }
    chart.blocks = [
      (
        "table",
        table.rows.map { row in
          row.map { $0.isFinite && (!isCloud || $0 > 0) ? "\($0)" : "?" }.joined(separator: " ")
        }
      )
    ]
    chart.legendLines = 0
    for (index, name) in table.header.enumerated().dropFirst() {
      let color = ChartScript.color(index - 1)
      let look = isCloud ? "points pointtype 7 pointsize 0.3" : "lines linewidth 2"
      chart.plots.append("$table using 1:\(index + 1) with \(look) linecolor rgb '\(color)'")
      // The legend's mark can be seen whatever the size of the others.
      let mark = isCloud ? "points pointtype 7 pointsize 1" : "lines linewidth 2"
      chart.plots.append("NaN with \(mark) linecolor rgb '\(color)' title \(ChartScript.quoted(name))")
      chart.legendLines += 1
    }
    return chart
  }

  private func chart(_ map: Transcript.Map) -> ChartScript {
    let plane = PlaneMap(first: map.range, second: map.range, points: map.points)
    var chart = ChartScript(kind: .svg, title: "\(transcript.lesson): \(map.label)", subtitle: "")
    chart.settings = plane.settings
    plane.draw(
      map.values, in: &chart, label: "output", isProbability: true,
      samples: stride(from: 0, to: map.samples.count, by: 3).map {
        (map.samples[$0], map.samples[$0 + 1], map.samples[$0 + 2])
      })
    return chart
  }
}
