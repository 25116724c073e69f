import Lockstep
import Testing

@testable import Lessons

@Suite("Lessons")
struct LessonTests {
  @Test("work through to the published digits", arguments: Lesson.all.map(\.name))
  func run(_ name: String) throws {
    let transcript = try lesson(name).run()
    #expect(transcript.lesson == name)
    #expect(transcript.checks > 0)
  }

  func lesson(_ name: String) throws -> Lesson { try #require(Lesson.all.first { $0.name == name }) }

  /// What the lessons publish, stated once more: lesson, label, numbers, decimals.
  static let published: [(String, String, [Double], Int)] = [
    ("forward-unit", "total input", [1.3], 8), ("forward-unit", "output", [1.3], 8),
    ("forward-layer", "total input", [1.4, 2.2, 3], 8),
    ("forward-layer", "output", [0.80218389, 0.90024951, 0.95257413], 8),
    ("forward-3-layer", "u1", [0.6, 1.3, 2], 8), ("forward-3-layer", "u2", [1.02, 2.29], 8),
    ("forward-3-layer", "sum of z1", [3.9], 8), ("forward-3-layer", "output", [1.56, 3.222], 8),
    ("forward-multiclass", "u2", [1.02, 2.29, 3.56, 4.83], 8),
    ("forward-multiclass", "y", [0.01602796, 0.05707321, 0.20322929, 0.72366954], 8),
    ("forward-multiclass", "loss of the lesson", [0.3234202933601941], 15),
    ("forward-regression", "y", [1.02, 2.29], 8),
    ("forward-regression", "loss of the lesson", [0.971125], 8),
    ("forward-binary", "y", [0.87435214], 8),
    ("forward-binary", "loss of the lesson", [0.13427195993720972], 15),
    ("backprop-softmax", "y", [0.08706577, 0.91293423], 8),
    ("backprop-softmax", "dE/du2 = dE/db2", [0.08706577, -0.08706577], 8),
    ("backprop-softmax", "dE/du1 = dE/db1", [-0.02611973, -0.02611973, -0.02611973], 8),
    ("backprop-softmax", "dE/dW1 row 2", [-0.13059866, -0.13059866, -0.13059866], 8),
    (
      "backprop-softmax", "dE/dW2",
      [0.10447893, -0.10447893, 0.21766443, -0.21766443, 0.33084994, -0.33084994], 8
    ),
    (
      "backprop-softmax", "W1 after",
      [0.1002612, 0.3002612, 0.5002612, 0.20130599, 0.40130599, 0.60130599], 8
    ),
    (
      "backprop-softmax", "W2 after",
      [0.09895521, 0.40104479, 0.19782336, 0.50217664, 0.2966915, 0.6033085], 8
    ),
    ("backprop-softmax", "b1 after", [0.1002612, 0.2002612, 0.3002612], 8),
    ("backprop-softmax", "b2 after", [0.09912934, 0.20087066], 8),
    ("and-gate", "W after", [2.66643661, 2.66689667], 8),
    ("two-layer-sigmoid", "y at the start", [0.60041131, 0.79248709], 8),
    ("two-layer-sigmoid", "y as-published", [0.91175343, 0.08878309], 8),
    ("two-layer-sigmoid", "y right", [0.94191174, 0.06357643], 8),
  ]

  @Test("show the numbers that were published", arguments: published)
  func digits(_ name: String, label: String, numbers: [Double], places: Int) throws {
    let entries = try lesson(name).run().entries
    let shown = try #require(
      entries.lazy.compactMap { entry -> Transcript.Numbers? in
        if case .numbers(let numbers) = entry, numbers.label == label { numbers } else { nil }
      }.first)
    var unit = 1.0
    for _ in 0..<places { unit /= 10 }
    #expect(shown.values.count == numbers.count)
    for (value, number) in zip(shown.values, numbers) {
      #expect(abs(value - number) <= unit / 2 * 1.000001)
    }
    #expect(shown.expected != nil, "a published number is one that the lesson checks")
  }

  @Test("give the same numbers every time")
  func repeatable() throws {
    for lesson in Lesson.all where lesson.name != "gradient-descent" {
      #expect(try lesson.run() == lesson.run())
    }
  }

  @Test("XOR is learnt with both corrections, and every table reaches the last step")
  func tables() throws {
    let lengths = try Lesson.all.map { lesson in
      try lesson.run().entries.compactMap { entry -> (String, Int, Double?)? in
        if case .table(let table) = entry {
          (lesson.name, table.rows.count, table.rows.last?.first)
        } else {
          nil
        }
      }
    }.joined()
    let found = lengths.map { "\($0.0) \($0.1) \(Int($0.2 ?? -1))" }
    #expect(
      found == [
        "gradient-descent 1000 1000", "gradient-descent 1000 1000", "gradient-descent 1000 1000",
        "and-gate 201 200", "two-layer-sigmoid 101 100", "xor-adam 21 20000", "xor-adam 21 20000",
      ])
  }
}
