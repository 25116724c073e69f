import Lockstep

/// A chart of a study for gnuplot: speedup against threads, with the ideal.
struct ScalingChart {
  /// What the file holds.
  enum Kind: String, CaseIterable {
    case svg
    case png

    /// What the ending of `path` says, or nil for any other.
    init?(path: String) {
      guard let kind = Self.allCases.first(where: { path.hasSuffix(".\($0.rawValue)") }) else { return nil }
      self = kind
    }
  }

  let report: ScalingReport
  let kind: Kind

  /// The script; what it draws goes to standard output.
  var script: String {
    let curves = Self.curves.filter { !report.points($0.mode).isEmpty }
    let plots = curves.flatMap { curve in
      // Side by side, so that neither hides the other's error bars.
      let look = "linewidth 2 pointtype \(curve.point) pointsize 1.3 linecolor rgb '\(curve.color)'"
      let data = "$\(curve.mode.rawValue) using ($1*\(curves.count == 1 ? 1 : curve.shift)):2"
      return [
        "\(data):3:4 with yerrorbars \(look)",
        "\(data) with linespoints \(look) title \(quoted(title(of: curve.mode)))",
      ]
    }
    let ideal = "$ideal with lines linewidth 2 dashtype 2 linecolor rgb '#777777' title 'ideal'"
    let shade =
      isCrowded
      ? [
        "NaN with boxes fillstyle solid noborder fillcolor rgb '\(Self.shade)' title 'more threads than CPUs'"
      ] : []
    let most = threads.max() ?? 1
    let lines =
      settings + axes + crowd + block("ideal", ["1 1", "\(most) \(most)"])
      + curves.flatMap { block($0.mode.rawValue, report.points($0.mode).map(Self.line)) }
      + ["plot " + ([ideal] + plots + shade).joined(separator: ", \\\n  ")]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Colours that people with any vision tell apart (M. Okabe and K. Ito, "Color universal design").
  private static let curves: [(mode: ScalingMode, color: String, point: Int, shift: Double)] = [
    (.strong, "#0072B2", 7, 0.994), (.weak, "#D55E00", 5, 1.006),
  ]

  private var points: [ScalingPoint] { report.strong + report.weak }
  private var threads: [Int] { Set(points.map(\.threads)).sorted() }

  private func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }

  private func title(of mode: ScalingMode) -> String {
    let batch = report.start.recipe.batchSize
    return mode == .strong
      ? "strong scaling: minibatches of \(batch) rows" : "weak scaling: minibatches of \(batch) rows a thread"
  }

  private var settings: [String] {
    let start = report.start
    let recipe = start.recipe
    let cpus = "\(start.cpus) CPU\(start.cpus == 1 ? "" : "s")"
    // A PNG has twice as many pixels, all of them twice as large.
    let terminal =
      kind == .svg
      ? "svg size 800,600 font 'sans,13'"
      : "pngcairo size 1600,1200 fontscale 2 linewidth 2 pointscale 2 font 'sans,13'"
    return [
      "set terminal \(terminal) noenhanced background rgb 'white'", "set encoding utf8",
      "set margins screen 0.12, screen 0.96, screen 0.11, screen \(isCrowded ? 0.7 : 0.74)",
      "set label 1 \(quoted("How training \(recipe.network.summary) scales with threads")) at screen 0.12, screen 0.95 font ',18'",
      "set label 2 \(quoted("\(recipe.precision.rawValue), \(recipe.loss.name), \(recipe.optimizer.name.rawValue); \(CPUBudget.cpuName), \(cpus)")) at screen 0.12, screen 0.9 textcolor rgb '#555555'",
      // Outside of the curves' way, which differs from machine to machine.
      "set key at screen 0.11, screen 0.87 left top vertical reverse Left samplen 3 spacing 1.2 noautotitle",
      "set border 3 linecolor rgb '#555555'",
      "set grid linecolor rgb '#dddddd' linetype 1 linewidth 1",
    ]
  }

  private var axes: [String] {
    let most = Double(threads.max() ?? 1)
    let least = points.reduce(1) { min($0, $1.speedup.least) }
    let greatest = points.reduce(most) { max($0, $1.speedup.most) }
    return [
      "set logscale xy 2", "set tics nomirror", "set xlabel 'threads'",
      // A label of the axis would be left out where the numbers beside it are wide.
      "set label 3 'speedup over one thread' at screen 0.025, screen 0.4 center rotate",
      "set xrange [0.92:\(most * 1.087)]", "set yrange [\(least * 0.92):\(greatest * 1.1)]",
      "set xtics (\(threadTics.joined(separator: ", ")))",
      "set ytics (\(Self.speedupTics(from: least, to: greatest).joined(separator: ", ")))",
    ]
  }

  /// Every number of threads that was measured, with a label unless it would touch that of a power of two.
  private var threadTics: [String] {
    let powers = threads.filter { $0.nonzeroBitCount == 1 }
    var labelled = powers
    return threads.sorted { $0.nonzeroBitCount == 1 && $1.nonzeroBitCount != 1 }.map { count in
      let isNear = labelled.contains { other in
        other != count && Double(max(count, other)) / Double(min(count, other)) < 1.2
      }
      if isNear { return "'' \(count) 1" }
      labelled.append(count)
      return "'\(count)' \(count)"
    }
  }

  /// Powers of two, and quarters between them if few of them are in sight.
  private static func speedupTics(from least: Double, to most: Double) -> [String] {
    var tics: [String] = []
    var power = 1.0
    while power > least { power /= 2 }
    while power <= most {
      tics.append("'\(power < 1 ? "1/\(Int(1 / power))" : "\(Int(power))")' \(power)")
      if most / least <= 4 {
        tics += [1.25, 1.5, 1.75].map { power * $0 }.map { "'\($0)' \($0)" }
      }
      power *= 2
    }
    return tics
  }

  private var isCrowded: Bool { points.contains(where: \.exceedsCPUs) }

  /// A shade where there are more threads than CPUs.
  private var crowd: [String] {
    isCrowded
      ? [
        "set object 1 rectangle from \(Double(report.start.cpus) * 1.06), graph 0 to graph 1, graph 1 behind fillcolor rgb '\(Self.shade)' fillstyle solid noborder"
      ] : []
  }

  private static var shade: String { "#eeeeee" }

  /// The columns: threads, speedup, and its least and greatest value.
  private static func line(_ point: ScalingPoint) -> String {
    "\(point.threads) \(point.speedup.median) \(point.speedup.least) \(point.speedup.most)"
  }

  private func block(_ name: String, _ lines: [String]) -> [String] { ["$\(name) << EOD"] + lines + ["EOD"] }
}
