import Datasets
import Foundation
import Testing

@Suite("Polynomials")
struct PolynomialTests {
  @Test("have the targets of the formula", arguments: [[4.0], [0, 2], [1, -2, 0.5], [0, 0, 0, 0, 0, 1]])
  func formula(coefficients: [Double]) {
    let rows = Rows<Double>(Polynomial(coefficients: coefficients, range: -2..<3, seed: 1), 1000)
    for (x, y) in zip(rows.x, rows.values) {
      let terms = coefficients.enumerated().map { $1 * pow(x, Double($0)) }
      let size = terms.reduce(0) { $0 + abs($1) }
      #expect(abs(y - terms.reduce(0, +)) <= 1e-14 * size)
    }
  }

  @Test("have normal noise with the deviation asked for")
  func noise() {
    let clean = Rows<Double>(Polynomial(seed: 5), 20_000)
    let noisy = Rows<Double>(Polynomial(noise: 0.3, seed: 5), 20_000)
    #expect(areNoise(zip(clean.values, noisy.values).map { $1 - $0 }, deviation: 0.3))
  }

  @Test("read as people write them")
  func text() {
    #expect(Polynomial().formula == "y = -x + x^3")
    #expect(
      Polynomial(coefficients: [1, -2, 0.5], noise: 0.1).formula == "y = 1 - 2*x + 0.5*x^2 + 0.1*normal")
    #expect(Polynomial(coefficients: [0]).formula == "y = 0")
    #expect(Polynomial(coefficients: [0, 0, -3]).formula == "y = -3*x^2")
    let long = Polynomial(coefficients: [Double](repeating: 2, count: 40))
    #expect(long.formula.hasSuffix(" + 2*x^7 + ... + 2*x^39"))
  }
}
