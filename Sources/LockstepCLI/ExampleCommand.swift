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
        lockstep example all --json
      """)

  @Argument(
    help: "The lesson, or all, or list.", completion: .list(["list", "all"] + Lesson.all.map(\.name)))
  var name: String

  @Flag(help: "Print all rows of long tables.")
  var full = false

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
    } else if console.json {
      try JSON.object(["examples": .array(chosen.map { try ExampleDisplay(lesson: $0).json() })])
        .printResult()
    } else {
      for (index, lesson) in chosen.enumerated() {
        let text = try ExampleDisplay(lesson: lesson).text(full: full)
        try Console.result(index == 0 ? text : "\n" + text)
      }
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
