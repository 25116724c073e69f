import Datasets
import Foundation
import Testing

@Suite("Sine waves")
struct SineWaveTests {
  @Test("have the targets of the formula")
  func formula() {
    let wave = SineWave(amplitude: -2, frequency: 3, phase: 0.5, range: -4..<7, seed: 1)
    let rows = Rows<Double>(wave, 1000)
    for (x, y) in zip(rows.x, rows.values) { #expect(abs(y + 2 * sin(3 * x + 0.5)) < 1e-14) }
    #expect(rows.x.allSatisfy { (-4..<7).contains($0) })
    #expect((rows.x.min() ?? 0) < -3.9 && (rows.x.max() ?? 0) > 6.9)
  }

  @Test("have normal noise with the deviation asked for")
  func noise() {
    let clean = Rows<Double>(SineWave(seed: 5), 20_000)
    let noisy = Rows<Double>(SineWave(noise: 0.3, seed: 5), 20_000)
    #expect(clean.x == noisy.x)
    #expect(areNoise(zip(clean.values, noisy.values).map { $1 - $0 }, deviation: 0.3))
  }

  @Test("read as people write them")
  func text() {
    #expect(SineWave().formula == "y = sin(x)")
    #expect(
      SineWave(amplitude: 2, frequency: -3, phase: -0.5, noise: 0.1).formula
        == "y = 2*sin(-3*x - 0.5) + 0.1*normal")
    #expect(SineWave().featureNames == ["x"] && SineWave().targetNames == ["y"])
  }
}
