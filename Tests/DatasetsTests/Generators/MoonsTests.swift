import Datasets
import Testing

@Suite("Moons")
struct MoonsTests {
  @Test("without noise are two half circles of radius 1")
  func halfCircles() {
    let rows = Rows<Double>(Moons(noise: 0, seed: 1), 4000)
    var ends: [Double] = []
    for row in 0..<4000 {
      let isLower = rows.labels[row] == 1
      let (x, y) = (rows.x[2 * row] - (isLower ? 1 : 0), rows.x[2 * row + 1] - (isLower ? 0.5 : 0))
      #expect(abs(x * x + y * y - 1) < 1e-14)
      #expect(isLower ? y <= 1e-15 : y >= -1e-15)
      ends.append(x)
    }
    // Evenly along the curve: the angle's cosine has the variance 1/2.
    let (mean, variance) = moments(ends)
    #expect(abs(mean) < 5 * (0.5 / 4000).squareRoot() && abs(variance - 0.5) < 0.05)
    #expect((ends.min() ?? 0) < -0.999 && (ends.max() ?? 0) > 0.999)
  }

  @Test("have normal noise on both coordinates")
  func noise() {
    let clean = Rows<Double>(Moons(noise: 0, seed: 5), 10_000)
    let noisy = Rows<Double>(Moons(noise: 0.25, seed: 5), 10_000)
    #expect(clean.labels == noisy.labels)
    let noise = zip(clean.x, noisy.x).map { $1 - $0 }
    for side in 0...1 {
      #expect(areNoise((0..<10_000).map { noise[2 * $0 + side] }, deviation: 0.25))
    }
    // Five standard deviations for columns that have nothing to do with each other.
    #expect(abs(covariance(noise, width: 2)) < 5 * 0.0625 / 100)
  }
}
