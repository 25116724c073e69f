import Testing

@testable import Optimizers

@Suite("The divisors of Adam's moments")
struct BiasCorrectionTests {
  @Test(
    "are one from where on the power changes nothing, and no sooner",
    arguments: [0.5, 0.9, 0.99, 0.999, 0.99999])
  func shortcut(beta: Double) {
    let last = Int(40 / (1 - beta))
    for step in [1, 2, 3, last / 2, last - 1, last, last + 1, last + 2, 2 * last] {
      let divisor = BiasCorrection.stepwise.divisor(beta, step: step)
      #expect(divisor == 1 - BiasCorrection.power(beta, step), "step \(step)")
    }
    #expect(BiasCorrection.stepwise.divisor(beta, step: last / 2) < 1)
    #expect(BiasCorrection.fixed.divisor(beta, step: 2 * last) == 1 - beta)
  }
}
