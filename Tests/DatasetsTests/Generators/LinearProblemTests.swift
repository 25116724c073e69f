import Datasets
import Primitives
import Testing

@Suite("Generated linear samples")
struct LinearProblemTests {
  func rows<Element: Scalar>(_ problem: LinearProblem, from start: Int, _ count: Int, as: Element.Type)
    -> (x: [Element], y: [Element])
  {
    var x = [Element](repeating: .nan, count: count * problem.features)
    var y = [Element](repeating: .nan, count: count)
    x.withUnsafeMutableBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in problem.makeRows(from: start, x: x, y: y) }
    }
    return (x, y)
  }

  @Test("row i depends on the seed and i alone")
  func rowByRow() {
    let problem = LinearProblem(coefficients: [1, -2, 0.5], noise: 0.25, seed: 11)
    let whole = rows(problem, from: 0, 100, as: Float.self)
    for row in [0, 1, 57, 99] {
      let one = rows(problem, from: row, 1, as: Float.self)
      #expect(one.x == Array(whole.x[row * 3..<row * 3 + 3]))
      #expect(one.y == [whole.y[row]])
    }
  }

  @Test("targets are the weighted sum of the features as stored")
  func formula() {
    let problem = LinearProblem(coefficients: [3, 2], intercept: -1, range: -5..<5, seed: 3)
    let (x, y) = rows(problem, from: 0, 1000, as: Double.self)
    for row in 0..<1000 { #expect(y[row] == -1 + 3 * x[2 * row] + 2 * x[2 * row + 1]) }
  }

  @Test("float32 rows are the rounded float64 rows")
  func precisions() {
    let problem = LinearProblem(coefficients: [1, 1, 1, 1, 1], seed: 8)
    let wide = rows(problem, from: 0, 200, as: Double.self)
    let narrow = rows(problem, from: 0, 200, as: Float.self)
    #expect(narrow.x == wide.x.map { Float($0) })
  }

  @Test("features are uniform in a range whose end is excluded, also where rounding would reach it")
  func range() {
    let (x, _) = rows(LinearProblem(coefficients: [1], seed: 1), from: 0, 20_000, as: Double.self)
    let mean = x.reduce(0, +) / 20_000
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    // Five standard errors.
    #expect(abs(mean - 0.5) < 5 * (1.0 / 12 / 20_000).squareRoot())
    #expect(abs(variance - 1.0 / 12) < 5 * (1.0 / 180 / 20_000).squareRoot())
    let narrow = LinearProblem(coefficients: [1], range: 16_777_215..<16_777_216, seed: 2)
    #expect(rows(narrow, from: 0, 1000, as: Float.self).x.allSatisfy { $0 == 16_777_215 })
  }

  @Test("noise is normal with the deviation asked for")
  func noise() {
    let clean = LinearProblem(seed: 5)
    let noisy = LinearProblem(noise: 2, seed: 5)
    let (_, a) = rows(clean, from: 0, 20_000, as: Double.self)
    let (_, b) = rows(noisy, from: 0, 20_000, as: Double.self)
    let noise = zip(a, b).map { $1 - $0 }
    let mean = noise.reduce(0, +) / 20_000
    let variance = noise.reduce(0) { $0 + $1 * $1 } / 20_000
    #expect(abs(mean) < 5 * 2 / 20_000.0.squareRoot())
    #expect(abs(variance - 4) < 5 * 4 * (2 / 20_000.0).squareRoot())
  }

  @Test("rows stay what they have always been")
  func golden() {
    func digest<Element: Scalar>(_ problem: LinearProblem, _ count: Int, as: Element.Type) -> String {
      let (x, y) = rows(problem, from: 0, count, as: Element.self)
      var digester = Digester()
      x.withUnsafeBytes { digester.update($0) }
      y.withUnsafeBytes { digester.update($0) }
      return "\(digester.digest)"
    }
    #expect(digest(LinearProblem(), 10_000, as: Float.self) == "5109ec43ede0f6b27f65e9a4b22566dc")
    let wide = LinearProblem(coefficients: [1, -2, 0.5, 7, 9], intercept: -7, range: -2..<10, seed: 3)
    #expect(digest(wide, 3001, as: Double.self) == "322afdcfef8d0dc09cf4b1b2f3c53c69")
  }

  @Test("the formula reads as people write it")
  func text() {
    #expect(LinearProblem().formula == "y = 3*x0 + 2*x1")
    #expect(
      LinearProblem(coefficients: [-1, -2.5], intercept: -4, noise: 0.1).formula
        == "y = -1*x0 - 2.5*x1 - 4 + 0.1*normal")
  }
}
