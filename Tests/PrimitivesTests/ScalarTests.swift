import Glibc
import Primitives
import Testing

@Suite struct ScalarTests {
  @Test func typesHaveTheirPrecisions() {
    #expect(Float.precision == .float32 && Double.precision == .float64)
    #expect(Precision.float32.bytes == MemoryLayout<Float>.size)
    #expect(Precision.float64.bytes == MemoryLayout<Double>.size)
    #expect(Precision.allCases.map(\.rawValue) == ["float32", "float64"])
  }

  @Test(arguments: [-700, -20, -1, -1e-3, -1e-12, 0, 1e-12, 1e-3, 0.5, 1, 20, 88, 700])
  func functionsOfDoubleAreThoseOfTheCLibrary(x: Double) {
    #expect(Double.exp(x).bitPattern == Glibc.exp(x).bitPattern)
    #expect(Double.tanh(x).bitPattern == Glibc.tanh(x).bitPattern)
    if x >= 0 {
      #expect(Double.log(x).bitPattern == Glibc.log(x).bitPattern)
      #expect(Double.log1p(x).bitPattern == Glibc.log1p(x).bitPattern)
    }
  }

  /// The C library promises errors of one unit in the last place for these.
  @Test(arguments: [-80, -20, -1, -1e-3, -1e-12, 0, 1e-12, 1e-3, 0.5, 1, 20, 88] as [Float])
  func functionsOfFloatAreThoseOfDoubleToAUnitInTheLastPlace(x: Float) {
    func check(_ value: Float, _ exact: Double) {
      let unit = Double(max(Float(exact.magnitude).ulp, .leastNonzeroMagnitude))
      #expect(value.isFinite && abs(Double(value) - exact) <= unit)
    }
    check(Float.exp(x), Glibc.exp(Double(x)))
    check(Float.tanh(x), Glibc.tanh(Double(x)))
    if x > 0 {
      check(Float.log(x), Glibc.log(Double(x)))
      check(Float.log1p(x), Glibc.log1p(Double(x)))
    }
  }

  @Test func theLimitsAreRight() {
    #expect(Float.exp(1e4) == .infinity && Float.exp(-1e4) == 0)
    #expect(Double.exp(1e4) == .infinity && Double.exp(-1e4) == 0)
    #expect(Float.tanh(1e4) == 1 && Double.tanh(-1e4) == -1)
    #expect(Double.log(0) == -.infinity && Float.log1p(-1) == -.infinity)
    #expect(Float.exp(.nan).isNaN && Double.tanh(.nan).isNaN)
  }
}
