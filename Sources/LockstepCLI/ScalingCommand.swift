import ArgumentParser
import Lockstep

struct ScalingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling", abstract: "Measures how training scales with the number of threads.",
    discussion: """
      Strong scaling keeps the minibatch and shares it among more threads; weak scaling gives every thread \
      --batch-size rows of a minibatch of its own (and --shards shards, if given), so that the minibatch grows. \
      Speedup is how many times as many rows a second are trained on as with one thread; efficiency is the speedup \
      divided by the threads.

      Every number of threads is timed in every round, one after the other, so that a machine that becomes slower \
      meanwhile slows all of them; a speedup compares two times of one round. Tables show the median over the rounds, \
      with the least and the most. Steps are of full minibatches; the first ones of each repeat are not timed.

      GFLOP/s counts two operations for each multiply-add of a weight: forward, by the weight, and by the layer's \
      input except in the first layer. Its peak is what the same workers do when they do nothing but fused \
      multiply-adds, measured ten times in between: a CPU's clock changes all the time. One more round records what \
      the workers do: wait for data (the order of rows, and collecting them), run the network forward and backward, wait for each other at \
      the barrier, add up gradients and apply the optimizer.

      All threads of strong scaling start from the same parameters and must get the same bits; if not, the program \
      says so and exits with 70. Nothing else is saved of the training.

      Examples:
        lockstep scaling linear.h5 --hidden 512,512 --batch-size 1024
        lockstep scaling linear.h5 --hidden 10 --threads 1,2,4 --mode strong --seconds 0.1 --json
        lockstep scaling linear.h5 --hidden 512,512 --csv scaling.csv --chart scaling.svg
      """)

  enum Mode: String, ExpressibleByArgument, CaseIterable {
    case strong, weak, both

    var modes: Set<ScalingMode> {
      switch self {
      case .strong: [.strong]
      case .weak: [.weak]
      case .both: [.strong, .weak]
      }
    }
  }

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Recipe") var recipe: RecipeOptions

  @Option(
    help:
      "Numbers of threads, joined by commas; 1 is always among them. (default: 1, 2, 4 and so on up to all CPUs)",
    transform: Parse.threadCounts)
  var threads: [Int] = ScalingOptions.defaultThreads(cpus: CPUBudget.current.cpus)
  @Option(help: "What to keep the same: the minibatch, its rows a thread, or one after the other.")
  var mode = Mode.both
  @Option(help: "How often each number of threads is timed. (default: 5)", transform: Parse.repeats)
  var repeats = 5
  @Option(help: "About as many seconds each time takes. (default: 0.5)", transform: Parse.seconds)
  var seconds = 0.5

  @Option(
    help: "Write the results as comma-separated values, too; - for standard output, instead of the tables.",
    completion: .file())
  var csv: String?
  @Option(
    help: "Draw speedup against threads, with gnuplot, as .svg, .png or .pdf.",
    completion: .file(extensions: ChartKind.allCases.map(\.rawValue)))
  var chart: String?
  @Flag(help: "Replace the files if they are there.")
  var force = false

  @OptionGroup var console: OutputOptions

  func validate() throws {
    if let chart, ChartKind(path: chart) == nil {
      throw ValidationError("--chart \(chart) must end in .svg, .png or .pdf.")
    }
    if csv == "" {
      throw ValidationError("--csv is empty: name the file to write, or - for standard output.")
    }
    if csv == "-", console.json {
      throw ValidationError("--csv - and --json both want standard output; give --csv a file.")
    }
    if csv != nil, csv == chart { throw ValidationError("--csv and --chart name the same file.") }
  }

  func run() throws {
    let stop = Signals.stopRequest()
    let gnuplot = try prepareOutputs()
    let display = ScalingDisplay(isQuiet: console.quiet)
    defer { display.finish() }
    display.warn(threads: threads, cpus: CPUBudget.current.cpus)
    let options = ScalingOptions(
      training: recipe.trainingOptions(data.location), threads: threads, modes: mode.modes, repeats: repeats,
      secondsPerRepeat: seconds)
    let report = try ScalingStudy(options, stop: stop) { display.show($0) }.run()
    display.finish()
    let records = ScalingRecords(report: report)
    if let csv, csv != "-" { try StagedFile.write(records.csv + "\n", to: csv) }
    if let chart, let kind = ChartKind(path: chart) {
      try gnuplot?.draw(ScalingChart(study: .init(report), kind: kind).chart.text, to: chart)
    }
    if console.json {
      try records.json(data: data.data, csv: csv, chart: chart).printResult()
    } else {
      try Console.result(csv == "-" ? records.csv : ScalingTables(report: report).text)
    }
  }

  /// Checks, before any time is spent, that the files can be written.
  private func prepareOutputs() throws(LockstepError) -> Gnuplot? {
    for (path, option) in [(csv, "--csv"), (chart, "--chart")] {
      guard let path, path != "-" else { continue }
      try OutputFile.requireNew(path, option: option, force: force)
      try OutputFile.requireOther(than: data.data, path, option: option)
    }
    return try chart.map { path throws(LockstepError) in try Gnuplot(for: path) }
  }
}
