import ArgumentParser
import Lockstep

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct PlotScaling: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling", abstract: "Draws speedup against threads, as scaling measured it before.",
    discussion: """
      Examples:
        lockstep scaling linear.h5 --hidden 512,512 --json > scaling.json
        lockstep plot scaling scaling.json --output scaling.svg
      """)

  @Argument(help: "What scaling --json printed.", completion: .file(extensions: ["json"]))
  var results: String
  @OptionGroup var plot: PlotOptions

  func run() throws {
    let gnuplot = try plot.prepare(inputs: [results])
    let study = try study()
    guard !(study.strong + study.weak).isEmpty else {
      throw LockstepError(.badData, results, "nothing was measured", remedy: "Measure again.")
    }
    try plot.draw(ScalingChart(study: study, kind: plot.kind).chart, with: gnuplot)
  }

  private func study() throws -> ScalingChart.Study {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: results))
    } catch {
      throw LockstepError(.noInput, results, "cannot be read", remedy: "Check the path.")
    }
    do {
      return try JSONDecoder().decode(ScalingChart.Study.self, from: data)
    } catch {
      throw LockstepError(
        .badData, results, "is not what lockstep scaling --json prints",
        remedy: "Run lockstep scaling with --json and keep its output in a file.")
    }
  }
}
