import Lockstep

/// A chart of a study for gnuplot: speedup against threads, with the ideal.
struct ScalingChart {
  /// A study, as `scaling --json` prints it, as far as it is drawn.
  struct Study: Decodable {
    struct Point: Decodable {
      struct Spread: Decodable {
        var median: Double
        var least: Double
        var most: Double
      }
      var threads: Int
      var exceedsCPUs: Bool
      var speedup: Spread

      enum CodingKeys: String, CodingKey {
        case threads, speedup
        case exceedsCPUs = "exceeds_cpus"
      }
    }
    var network: String
    var precision: String
    var loss: String
    var optimizer: String
    var batchSize: Int
    var cpu: String
    var cpus: Int
    var strong: [Point]
    var weak: [Point]

    enum CodingKeys: String, CodingKey {
      case network, precision, loss, optimizer, cpu, cpus, strong, weak
      case batchSize = "batch_size"
    }

    fileprivate func points(_ mode: ScalingMode) -> [Point] { mode == .strong ? strong : weak }
  }

  let study: Study
  let kind: ChartKind

  /// The chart.
  var chart: ChartScript {
    let curves = Self.curves.filter { !study.points($0.mode).isEmpty }
    let plots = curves.flatMap { curve in
      // Side by side, so that neither hides the other's error bars.
      let look = "linewidth 2 pointtype \(curve.point) pointsize 1.3 linecolor rgb '\(curve.color)'"
      let data = "$\(curve.mode.rawValue) using ($1*\(curves.count == 1 ? 1 : curve.shift)):2"
      return [
        "\(data):3:4 with yerrorbars \(look)",
        "\(data) with linespoints \(look) title \(ChartScript.quoted(title(of: curve.mode)))",
      ]
    }
    let ideal = "$ideal with lines linewidth 2 dashtype 2 linecolor rgb '#777777' title 'ideal'"
    let shade =
      isCrowded
      ? [
        "NaN with boxes fillstyle solid noborder fillcolor rgb '\(Self.shade)' title 'more threads than CPUs'"
      ] : []
    let most = threads.max() ?? 1
    let cpus = "\(study.cpus) CPU\(study.cpus == 1 ? "" : "s")"
    var chart = ChartScript(
      kind: kind, title: "How training \(study.network) scales with threads",
      subtitle: "\(study.precision), \(study.loss), \(study.optimizer); \(study.cpu), \(cpus)")
    chart.legendLines = curves.count + (isCrowded ? 2 : 1)
    chart.settings = axes + crowd
    chart.blocks = [("ideal", ["1 1", "\(most) \(most)"])]
    chart.blocks += curves.map { ($0.mode.rawValue, study.points($0.mode).map(Self.line)) }
    chart.plots = [ideal] + plots + shade
    return chart
  }

  private static let curves: [(mode: ScalingMode, color: String, point: Int, shift: Double)] = [
    (.strong, ChartScript.color(0), 7, 0.994), (.weak, ChartScript.color(1), 5, 1.006),
  ]

  private var points: [Study.Point] { study.strong + study.weak }
  private var threads: [Int] { Set(points.map(\.threads)).sorted() }

  private func title(of mode: ScalingMode) -> String {
    mode == .strong
      ? "strong scaling: minibatches of \(study.batchSize) rows"
      : "weak scaling: minibatches of \(study.batchSize) rows a thread"
  }

  private var axes: [String] {
    let most = Double(threads.max() ?? 1)
    let least = points.reduce(1) { min($0, $1.speedup.least) }
    let greatest = points.reduce(most) { max($0, $1.speedup.most) }
    return [
      "set logscale xy 2", "set xlabel 'threads'",
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
        "set object 1 rectangle from \(Double(study.cpus) * 1.06), graph 0 to graph 1, graph 1 behind fillcolor rgb '\(Self.shade)' fillstyle solid noborder"
      ] : []
  }

  private static var shade: String { "#eeeeee" }

  /// The columns: threads, speedup, and its least and greatest value.
  private static func line(_ point: Study.Point) -> String {
    "\(point.threads) \(point.speedup.median) \(point.speedup.least) \(point.speedup.most)"
  }
}

extension ScalingChart.Study {
  /// What is drawn of `report`.
  init(_ report: ScalingReport) {
    let recipe = report.start.recipe
    self.init(
      network: recipe.network.summary, precision: recipe.precision.rawValue, loss: recipe.loss.name,
      optimizer: recipe.optimizer.name.rawValue, batchSize: recipe.batchSize, cpu: CPUBudget.cpuName,
      cpus: report.start.cpus, strong: report.strong.map(Point.init), weak: report.weak.map(Point.init))
  }
}

extension ScalingChart.Study.Point {
  fileprivate init(_ point: ScalingPoint) {
    self.init(
      threads: point.threads, exceedsCPUs: point.exceedsCPUs,
      speedup: Spread(median: point.speedup.median, least: point.speedup.least, most: point.speedup.most))
  }
}
