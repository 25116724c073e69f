/// What a chart's file holds.
enum ChartKind: String, CaseIterable {
  case svg
  case png
  case pdf

  /// What the ending of `path` says, or nil for any other.
  init?(path: String) {
    guard let kind = Self.allCases.first(where: { path.hasSuffix(".\($0.rawValue)") }) else { return nil }
    self = kind
  }

  /// gnuplot's terminal. Whatever the file, a chart has the same proportions and letters of the same size in it.
  var terminal: String {
    switch self {
    case .svg: "svg size 800,600 font 'sans,13'"
    // Twice as many pixels, all of them twice as large.
    case .png: "pngcairo size 1600,1200 fontscale 2 linewidth 2 pointscale 2 font 'sans,13'"
    case .pdf: "pdfcairo size 8in,6in font 'sans,13' fontscale 0.72"
    }
  }
}

/// A script for gnuplot: a title with a line below it, a legend, and curves over data in the script itself.
struct ChartScript {
  var kind: ChartKind
  var title: String
  /// What else to know: a line in a lighter colour.
  var subtitle: String
  /// The lines of the legend; it stands between the subtitle and the axes.
  var legendLines = 1
  /// Whether a box with colours stands at the right.
  var hasColorBox = false
  /// Whatever else is to be set.
  var settings: [String] = []
  /// The data, by name.
  var blocks: [(name: String, lines: [String])] = []
  /// What is to be done with the data before anything is drawn.
  var preparations: [String] = []
  /// What is drawn, in order.
  var plots: [String] = []

  /// Colours that people with any vision tell apart (M. Okabe and K. Ito, "Color universal design").
  static let colors = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442",
  ]

  /// The colour of curve number `index`.
  static func color(_ index: Int) -> String { colors[index % colors.count] }

  /// `text` as gnuplot reads it, whatever is in it.
  static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "''").replacing("\n", with: " ") + "'"
  }

  /// The script; what it draws goes to standard output.
  var text: String {
    let top = 0.868 - 0.046 * Double(legendLines)
    let header = [
      "set terminal \(kind.terminal) noenhanced background rgb 'white'", "set encoding utf8",
      "set margins screen 0.12, screen \(hasColorBox ? 0.82 : 0.96), screen 0.125, screen \(top)",
      "set label 1 \(Self.quoted(title)) at screen 0.12, screen 0.95 font ',18'",
      "set label 2 \(Self.quoted(subtitle)) at screen 0.12, screen 0.9 textcolor rgb '#555555'",
      // Outside of the curves' way, wherever they run.
      "set key at screen 0.11, screen 0.87 left top vertical reverse Left samplen 3 spacing 1.2 noautotitle",
      "set border 3 linecolor rgb '#555555'", "set grid linecolor rgb '#dddddd' linetype 1 linewidth 1",
      "set tics nomirror",
    ]
    let data = blocks.flatMap { ["$\($0.name) << EOD"] + $0.lines + ["EOD"] }
    let plot = "plot " + plots.joined(separator: ", \\\n  ")
    return (header + settings + data + preparations + [plot]).joined(separator: "\n") + "\n"
  }
}
