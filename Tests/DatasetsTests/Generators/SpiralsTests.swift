import Datasets
import Foundation
import Testing

@Suite("Spirals")
struct SpiralsTests {
  @Test(
    "without noise have the angle that goes with radius and class",
    arguments: [(1, 1.0), (2, 1.5), (5, -0.5)])
  func arms(classes: Int, turns: Double) {
    let rows = Rows<Double>(Spirals(classes: classes, turns: turns, noise: 0, seed: 1), 2000)
    var radii: [Double] = []
    for row in 0..<2000 {
      let (x, y) = (rows.x[2 * row], rows.x[2 * row + 1])
      let radius = (x * x + y * y).squareRoot()
      let angle = 2 * Double.pi * (turns * radius + Double(rows.labels[row]) / Double(classes))
      #expect(abs(x - radius * cos(angle)) < 1e-12 && abs(y - radius * sin(angle)) < 1e-12)
      radii.append(radius)
    }
    #expect(radii.allSatisfy { $0 < 1 + 1e-15 })
    let (mean, variance) = moments(radii)
    #expect(abs(mean - 0.5) < 5 * (1.0 / 12 / 2000).squareRoot() && abs(variance - 1.0 / 12) < 0.01)
  }

  @Test("have normal noise on both coordinates")
  func noise() {
    let clean = Rows<Double>(Spirals(noise: 0, seed: 5), 10_000)
    let noisy = Rows<Double>(Spirals(noise: 0.25, seed: 5), 10_000)
    #expect(areNoise(zip(clean.x, noisy.x).map { $1 - $0 }, deviation: 0.25))
  }
}
