import Datasets
import Foundation
import Testing

@Suite("Friedman's first problem")
struct Friedman1Tests {
  /// The formula as scikit-learn has it.
  static func target(_ x: ArraySlice<Double>) -> Double {
    let x = Array(x)
    return 10 * sin(Double.pi * x[0] * x[1]) + 20 * pow(x[2] - 0.5, 2) + 10 * x[3] + 5 * x[4]
  }

  @Test("has the targets of the formula, whatever the other features are", arguments: [5, 6, 10])
  func formula(features: Int) {
    let rows = Rows<Double>(Friedman1(features: features, seed: 1), 2000)
    for row in 0..<2000 {
      let target = Self.target(rows.x[row * features..<(row + 1) * features])
      #expect(abs(rows.values[row] - target) <= 8 * target.ulp)
    }
  }

  @Test("has targets that go with the features as stored")
  func rounding() {
    let rows = Rows<Float>(Friedman1(seed: 2), 500)
    let x = rows.x.map(Double.init)
    for row in 0..<500 {
      let target = Self.target(x[row * 10..<(row + 1) * 10])
      #expect(abs(Double(rows.values[row]) - target) <= Double(Float(target).ulp))
    }
  }

  @Test("has features that are uniform in [0, 1)")
  func features() {
    let x = Rows<Double>(Friedman1(seed: 3), 4000).x
    #expect(x.allSatisfy { (0..<1).contains($0) })
    let (mean, variance) = moments(x)
    #expect(abs(mean - 0.5) < 5 * (1.0 / 12 / 40_000).squareRoot())
    #expect(abs(variance - 1.0 / 12) < 5 * (1.0 / 180 / 40_000).squareRoot())
  }

  @Test("has normal noise with the deviation asked for")
  func noise() {
    let clean = Rows<Double>(Friedman1(seed: 5), 20_000)
    let noisy = Rows<Double>(Friedman1(noise: 2, seed: 5), 20_000)
    #expect(clean.x == noisy.x)
    #expect(areNoise(zip(clean.values, noisy.values).map { $1 - $0 }, deviation: 2))
    #expect(Friedman1(noise: 2).formula.hasSuffix("5*x4 + 2*normal"))
  }
}
