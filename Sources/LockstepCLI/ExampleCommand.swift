import ArgumentParser
import Lessons
import Lockstep

struct ExampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "example",
    abstract: "Works through a lesson on neural networks, with every number in sight, and checks its result.",
    discussion: """
      Lessons on forward propagation, backpropagation, gradient descent and Adam. Each prints its intermediate \
      results and compares them with the digits published with the lesson; the program exits with 70 if one differs.

      \(Format.table(lessons))

      Examples:
        lockstep example forward-unit
        lockstep example and-gate --full
        lockstep example xor-adam --charts .
        lockstep example all --json
      """)

  @Argument(
    help: "The lesson, or all, or list.", completion: .list(["list", "all"] + Lesson.all.map(\.name)))
  var name: String

  @Flag(help: "Print all rows of long tables.")
  var full = false

  @Option(
    help: "An existing folder to draw the tables and maps of the lesson in, with gnuplot, as SVG.",
    completion: .directory)
  var charts: String?
  @Flag(help: "Replace pictures that are there.")
  var force = false

  @OptionGroup var console: OutputOptions

  private static var lessons: [(String, String)] { Lesson.all.map { ($0.name, $0.summary) } }

  private var chosen: [Lesson] {
    name == "all" ? Lesson.all : Lesson.all.filter { $0.name == name }
  }

  func validate() throws {
    guard name == "list" || !chosen.isEmpty else {
      throw ValidationError("there is no lesson '\(name)': 'lockstep example list' names all.")
    }
  }

  func run() throws {
    if name == "list" {
      try list()
      return
    }
    for lesson in charts == nil ? [] : chosen {
      try OutputFile.requireNew(Self.chart(1, of: lesson.name, in: charts), option: "--charts", force: force)
    }
    if console.json {
      let displays = try chosen.map { lesson throws(LockstepError) in try ExampleDisplay(lesson: lesson) }
      for display in displays { try draw(display.transcript) }
      try JSON.object(["examples": .array(displays.map { $0.json() })]).printResult()
    } else {
      for (index, lesson) in chosen.enumerated() {
        let display = try ExampleDisplay(lesson: lesson)
        let text = display.text(full: full)
        try draw(display.transcript)
        try Console.result(index == 0 ? text : "\n" + text)
      }
    }
  }

  private static func chart(_ number: Int, of lesson: String, in folder: String?) -> String {
    "\(folder ?? ".")/\(lesson)-\(number).svg"
  }

  /// Draws what a lesson has to draw, as `<lesson>-1.svg` and so on.
  private func draw(_ transcript: Transcript) throws {
    guard let charts else { return }
    let scripts = LessonCharts(transcript: transcript).scripts
    for (index, script) in scripts.enumerated() {
      let path = Self.chart(index + 1, of: transcript.lesson, in: charts)
      try OutputFile.requireNew(path, option: "--charts", force: force)
      try Gnuplot(for: path).draw(script.text, to: path)
      if !console.quiet { Console.message("wrote \(path)") }
    }
  }

  private func list() throws {
    guard console.json else { return try Console.result(Format.table(Self.lessons)) }
    try JSON.object([
      "examples": .array(
        Lesson.all.map { .object(["name": .string($0.name), "summary": .string($0.summary)]) })
    ]).printResult()
  }
}
